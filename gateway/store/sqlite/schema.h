#pragma once

#include "fhir/base/result.h"
#include "gateway/store/sqlite/database.h"

namespace kap::gateway::store::sqlite {

/// Sets the file up for durable group commits and applies the migrations it lacks, each in a
/// transaction of its own. Refuses a file with migrations that this program does not know.
[[nodiscard]] Status prepare_schema(Database& database);

}  // namespace kap::gateway::store::sqlite
