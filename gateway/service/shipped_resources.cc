#include "gateway/service/shipped_resources.h"

#include <cstdint>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "fhir/search/match.h"
#include "mappings/engine/builtin.h"
#include "mappings/engine/mapping.h"

namespace kap::gateway::service {
namespace {

/// 32 bits of FNV-1a; never 0, which is no version.
std::uint64_t version_of(std::string_view json) {
  std::uint32_t hash = 2166136261U;
  for (const char c : json) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash == 0 ? 1 : hash;
}

}  // namespace

Status ShippedResources::add(std::string_view type, std::string_view id,
                             const fhir::json::Value& root, Instant start) {
  Entry entry{.resource = {.type = std::string(type),
                           .id = ResourceId(std::string(id)),
                           .last_updated = start,
                           .json = fhir::json::to_text(root)},
              .index = {}};
  entry.resource.version = version_of(entry.resource.json);
  KAP_TRY(entry.index, fhir::search::extract(root));
  resources_.emplace(std::pair(std::string(type), std::string(id)), std::move(entry));
  return {};
}

Result<ShippedResources> ShippedResources::make(const mappings::Mapper& maps, Instant start) {
  ShippedResources out;
  for (const auto* resource : maps.terminology().resources())
    KAP_CHECK_OK(
        out.add(resource->string("resourceType"), resource->string("id"), *resource, start));
  KAP_TRY(const auto shipped, mappings::builtin_structure_maps());
  for (const auto& map : shipped) {
    KAP_TRY(const auto document, fhir::json::parse(map.json));
    KAP_CHECK_OK(out.add("StructureMap", document.root.string("id"), document.root, start));
  }
  return out;
}

const Resource* ShippedResources::find(std::string_view type, std::string_view id) const {
  const auto found = resources_.find({std::string(type), std::string(id)});
  return found == resources_.end() ? nullptr : &found->second.resource;
}

bool ShippedResources::has_type(std::string_view type) const {
  const auto first = resources_.lower_bound({std::string(type), std::string()});
  return first != resources_.end() && first->first.first == type;
}

std::vector<const Resource*> ShippedResources::matching(std::string_view type,
                                                        const fhir::search::Query& query) const {
  std::vector<const Resource*> out;
  for (const auto& [name, entry] : resources_) {
    const fhir::search::Candidate candidate{
        .id = name.second, .last_updated = entry.resource.last_updated, .entries = entry.index};
    if (name.first == type && fhir::search::matches(candidate, query))
      out.push_back(&entry.resource);
  }
  return out;
}

}  // namespace kap::gateway::service
