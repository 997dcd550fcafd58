#pragma once

#include <cstddef>
#include <cstdint>
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
  kType,        // reference, `subject:Patient`; already in ReferenceValue::type
  kIdentifier,  // reference; the values are TokenValue
  kAbove,       // uri: the entry is a path-wise prefix of the value
  kBelow,       // uri: the value is a path-wise prefix of the entry
};

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

using Value = std::variant<StringValue, TokenValue, ReferenceValue, DateValue, NumberValue,
                           QuantityValue, UriValue, CompositeValue>;

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
  } direction = Direction::kPlain;
  std::vector<Chain> chains{};

  [[nodiscard]] bool is_chained() const { return direction != Direction::kPlain; }
};

struct SortKey {
  const definitions::SearchParameterDef* parameter = nullptr;
  enum class Order : std::uint8_t { kAscending, kDescending } order = Order::kAscending;
};

struct Include {
  enum class Direction : std::uint8_t { kInclude, kRevInclude } direction = Direction::kInclude;
  enum class Iterate : std::uint8_t { kOnce, kRepeat } iterate = Iterate::kOnce;
  std::string source{};                                        // the type that holds the reference
  const definitions::SearchParameterDef* parameter = nullptr;  // nullptr: `*`, all of them
  std::string target{};  // only targets of that type; empty: any
};

/// http://hl7.org/fhir/R4/search.html#summary
enum class Summary : std::uint8_t { kFalse, kTrue, kText, kData, kCount };
/// http://hl7.org/fhir/R4/search.html#total
enum class Total : std::uint8_t { kUnspecified, kNone, kEstimate, kAccurate };

/// A search as parsed: every parameter resolved, every value typed. Knows no backend.
struct Query {
  std::string type{};
  std::vector<Criterion> criteria{};
  std::vector<SortKey> sort{};
  std::vector<Include> includes{};
  std::optional<std::size_t> count{};  // at most limits::kSearchMaxCount
  Summary summary = Summary::kFalse;
  Total total = Total::kUnspecified;
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
};

using Parameters = std::span<const std::pair<std::string, std::string>>;

/// `parameters` are names and values, already percent-decoded, in order. Unknown parameters: strict
/// refuses all of them at once and names the nearest known ones, lenient collects them in
/// Query::ignored. Malformed values and modifiers that do not fit are refused in either case, one
/// issue each, Issue::expression the parameter's name as given.
/// `_format` and `_pretty` are the transport's affair: they are only carried on in Query::used.
[[nodiscard]] Result<Query> parse_query(std::string_view type, Parameters parameters,
                                        const QueryOptions& options);

}  // namespace kap::fhir::search
