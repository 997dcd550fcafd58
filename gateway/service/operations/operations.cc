#include "gateway/service/operations/operations.h"

#include <array>

namespace kap::gateway::service {

OperationTable operations() {
  static constexpr std::array kAll{
      &kLookup,
      &kCodeSystemValidateCode,
      &kTranslate,
      &kDocref,
      &kEncounterEverything,
      &kExport,
      &kGroupExport,
      &kLastn,
      &kPatientEverything,
      &kPatientExport,
      &kMeta,
      &kMetaAdd,
      &kMetaDelete,
      &kValidate,
      &kTransform,
      &kExpand,
      &kValueSetValidateCode,
  };
  return kAll;
}

}  // namespace kap::gateway::service
