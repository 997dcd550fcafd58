#pragma once

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "gateway/clinic_client/connection.h"
#include "gateway/clinic_client/submission.h"

namespace kap::gateway::clinic_client {

struct SubmitOptions {
  std::vector<std::filesystem::path> paths;
  Connection connection;
  std::string clinic;            // put into records that name no clinic
  std::filesystem::path resume;  // the journal; empty: none
  RetryPolicy retry;
  Display display = Display::kLines;
};

/// `kap-clinic submit`. 0: every record was accepted, now or before; 1: some were refused or still
/// wait; 2: wrong use, or no connection.
[[nodiscard]] int run_submit(const SubmitOptions& options, std::ostream& out, std::ostream& err);

}  // namespace kap::gateway::clinic_client
