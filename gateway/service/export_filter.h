#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "fhir/search/query.h"
#include "gateway/service/search_type.h"

namespace kap::fhir::terminology {
class Terminology;
}  // namespace kap::fhir::terminology

namespace kap::gateway::service {

/// The queries of one `_typeFilter` value: a comma parts two where `Type?` follows it; other commas
/// are values joined by OR.
[[nodiscard]] std::vector<std::string> split_type_filters(std::string_view text);
/// `Observation` of `Observation?code=…`; empty where there is no question mark.
[[nodiscard]] std::string_view type_of_filter(std::string_view filter);

struct FilterContext {
  Handling handling = Handling::kStrict;
  Instant now{};
  std::string_view base_url{};
  const fhir::terminology::Terminology* terminology = nullptr;  // as Reader::terminology
};

/// The search that a filter asks for. kInvalidRequest/kNotFound as parse_query, for an unknown type
/// and for parameters that shape an answer (`_sort`, `_include`, `_count` …).
[[nodiscard]] Result<std::shared_ptr<const fhir::search::Query>> parse_type_filter(
    std::string_view filter, const FilterContext& context);

}  // namespace kap::gateway::service
