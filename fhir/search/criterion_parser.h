#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/search/query.h"
#include "fhir/search/value_parser.h"

namespace kap::fhir::search {

/// Why a parameter is not taken. Only what is unknown may be ignored in lenient handling: to leave
/// out a criterion that R4 defines would widen the answer unseen.
struct Refusal {
  enum class Kind : std::uint8_t { kUnknown, kUnsupported, kMalformed } kind = Kind::kMalformed;
  Reason reason;
};

/// One parameter of a type: `name`, `name:modifier`, `reference:Type.name`, `_has:Type:ref:name`.
[[nodiscard]] std::expected<Criterion, Refusal> parse_criterion(std::string_view type,
                                                                std::string_view name,
                                                                std::string_view value,
                                                                const QueryOptions& options);

/// The parameter of that code that can be searched by; nullptr for none, and for those that have
/// no expression (`_text`, `_content`, `_filter`) or are special (`near`).
[[nodiscard]] const definitions::SearchParameterDef* find_searchable(std::string_view type,
                                                                     std::string_view code);
/// `there is no parameter … ; did you mean …`.
[[nodiscard]] Reason unknown_parameter(std::string_view type, std::string_view code);
/// R4 gives the parameter to the type (or to all of them), and it cannot be searched by here.
[[nodiscard]] bool is_unsupported(std::string_view type, std::string_view code);
/// What stands after a colon may be a modifier of R4: one of its words or a resource type.
[[nodiscard]] bool is_modifier(std::string_view text);

}  // namespace kap::fhir::search
