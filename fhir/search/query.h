#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "fhir/definitions/search_parameters.h"
#include "fhir/search/token_set.h"
#include "fhir/terminology/terminology.h"

namespace kap::fhir::search {

/// http://hl7.org/fhir/R4/search.html#prefix
enum class Prefix : std::uint8_t { kEq, kNe, kGt, kLt, kGe, kLe, kSa, kEb, kAp };

/// http://hl7.org/fhir/R4/search.html#modifiers
enum class Modifier : std::uint8_t {
  kNone,
  kMissing,     // any type; Criterion::missing
  kExact,       // string
  kContains,    // string
  kNot,         // token
  kText,        // token; the values are TextValue
  kIn,          // token; the values are TokenSetValue
  kNotIn,       // token; the values are TokenSetValue
  kOfType,      // token; the values are TypedIdentifierValue
  kType,        // reference, `subject:Patient`; already in ReferenceValue::type
  kIdentifier,  // reference; the values are TokenValue
  kAbove,       // see kBelow, the other way round
  /// uri: the value is a path-wise prefix of the entry. Token: the entry is the value's code or
  /// below it in its system; the values are TokenSetValue. Reference: by URL, the value's version
  /// is a prefix of the entry's; by id, the entry is the value's resource or part of it.
  kBelow,
};

/// :not and :not-in find the resources that the modifier without `not` does not find.
[[nodiscard]] constexpr bool is_negated(Modifier modifier) {
  return modifier == Modifier::kNot || modifier == Modifier::kNotIn;
}
/// What a negated modifier negates; any other is itself.
[[nodiscard]] constexpr Modifier positive(Modifier modifier) {
  if (modifier == Modifier::kNot) return Modifier::kNone;
  return modifier == Modifier::kNotIn ? Modifier::kIn : modifier;
}

struct StringValue {
  std::string normalized{};
  std::string exact{};
};

/// `code`: any system; `|code`: no system; `system|`: any code; `system|code`.
struct TokenValue {
  std::optional<std::string> system{};
  std::string code{};
};

/// `id`, `Type/id` or an absolute URL; with no type, any type that the parameter may point to.
struct ReferenceValue {
  std::string type{};
  std::string id{};
  std::string url{};
  std::string version{};  // of a canonical; empty: any
};

/// What is read contains this.
struct TextValue {
  std::string normalized{};
};

/// One of the codes.
struct TokenSetValue {
  std::shared_ptr<const TokenSet> codes{};
};

/// `system|code|value`: an identifier by its type and value.
struct TypedIdentifierValue {
  std::string system{};
  std::string code{};
  std::string value{};
};

/// The range that the value's precision spans, half open, milliseconds of UTC. For kAp it is
/// already widened.
struct DateValue {
  Prefix prefix = Prefix::kEq;
  std::int64_t low = 0;
  std::int64_t high = 0;
};

/// `value` for the comparing prefixes; [low, high) is what the precision spans for kEq and kNe,
/// ten per cent either way for kAp.
struct NumberValue {
  Prefix prefix = Prefix::kEq;
  double value = 0;
  double low = 0;
  double high = 0;
};

/// With a UCUM code that can be reduced, `canonical` is the number in base units.
struct QuantityValue {
  NumberValue number{};
  std::optional<std::string> system{};
  std::string code{};  // code or unit; empty: any
  std::optional<NumberValue> canonical{};
  std::string canonical_code{};
};

struct UriValue {
  std::string value{};
};

using SimpleValue = std::variant<StringValue, TokenValue, ReferenceValue, DateValue, NumberValue,
                                 QuantityValue, UriValue>;

/// One value for each component of a composite parameter.
struct CompositeValue {
  std::vector<SimpleValue> components{};
};

using Value =
    std::variant<StringValue, TokenValue, ReferenceValue, DateValue, NumberValue, QuantityValue,
                 UriValue, CompositeValue, TextValue, TokenSetValue, TypedIdentifierValue>;

struct Criterion;

/// One type that a chain leads to (or comes from) and what is asked of it there.
struct Chain {
  std::string type{};
  std::vector<Criterion> criterion;  // exactly one
};

/// One parameter of the query. Criteria are joined by AND, the values of one by OR.
struct Criterion {
  const definitions::SearchParameterDef* parameter = nullptr;
  Modifier modifier = Modifier::kNone;
  bool missing = false;  // of Modifier::kMissing: true asks for resources without any value
  std::vector<Value> values{};

  /// `subject:Patient.name=…`: the resource points by `parameter` to a resource of one of these
  /// types that fulfils its criterion; `values` is empty.
  enum class Direction : std::uint8_t {
    kPlain,
    kForward,
    kReverse,  // `_has:Observation:patient:code=…`: a resource of that type points to this one
    kAnyOf,    // one of `any_of` is fulfilled, as by the parameters that make a compartment
  } direction = Direction::kPlain;
  std::vector<Chain> chains{};
  std::vector<Criterion> any_of{};  // plain ones; `parameter` is that of the first

  /// It cannot be answered from one resource.
  [[nodiscard]] bool is_chained() const {
    return direction == Direction::kForward || direction == Direction::kReverse;
  }
  /// :above and :below on references by id: what is part of what stands in other resources.
  [[nodiscard]] bool is_hierarchical() const;
};

/// The parameter by which resources of a type name the one they are part of (`partof` of Location,
/// `part-of` of Encounter); nullptr for types that have none.
[[nodiscard]] const definitions::SearchParameterDef* part_of_parameter(std::string_view type);

struct SortKey {
  const definitions::SearchParameterDef* parameter = nullptr;
  enum class Order : std::uint8_t { kAscending, kDescending } order = Order::kAscending;
};

struct Include {
  enum class Direction : std::uint8_t { kInclude, kRevInclude } direction = Direction::kInclude;
  enum class Iterate : std::uint8_t { kOnce, kRepeat } iterate = Iterate::kOnce;
  std::string source{};  // the type that holds the reference; empty: any
  const definitions::SearchParameterDef* parameter = nullptr;  // nullptr: `*`, all of them
  std::string target{};  // only targets of that type; empty: any
};

/// http://hl7.org/fhir/R4/search.html#summary
enum class Summary : std::uint8_t { kFalse, kTrue, kText, kData, kCount };
/// http://hl7.org/fhir/R4/search.html#total
enum class Total : std::uint8_t { kUnspecified, kNone, kEstimate, kAccurate };

/// What a search over several types asks of one of them.
struct TypeCriteria {
  std::string type{};
  std::vector<Criterion> criteria{};
  std::vector<SortKey> sort{};
};

/// `GET [base]/Patient/1/Observation`, http://hl7.org/fhir/R4/search.html#context
struct Compartment {
  std::string code{};  // `Patient`
  std::string id{};
};

/// A search as parsed: every parameter resolved, every value typed. Knows no backend.
struct Query {
  std::string type{};  // the first or only one
  std::vector<Criterion> criteria{};
  std::vector<SortKey> sort{};
  std::vector<TypeCriteria> others{};        // of a search over several types
  std::optional<Compartment> compartment{};  // whose criterion is among the criteria
  std::vector<Include> includes{};
  std::optional<std::size_t> count{};  // at most limits::kSearchMaxCount
  Summary summary = Summary::kFalse;
  Total total = Total::kUnspecified;
  std::vector<std::string> elements{};  // of `_elements`: `status`, `Observation.code`
  /// Lenient handling: one warning for each parameter that was left out, for the Bundle's
  /// OperationOutcome. Issue::expression names the parameter.
  std::vector<Issue> ignored{};
  /// The parameters that took effect, as given: what the self link repeats.
  std::vector<std::pair<std::string, std::string>> used{};
};

/// `Prefer: handling=`, RFC 7240 section 4.4, http://hl7.org/fhir/R4/search.html#errors
enum class Handling : std::uint8_t { kLenient, kStrict };

struct QueryOptions {
  Handling handling = Handling::kLenient;
  /// For `ap` on dates: a tenth of the distance from now, at least a day.
  Instant now{};
  /// The server's own base URL (`https://gateway.example/fhir`): an absolute reference below it is
  /// a local one.
  std::string_view base_url{};
  /// For :in, :not-in, :above and :below on tokens; without it they are refused.
  const terminology::Terminology* terminology = nullptr;
  /// Only resources in this compartment.
  std::optional<Compartment> compartment{};
};

using Parameters = std::span<const std::pair<std::string, std::string>>;

/// `parameters` are names and values, already percent-decoded, in order. Unknown parameters: strict
/// refuses all of them at once and names the nearest known ones, lenient collects them in
/// Query::ignored. Malformed values and modifiers that do not fit are refused in either case, one
/// issue each, Issue::expression the parameter's name as given.
/// `_format` and `_pretty` are the transport's affair: they are only carried on in Query::used.
[[nodiscard]] Result<Query> parse_query(std::string_view type, Parameters parameters,
                                        const QueryOptions& options);
/// A search over several types, at least one: a parameter is known where each of them has it, with
/// the same kind of value. `_type` is the caller's affair: it is only carried on in Query::used.
/// kNotFound/kNotSupported for a type that is never in the compartment, where it is the only one.
[[nodiscard]] Result<Query> parse_query(std::span<const std::string_view> types,
                                        Parameters parameters, const QueryOptions& options);

}  // namespace kap::fhir::search
