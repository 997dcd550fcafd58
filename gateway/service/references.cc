#include "gateway/service/references.h"

#include <fmt/format.h>

#include "fhir/search/convert.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;

void localize(json::Document& document, json::Value& value, std::string_view base) {
  for (auto& item : value.items()) localize(document, item, base);
  for (auto& member : value.members()) {
    if (member.name != "reference" || !member.value.is_string()) {
      localize(document, member.value, base);
      continue;
    }
    const auto text = member.value.text();
    if (!text.starts_with(base)) continue;
    const auto rest = text.substr(base.size());
    if (!fhir::search::referenced_type(rest).empty()) member.value = document.string(rest);
  }
}

bool find(const json::Value& value, std::string_view reference, std::string& path) {
  const auto length = path.size();
  std::size_t index = 0;
  for (const auto& item : value.items()) {
    path += fmt::format("[{}]", index++);
    if (find(item, reference, path)) return true;
    path.resize(length);
  }
  for (const auto& member : value.members()) {
    if (member.name == "reference" && member.value.is_string() &&
        (member.value.text() == reference ||
         member.value.text().starts_with(fmt::format("{}/_history/", reference))))
      return true;
    path += fmt::format(".{}", member.name);
    if (find(member.value, reference, path)) return true;
    path.resize(length);
  }
  return false;
}

}  // namespace

void make_references_local(json::Document& resource, std::string_view base_url) {
  localize(resource, resource.root, fmt::format("{}/", base_url));
}

std::string path_of_reference(const json::Value& resource, std::string_view reference) {
  std::string path(resource.string("resourceType"));
  return find(resource, reference, path) ? path : std::string();
}

}  // namespace kap::gateway::service
