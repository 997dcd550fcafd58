#include "gateway/service/shipped_resources.h"

#include <cstdint>

#include "fhir/json/print.h"
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

void ShippedResources::add(std::string_view type, std::string_view id, std::string json,
                           Instant start) {
  Resource resource{.type = std::string(type),
                    .id = ResourceId(std::string(id)),
                    .version = version_of(json),
                    .last_updated = start,
                    .json = std::move(json)};
  resources_.emplace(std::pair(std::string(type), std::string(id)), std::move(resource));
}

Result<ShippedResources> ShippedResources::make(const mappings::Mapper& maps, Instant start) {
  ShippedResources out;
  for (const auto* resource : maps.terminology().resources())
    out.add(resource->string("resourceType"), resource->string("id"),
            fhir::json::to_text(*resource), start);
  KAP_TRY(auto shipped, mappings::builtin_structure_maps());
  for (auto& map : shipped)
    out.add("StructureMap", std::string_view(map.url).substr(map.url.rfind('/') + 1),
            std::move(map.json), start);
  return out;
}

const Resource* ShippedResources::find(std::string_view type, std::string_view id) const {
  const auto found = resources_.find({std::string(type), std::string(id)});
  return found == resources_.end() ? nullptr : &found->second;
}

}  // namespace kap::gateway::service
