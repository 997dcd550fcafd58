#pragma once

#include "fhir/base/result.h"
#include "gateway/store/resource.h"
#include "gateway/store/sqlite/database.h"
#include "gateway/store/sqlite/dictionary.h"
#include "gateway/store/write.h"

namespace kap::gateway::store::sqlite {

/// Whether the search finds what is expected among the versions up to `last`, those of the open
/// transaction included; their terms are flushed. kTimeout where that takes longer than the one
/// writer may be held up.
[[nodiscard]] Result<bool> holds_match(Database& database, const Dictionary& dictionary,
                                       const ExpectedMatch& expected, Sequence last);

}  // namespace kap::gateway::store::sqlite
