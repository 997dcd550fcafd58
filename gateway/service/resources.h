#pragma once

#include <cstdint>
#include <string>

#include "fhir/base/clock.h"
#include "fhir/base/strong.h"

namespace kap::gateway::store {
class Store;
}

namespace kap::gateway::service {

/// What the read interactions stand on. All of them are synchronous, safe to call from many threads
/// at once and may touch the disk: a point read may run inline, the rest belongs on the reader pool.
struct Reader {
  store::Store& store;
  /// The FHIR base without a trailing slash, from the setting `public_url`: `https://host/fhir`.
  std::string base_url;
};

/// One version of a resource, its body as it is stored.
struct Resource {
  std::string type;
  ResourceId id;
  std::uint64_t version = 0;  // meta.versionId
  Instant last_updated;       // meta.lastUpdated
  std::string json;
};

}  // namespace kap::gateway::service
