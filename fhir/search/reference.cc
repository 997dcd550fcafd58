#include <string_view>

#include "fhir/definitions/types.h"
#include "fhir/search/convert.h"

namespace kap::fhir::search {
namespace {

struct TypeAndId {
  std::string_view type;
  std::string_view id;
};

/// The last `Type/id` of a path, a version after it left off.
TypeAndId split_last(std::string_view text) {
  if (const std::size_t history = text.find("/_history/"); history != std::string_view::npos)
    text = text.substr(0, history);
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == text.size()) return {};
  const std::string_view before = text.substr(0, slash);
  const std::size_t start = before.rfind('/');
  const std::string_view type = start == std::string_view::npos ? before : before.substr(start + 1);
  if (definitions::find_resource_type(type) == nullptr) return {};
  return {.type = type, .id = text.substr(slash + 1)};
}

bool is_absolute(std::string_view text) { return text.find(':') != std::string_view::npos; }

}  // namespace

std::string_view referenced_type(std::string_view text) { return split_last(text).type; }

std::optional<ReferenceEntry> parse_reference(std::string_view text) {
  if (text.empty() || text.front() == '#') return std::nullopt;
  const TypeAndId parts = split_last(text);
  // Only a relative reference names a resource of this server; of another's the URL is the name.
  if (is_absolute(text))
    return ReferenceEntry{.type = std::string(parts.type), .id = {}, .url = std::string(text)};
  if (parts.id.empty()) return ReferenceEntry{.type = {}, .id = {}, .url = std::string(text)};
  return ReferenceEntry{.type = std::string(parts.type), .id = std::string(parts.id), .url = {}};
}

}  // namespace kap::fhir::search
