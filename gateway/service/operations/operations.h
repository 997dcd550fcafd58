#pragma once

#include "gateway/service/operation.h"

namespace kap::gateway::service {

// One file each, named as the operation.
extern const OperationDef kPatientEverything;
extern const OperationDef kEncounterEverything;
extern const OperationDef kLastn;
extern const OperationDef kDocref;
extern const OperationDef kExpand;
extern const OperationDef kLookup;
extern const OperationDef kCodeSystemValidateCode;
extern const OperationDef kValueSetValidateCode;
extern const OperationDef kTranslate;
extern const OperationDef kTransform;
extern const OperationDef kMeta;
extern const OperationDef kMetaAdd;
extern const OperationDef kMetaDelete;
extern const OperationDef kValidate;
// One file, because they differ in their level alone.
extern const OperationDef kExport;
extern const OperationDef kGroupExport;
extern const OperationDef kPatientExport;

/// All operations of the gateway, in the order of their OperationDefinitions' ids.
[[nodiscard]] OperationTable operations();

}  // namespace kap::gateway::service
