#pragma once

#include <span>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/search/query.h"
#include "gateway/store/index/evaluation.h"
#include "gateway/store/index/snapshot.h"

namespace kap::gateway::store {

/// What `_include` and `_revinclude` add to a page of matches, each once and none that is a match;
/// only what the snapshot shows. kUnprocessable/kTooCostly beyond limits::kSearchIncluded.
[[nodiscard]] Result<std::vector<std::int64_t>> find_included(
    Snapshot& snapshot, const Evaluation& evaluation,
    std::span<const fhir::search::Include> includes, std::span<const VersionFacts> matches);

}  // namespace kap::gateway::store
