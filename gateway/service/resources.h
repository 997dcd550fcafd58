#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "gateway/security/permit/permit.h"

namespace kap::fhir::terminology {
class Terminology;
}  // namespace kap::fhir::terminology

namespace kap::gateway::store {
class Store;
struct StoredResource;
}  // namespace kap::gateway::store

namespace kap::gateway::service {

class ShippedResources;

/// What the read interactions stand on. All of them are synchronous, safe to call from many threads
/// at once and may touch the disk: a point read may run inline, the rest belongs on the reader
/// pool.
struct Reader {
  store::Store& store;
  const Clock& clock;
  /// The FHIR base without a trailing slash, from the setting `public_url`: `https://host/fhir`.
  std::string base_url;
  /// The value sets and code systems that searches may name; nullptr: none.
  const fhir::terminology::Terminology* terminology = nullptr;
  /// Read where the store has no such resource; nullptr: none.
  const ShippedResources* shipped = nullptr;
};

/// One version of a resource, its body as it is stored.
struct Resource {
  std::string type;
  ResourceId id;
  std::uint64_t version = 0;  // meta.versionId
  Instant last_updated{};     // meta.lastUpdated
  std::string json{};
};

[[nodiscard]] Resource to_resource(store::StoredResource stored);

/// kNotFound for what is no R4 resource type, kForbidden where no scope covers it.
[[nodiscard]] Status check_access(const security::Permit& permit, std::string_view type,
                                  security::Interaction interaction);

}  // namespace kap::gateway::service
