#include "gateway/service/operations/operations.h"

#include <array>

namespace kap::gateway::service {

OperationTable operations() {
  static constexpr std::array kAll{
      &kDocref,
      &kEncounterEverything,
      &kLastn,
      &kPatientEverything,
  };
  return kAll;
}

}  // namespace kap::gateway::service
