#include "fhir/validate/references.h"

#include <algorithm>
#include <string>

#include "fhir/validate/inspection.h"

namespace kap::fhir::validate {
namespace {

Target target_of(const json::Value& resource) {
  return {.resource = &resource,
          .type = definitions::find_resource_type(resource.string("resourceType"))};
}

Target find_contained(std::string_view id, const Scope& container) {
  if (id.empty()) return target_of(*container.resource);
  const json::Value* contained = container.resource->find("contained");
  if (contained == nullptr) return {};
  for (const json::Value& each : contained->items()) {
    if (each.string("id") == id) return target_of(each);
  }
  return {};
}

bool is_absolute(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon < text.find_first_of("/?#");
}

/// `Type/id` at the end of the text, without `_history`.
std::string_view type_and_id(std::string_view text) {
  text = text.substr(0, text.find("/_history/"));
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return {};
  const std::size_t before = text.rfind('/', slash - 1);
  return before == std::string_view::npos ? text : text.substr(before + 1);
}

const definitions::TypeDef* type_named(std::string_view reference) {
  const std::string_view tail = type_and_id(reference);
  return definitions::find_resource_type(tail.substr(0, tail.find('/')));
}

bool is_entry(const json::Value& entry, std::string_view reference, std::string_view base) {
  const std::string_view full_url = entry.string("fullUrl");
  if (is_absolute(reference)) return full_url == reference.substr(0, reference.find("/_history/"));
  const std::string_view tail = type_and_id(reference);
  if (!base.empty() && !full_url.empty()) {
    return full_url.size() == base.size() + tail.size() && full_url.starts_with(base) &&
           full_url.ends_with(tail);
  }
  const json::Value* resource = entry.find("resource");
  if (resource == nullptr) return false;
  const std::string_view type = resource->string("resourceType");
  const std::string_view id = resource->string("id");
  return tail.size() == type.size() + 1 + id.size() && tail.starts_with(type) &&
         tail.ends_with(id) && tail[type.size()] == '/';
}

}  // namespace

Target resolve_reference(std::string_view reference, const Scope& scope) {
  const Scope& container = scope.container();
  if (reference.empty()) return {};
  if (reference.front() == '#') return find_contained(reference.substr(1), container);
  // The base of a RESTful fullUrl; a relative reference of that entry is relative to it.
  const std::string_view own = container.full_url;
  const std::string_view tail = own.starts_with("http") ? type_and_id(own) : std::string_view();
  const std::string_view base = own.substr(0, tail.empty() ? 0 : own.size() - tail.size());
  for (const Scope* at = &container; at != nullptr; at = at->outer) {
    if (at->type->name != "Bundle") continue;
    const json::Value* entries = at->resource->find("entry");
    if (entries == nullptr) continue;
    const auto found = std::ranges::find_if(entries->items(), [&](const json::Value& entry) {
      return is_entry(entry, reference, base);
    });
    const json::Value* resource =
        found == entries->items().end() ? nullptr : found->find("resource");
    if (resource != nullptr) return target_of(*resource);
  }
  return {.resource = nullptr, .type = type_named(reference)};
}

}  // namespace kap::fhir::validate
