#include "fhir/search/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "fhir/base/limits.h"
#include "fhir/definitions/types.h"
#include "fhir/search/compartment.h"
#include "fhir/search/criterion_parser.h"
#include "fhir/search/elements_parser.h"
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
constexpr std::size_t kSortKeys = 8;

/// Whether the search names its type in the path, or is one over several.
enum class Level : std::uint8_t { kType, kSeveral };

class QueryParser {
 public:
  QueryParser(std::span<const std::string_view> types, Level level, const QueryOptions& options)
      : level_(level), options_(options) {
    for (const std::string_view type : types)
      types_.push_back({.type = std::string(type), .criteria = {}, .sort = {}});
  }

  Result<Query> run(Parameters parameters) {
    KAP_CHECK_OK(check_types());
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
    if (problems_.empty()) check_together();
    if (!problems_.empty()) return std::unexpected(Outcome(Category::kInvalidRequest, problems_));
    query_.compartment = options_.compartment;
    query_.type = std::move(types_.front().type);
    query_.criteria = std::move(types_.front().criteria);
    query_.sort = std::move(types_.front().sort);
    query_.others.assign(std::make_move_iterator(types_.begin() + 1),
                         std::make_move_iterator(types_.end()));
    return std::move(query_);
  }

 private:
  using Taken = std::expected<void, Refusal>;

  static std::unexpected<Refusal> malformed(Reason reason) {
    return std::unexpected(Refusal{.kind = Refusal::Kind::kMalformed, .reason = std::move(reason)});
  }
  static std::unexpected<Refusal> unknown(Reason reason) {
    return std::unexpected(Refusal{.kind = Refusal::Kind::kUnknown, .reason = std::move(reason)});
  }
  static std::unexpected<Refusal> unsupported(Reason reason) {
    return std::unexpected(
        Refusal{.kind = Refusal::Kind::kUnsupported, .reason = std::move(reason)});
  }

  Status check_types() {
    for (const TypeCriteria& one : types_)
      if (definitions::find_resource_type(one.type) == nullptr)
        return fail(Category::kNotFound, IssueType::kNotSupported,
                    "there is no such resource type");
    if (options_.compartment) {
      for (TypeCriteria& one : types_)
        if (auto criterion = in_compartment(*options_.compartment, one.type))
          one.criteria.push_back(std::move(*criterion));
      std::erase_if(types_, [](const TypeCriteria& one) { return one.criteria.empty(); });
    }
    if (!types_.empty()) return {};
    return fail(Category::kNotFound, IssueType::kNotSupported,
                options_.compartment
                    ? fmt::format("no resource of that type is in a {} compartment",
                                  options_.compartment->code)
                    : "there is no type to search for");
  }

  /// A name may be anything; what is too long to be one is not carried on.
  static std::string shown(std::string_view name) {
    return std::string(name.substr(0, std::min<std::size_t>(name.size(), 128)));
  }

  void note(std::string_view name, Refusal refusal) {
    const bool lenient =
        refusal.kind == Refusal::Kind::kUnknown && options_.handling == Handling::kLenient;
    Issue issue{.severity = lenient ? IssueSeverity::kWarning : IssueSeverity::kError,
                .code = refusal.kind == Refusal::Kind::kMalformed ? IssueType::kValue
                                                                  : IssueType::kNotSupported,
                .diagnostics = std::move(refusal.reason),
                .expression = shown(name),
                .position = {}};
    if (lenient) issue.diagnostics += "; the parameter was ignored";
    (lenient ? query_.ignored : problems_).push_back(std::move(issue));
  }

  /// What fits each by itself and not together.
  void check_together() {
    const bool is_subset = query_.summary != Summary::kFalse && query_.summary != Summary::kCount;
    if (is_subset && !query_.elements.empty())
      note("_elements", {.kind = Refusal::Kind::kMalformed,
                         .reason = "_elements and _summary each choose elements; give one"});
    if (query_.summary == Summary::kText && !query_.includes.empty())
      note("_summary", {.kind = Refusal::Kind::kMalformed,
                        .reason = "_summary=text does not go with _include and _revinclude"});
  }

  Taken take(std::string_view name, std::string_view value) {
    if (name == "_format" || name == "_pretty") return {};
    const std::string_view code = name.substr(0, name.find(':'));
    if (code == "_include" || code == "_revinclude") return include(name, value);
    static constexpr std::array<std::string_view, 11> kResult{
        "_sort",  "_count",     "_summary",       "_total",  "_elements", "_type",
        "_query", "_contained", "_containedType", "_filter", "_score"};
    if (std::ranges::find(kResult, code) != kResult.end()) {
      if (code != name) return malformed(fmt::format("{} takes no modifier", code));
      if (code != "_sort" && !once_.insert(std::string(code)).second)
        return malformed(fmt::format("{} is given twice", code));
      return result_parameter(code, value);
    }
    return criterion(name, value);
  }

  Taken result_parameter(std::string_view code, std::string_view value) {
    if (code == "_sort") return sort(value);
    if (code == "_count") return count(value);
    if (code == "_summary") return word<Summary>(kSummaries, value, query_.summary);
    if (code == "_total") return word<Total>(kTotals, value, query_.total);
    if (code == "_elements") return elements(value);
    if (code == "_type")
      return level_ == Level::kSeveral ? Taken() : malformed("the path names the type already");
    if (code == "_contained") {
      if (value == "false") return {};
      if (value != "true" && value != "both")
        return malformed("an unknown value; known are false, true, both");
      return unsupported("contained resources are not searched for; _contained=false is supported");
    }
    if (code == "_containedType") {
      if (value == "container") return {};
      if (value != "contained")
        return malformed("an unknown value; known are container, contained");
      return unsupported("contained resources are not searched for");
    }
    return unsupported(fmt::format("{} is not supported here", code));
  }

  /// The same parameter of each type.
  Taken criterion(std::string_view name, std::string_view value) {
    std::vector<Criterion> parsed;
    for (const TypeCriteria& one : types_) {
      auto part = parse_criterion(one.type, name, value, options_);
      if (!part && types_.size() > 1 && part.error().kind == Refusal::Kind::kUnknown)
        part.error().reason += "; a search over several types takes what all of them have";
      if (!part) return std::unexpected(std::move(part).error());
      parsed.push_back(std::move(*part));
    }
    for (std::size_t i = 0; i < parsed.size(); ++i)
      types_[i].criteria.push_back(std::move(parsed[i]));
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

  Taken elements(std::string_view value) {
    std::vector<std::string_view> types;
    for (const TypeCriteria& one : types_) types.emplace_back(one.type);
    auto parsed = parse_elements(types, value);
    if (!parsed) return malformed(std::move(parsed).error());
    query_.elements = std::move(*parsed);
    return {};
  }

  Taken sort(std::string_view value) {
    std::vector<std::vector<SortKey>> keys(types_.size());
    while (true) {
      const std::size_t comma = value.find(',');
      std::string_view code = value.substr(0, comma);
      auto order = SortKey::Order::kAscending;
      if (code.starts_with('-')) {
        order = SortKey::Order::kDescending;
        code.remove_prefix(1);
      }
      if (code.empty()) return malformed("_sort takes parameters joined by commas: -date,status");
      for (std::size_t i = 0; i < types_.size(); ++i) {
        auto key = sort_key(types_[i].type, code);
        if (!key) return std::unexpected(std::move(key).error());
        keys[i].push_back({.parameter = *key, .order = order});
        if (keys[i].back().parameter->type != keys[0].back().parameter->type)
          return malformed("the types have parameters of that name of several kinds");
      }
      if (comma == std::string_view::npos) break;
      value.remove_prefix(comma + 1);
    }
    for (std::size_t i = 0; i < types_.size(); ++i)
      types_[i].sort.insert(types_[i].sort.end(), keys[i].begin(), keys[i].end());
    if (types_.front().sort.size() > kSortKeys)
      return malformed(fmt::format("at most {} parameters to sort by", kSortKeys));
    return {};
  }

  static std::expected<const definitions::SearchParameterDef*, Refusal> sort_key(
      std::string_view type, std::string_view code) {
    if (code.find_first_of(":.") != std::string_view::npos)
      return malformed("_sort takes names of parameters, without modifiers and chains");
    const auto* parameter = find_searchable(type, code);
    if (parameter == nullptr && is_unsupported(type, code))
      return unsupported("cannot sort by this: " + unknown_parameter(type, code));
    if (parameter == nullptr)
      return unknown("cannot sort by this: " + unknown_parameter(type, code));
    if (parameter->type == SearchType::kComposite)
      return malformed("a composite parameter has no order");
    return parameter;
  }

  Taken include(std::string_view name, std::string_view value) {
    const std::size_t colon = name.find(':');
    const bool forward = name.substr(0, colon) == "_include";
    auto iterate = Include::Iterate::kOnce;
    if (colon != std::string_view::npos) {
      if (name.substr(colon + 1) != "iterate")
        return malformed("the only modifier here is :iterate");
      iterate = Include::Iterate::kRepeat;
    }
    std::vector<std::string_view> types;
    for (const TypeCriteria& one : types_) types.emplace_back(one.type);
    auto parsed = parse_include(
        types, forward ? Include::Direction::kInclude : Include::Direction::kRevInclude, iterate,
        value);
    if (!parsed) return std::unexpected(std::move(parsed).error());
    query_.includes.push_back(std::move(*parsed));
    return {};
  }

  Level level_;
  const QueryOptions& options_;
  std::vector<TypeCriteria> types_;
  std::set<std::string> once_;
  Query query_;
  std::vector<Issue> problems_;
};

}  // namespace

Result<Query> parse_query(std::string_view type, Parameters parameters,
                          const QueryOptions& options) {
  return QueryParser({&type, 1}, Level::kType, options).run(parameters);
}

Result<Query> parse_query(std::span<const std::string_view> types, Parameters parameters,
                          const QueryOptions& options) {
  return QueryParser(types, Level::kSeveral, options).run(parameters);
}

}  // namespace kap::fhir::search
