#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/security/client_registry.h"

namespace kap::gateway::security {

/// Opens the registry of the gateway that a settings file describes, running or not.
using OpenRegistry =
    std::function<Result<std::unique_ptr<ClientRegistry>>(const std::filesystem::path& config)>;

struct ClientCommandOptions {
  OpenRegistry open;
  const Clock& clock;
  std::ostream& out;
  std::ostream& err;
};

/// `kap-gateway client register | list | show | remove | token`; argv[0] is `client`. The exit
/// code: 0 done, 1 refused, 2 wrong use.
[[nodiscard]] int run_client_command(int argc, const char* const* argv,
                                     const ClientCommandOptions& options);

}  // namespace kap::gateway::security
