#include "fhir/search/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "fhir/base/limits.h"
#include "fhir/definitions/types.h"
#include "fhir/search/criterion_parser.h"
#include "fhir/search/include_parser.h"

namespace kap::fhir::search {
namespace {

using definitions::SearchType;

template <class E>
using Words = std::span<const std::pair<std::string_view, E>>;

constexpr std::array<std::pair<std::string_view, Summary>, 5> kSummaries{
    {{"true", Summary::kTrue},
     {"false", Summary::kFalse},
     {"text", Summary::kText},
     {"data", Summary::kData},
     {"count", Summary::kCount}}};
constexpr std::array<std::pair<std::string_view, Total>, 3> kTotals{
    {{"none", Total::kNone}, {"estimate", Total::kEstimate}, {"accurate", Total::kAccurate}}};

class QueryParser {
 public:
  QueryParser(std::string_view type, const QueryOptions& options) : options_(options) {
    query_.type = std::string(type);
  }

  Result<Query> run(Parameters parameters) {
    if (definitions::find_resource_type(query_.type) == nullptr)
      return fail(Category::kNotFound, IssueType::kNotSupported, "there is no such resource type");
    if (parameters.size() > limits::kSearchParameters)
      return fail(Category::kInvalidRequest, IssueType::kTooCostly,
                  fmt::format("{} search parameters; at most {} are taken", parameters.size(),
                              limits::kSearchParameters));
    for (const auto& [name, value] : parameters) {
      auto taken = take(name, value);
      if (taken)
        query_.used.emplace_back(name, value);
      else
        note(name, std::move(taken).error());
    }
    if (!problems_.empty()) return std::unexpected(Outcome(Category::kInvalidRequest, problems_));
    return std::move(query_);
  }

 private:
  using Taken = std::expected<void, Refusal>;

  static std::unexpected<Refusal> malformed(Reason reason) {
    return std::unexpected(Refusal{.kind = Refusal::Kind::kMalformed, .reason = std::move(reason)});
  }
  static std::unexpected<Refusal> unsupported(Reason reason) {
    return std::unexpected(Refusal{.kind = Refusal::Kind::kUnknown, .reason = std::move(reason)});
  }

  /// A name may be anything; what is too long to be one is not carried on.
  static std::string shown(std::string_view name) {
    return std::string(name.substr(0, std::min<std::size_t>(name.size(), 128)));
  }

  void note(std::string_view name, Refusal refusal) {
    const bool unknown = refusal.kind == Refusal::Kind::kUnknown;
    const bool lenient = unknown && options_.handling == Handling::kLenient;
    Issue issue{.severity = lenient ? IssueSeverity::kWarning : IssueSeverity::kError,
                .code = unknown ? IssueType::kNotSupported : IssueType::kValue,
                .diagnostics = std::move(refusal.reason),
                .expression = shown(name),
                .position = {}};
    if (lenient) issue.diagnostics += "; the parameter was ignored";
    (lenient ? query_.ignored : problems_).push_back(std::move(issue));
  }

  Taken take(std::string_view name, std::string_view value) {
    if (name == "_format" || name == "_pretty") return {};
    if (name == "_sort") return sort(value);
    if (name == "_count") return count(value);
    if (name == "_summary") return word<Summary>(kSummaries, value, query_.summary);
    if (name == "_total") return word<Total>(kTotals, value, query_.total);
    if (name.starts_with("_include") || name.starts_with("_revinclude"))
      return include(name, value);
    static constexpr std::array<std::string_view, 9> kUnsupported{
        "_elements", "_contained", "_containedType", "_query", "_filter",
        "_text",     "_content",   "_list",          "_type"};
    const std::string_view code = name.substr(0, name.find(':'));
    if (std::ranges::find(kUnsupported, code) != kUnsupported.end())
      return unsupported(fmt::format("{} is not supported", code));
    auto criterion = parse_criterion(query_.type, name, value, options_);
    if (!criterion) return std::unexpected(std::move(criterion).error());
    query_.criteria.push_back(std::move(*criterion));
    return {};
  }

  template <class E>
  static Taken word(Words<E> words, std::string_view value, E& out) {
    std::string known;
    for (const auto& [text, meaning] : words) {
      if (text == value) {
        out = meaning;
        return {};
      }
      if (!known.empty()) known += ", ";
      known += text;
    }
    return malformed(fmt::format("an unknown value; known are {}", known));
  }

  Taken count(std::string_view value) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (value.empty() || end != value.data() + value.size() ||
        (error != std::errc() && error != std::errc::result_out_of_range))
      return malformed("_count takes a whole number");
    if (error == std::errc::result_out_of_range) number = limits::kSearchMaxCount;
    query_.count = std::min(number, limits::kSearchMaxCount);
    return {};
  }

  Taken sort(std::string_view value) {
    std::vector<SortKey> keys;
    while (true) {
      const std::size_t comma = value.find(',');
      std::string_view code = value.substr(0, comma);
      SortKey key;
      if (code.starts_with('-')) {
        key.order = SortKey::Order::kDescending;
        code.remove_prefix(1);
      }
      if (code.empty()) return malformed("_sort takes parameters joined by commas: -date,status");
      key.parameter = find_searchable(query_.type, code);
      if (key.parameter == nullptr)
        return unsupported("cannot sort by this: " + unknown_parameter(query_.type, code));
      if (key.parameter->type == SearchType::kComposite)
        return malformed("a composite parameter has no order");
      keys.push_back(key);
      if (comma == std::string_view::npos) break;
      value.remove_prefix(comma + 1);
    }
    query_.sort.insert(query_.sort.end(), keys.begin(), keys.end());
    return {};
  }

  Taken include(std::string_view name, std::string_view value) {
    const std::size_t colon = name.find(':');
    const std::string_view word = name.substr(0, colon);
    const bool forward = word == "_include";
    if (!forward && word != "_revinclude") return unsupported(unknown_parameter(query_.type, word));
    auto iterate = Include::Iterate::kOnce;
    if (colon != std::string_view::npos) {
      if (name.substr(colon + 1) != "iterate")
        return malformed("the only modifier here is :iterate");
      iterate = Include::Iterate::kRepeat;
    }
    auto parsed = parse_include(
        query_.type, forward ? Include::Direction::kInclude : Include::Direction::kRevInclude,
        iterate, value);
    if (!parsed) return std::unexpected(std::move(parsed).error());
    query_.includes.push_back(std::move(*parsed));
    return {};
  }

  const QueryOptions& options_;
  Query query_;
  std::vector<Issue> problems_;
};

}  // namespace

Result<Query> parse_query(std::string_view type, Parameters parameters,
                          const QueryOptions& options) {
  return QueryParser(type, options).run(parameters);
}

}  // namespace kap::fhir::search
