#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "gateway/clinic_client/progress.h"

namespace kap::gateway::clinic_client {

struct Violation {
  std::string field_path;
  std::string message;
};

/// A record that was not taken, and why. `where` is its file and line, so that the clinic finds it
/// without the gateway's having to repeat an identifier.
struct RefusedRecord {
  std::string where;
  std::string kind;
  std::vector<Violation> violations;
};

/// The table of refused records and the line of counts.
void print_summary(std::ostream& out, const Tally& tally,
                   const std::vector<RefusedRecord>& refused);

}  // namespace kap::gateway::clinic_client
