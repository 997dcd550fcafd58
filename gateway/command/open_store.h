#pragma once

#include <memory>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/config/settings.h"
#include "gateway/store/crypto/key_ring.h"
#include "gateway/store/store.h"

namespace kap::gateway::command {

/// The data keys of the configured database, made with the master key where there are none yet;
/// nullptr where encryption is off.
[[nodiscard]] Result<std::shared_ptr<const store::crypto::KeyRing>> load_keys(
    const config::Settings& settings);

/// The store that the settings name. `clock` outlives it.
[[nodiscard]] Result<std::unique_ptr<store::Store>> open_store(const config::Settings& settings,
                                                               const Clock& clock);

}  // namespace kap::gateway::command
