#include "fhir/validate/references.h"

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "fhir/validate/inspection.h"

namespace kap::fhir::validate {
namespace {

Target target_of(const json::Value& resource) {
  return {.resource = &resource,
          .type = definitions::find_resource_type(resource.string("resourceType"))};
}

const definitions::TypeDef& bundle_type() {
  static const definitions::TypeDef& type = *definitions::find_type("Bundle");
  return type;
}

Target find_contained(std::string_view id, const Scope& container) {
  if (id.empty()) return target_of(*container.resource);
  const json::Value* contained = container.resource->find("contained");
  if (contained == nullptr) return {};
  if (container.contained.empty()) {
    for (const json::Value& each : contained->items()) {
      container.contained.emplace(each.string("id"), &each);
    }
  }
  const auto found = container.contained.find(id);
  return found == container.contained.end() ? Target() : target_of(*found->second);
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

const BundleIndex& index_of(const Scope& bundle) {
  if (bundle.index != nullptr) return *bundle.index;
  auto index = std::make_unique<BundleIndex>();
  const json::Value* entries = bundle.resource->find("entry");
  for (const json::Value& entry :
       entries == nullptr ? std::span<const json::Value>() : entries->items()) {
    const json::Value* resource = entry.find("resource");
    if (resource == nullptr || !resource->is_object()) continue;
    const std::string_view full_url = entry.string("fullUrl");
    if (!full_url.empty()) index->by_full_url.emplace(full_url, resource);
    const std::string_view id = resource->string("id");
    if (!id.empty()) index->by_id.emplace(id, resource);
  }
  bundle.index = std::move(index);
  return *bundle.index;
}

const json::Value* find_entry(const BundleIndex& index, std::string_view reference,
                              std::string_view base) {
  const auto by_url = [&](std::string_view url) -> const json::Value* {
    const auto found = index.by_full_url.find(url);
    return found == index.by_full_url.end() ? nullptr : found->second;
  };
  if (is_absolute(reference)) return by_url(reference.substr(0, reference.find("/_history/")));
  const std::string_view tail = type_and_id(reference);
  if (!base.empty()) return by_url(std::string(base).append(tail));
  const std::size_t slash = tail.find('/');
  if (slash == std::string_view::npos) return nullptr;
  const auto [first, last] = index.by_id.equal_range(tail.substr(slash + 1));
  for (auto at = first; at != last; ++at) {
    if (at->second->string("resourceType") == tail.substr(0, slash)) return at->second;
  }
  return nullptr;
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
    if (at->type != &bundle_type()) continue;
    const json::Value* resource = find_entry(index_of(*at), reference, base);
    if (resource != nullptr) return target_of(*resource);
  }
  return {.resource = nullptr, .type = type_named(reference)};
}

}  // namespace kap::fhir::validate
