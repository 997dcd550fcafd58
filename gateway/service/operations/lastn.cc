// http://hl7.org/fhir/R4/observation-operation-lastn.html
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <limits>
#include <map>
#include <optional>

#include "fhir/definitions/search_parameters.h"
#include "fhir/json/parse.h"
#include "fhir/path/moment.h"
#include "fhir/search/convert.h"
#include "gateway/service/bundle.h"
#include "gateway/service/operations/gather_matches.h"
#include "gateway/service/operations/operations.h"

namespace kap::gateway::service {
namespace {

using fhir::json::Value;

constexpr std::size_t kMaxObservations = 20'000;  // looked at in one call

constexpr std::array<std::string_view, 1> kTypes{"Observation"};

constexpr std::array kParameters{
    OperationParameterDef{.name = "max",
                          .type = "positiveInt",
                          .documentation = "So many of each group at most; 1 where it is absent."},
    OperationParameterDef{.name = "return",
                          .use = ParameterUse::kOut,
                          .min = 1,
                          .type = "Bundle",
                          .documentation = "A searchset of Observation, newest first."},
};

struct Candidate {
  const store::StoredResource* resource;
  std::size_t group = 0;                        // any member of its group; see Groups
  std::optional<fhir::search::DateEntry> time;  // nothing: not said when
};

/// Codes that some observation states together are one group, transitively.
class Groups {
 public:
  /// A group of the concept's codes; of its text, where it has none.
  std::size_t of(const Value* concept_value) {
    std::optional<std::size_t> group;
    const auto join = [&](std::string key) {
      const auto [at, is_new] = by_key_.try_emplace(std::move(key), parents_.size());
      if (is_new) parents_.push_back(parents_.size());
      if (group)
        parents_[root(at->second)] = root(*group);
      else
        group = at->second;
    };
    if (concept_value == nullptr) {
      join("");
      return *group;
    }
    if (const auto* codings = concept_value->find("coding"))
      for (const auto& coding : codings->items())
        if (!coding.string("code").empty())
          join(fmt::format("{}|{}", coding.string("system"), coding.string("code")));
    if (!group) join(fmt::format("\n{}", concept_value->string("text")));
    return *group;
  }
  [[nodiscard]] std::size_t root(std::size_t group) const {
    while (parents_[group] != group) group = parents_[group];
    return group;
  }

 private:
  std::map<std::string, std::size_t, std::less<>> by_key_;
  std::vector<std::size_t> parents_;
};

/// When it was observed: `effective[x]`, of a period its start.
std::optional<fhir::search::DateEntry> time_of(const Value& observation) {
  auto text = observation.string("effectiveDateTime");
  if (text.empty()) text = observation.string("effectiveInstant");
  if (const auto* period = observation.find("effectivePeriod"); text.empty() && period != nullptr) {
    text = period->string("start");
    if (text.empty()) text = period->string("end");
  }
  if (const auto* timing = observation.find("effectiveTiming"); text.empty() && timing != nullptr)
    if (const auto* events = timing->find("event"); events != nullptr && !events->items().empty())
      text = events->items().front().text();
  const auto moment = fhir::path::Moment::parse_date_time(text);
  if (!moment) return std::nullopt;
  return fhir::search::to_date(*moment);
}

/// R4 demands a subject, and a category or a parameter about a code: without them the answer would
/// be of everybody or of everything.
Status check_criteria(const security::Permit& permit,
                      const std::vector<std::pair<std::string, std::string>>& criteria) {
  bool has_subject = permit.predicates().patient.has_value();
  bool has_code = false;
  for (const auto& [name, value] : criteria) {
    const auto code = std::string_view(name).substr(0, name.find_first_of(":."));
    if (code.starts_with('_') && code != "_id" && code != "_tag" && code != "_lastUpdated" &&
        code != "_security" && code != "_profile" && code != "_source")
      return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                  "$lastn has its own order and takes search criteria alone", name);
    has_subject |= code == "patient" || code == "subject";
    const auto* parameter = fhir::definitions::find_search_parameter("Observation", code);
    has_code |= code == "category" ||
                (parameter != nullptr &&
                 (parameter->expression.contains("code") ||
                  std::ranges::any_of(parameter->components, [](const auto& component) {
                    return component.expression.contains("code");
                  })));
  }
  if (!has_subject)
    return fail(Category::kInvalidRequest, IssueType::kRequired, "patient or subject must be given",
                "patient");
  if (!has_code)
    return fail(Category::kInvalidRequest, IssueType::kRequired,
                "category, or a parameter about the code such as code, must be given", "code");
  return {};
}

/// The newest `max` of each group, and what was observed at the same time as the last of them.
std::vector<const store::StoredResource*> choose(std::vector<Candidate> all, const Groups& groups,
                                                 std::size_t max) {
  const auto start = [](const Candidate& candidate) {
    return candidate.time ? candidate.time->low : std::numeric_limits<std::int64_t>::min();
  };
  std::ranges::sort(all, std::greater<>(), [&](const Candidate& candidate) {
    return std::pair(start(candidate), candidate.resource->seq);
  });
  struct Taken {
    std::size_t count = 0;
    std::int64_t last = 0;
  };
  std::map<std::size_t, Taken> taken;
  std::vector<const store::StoredResource*> chosen;
  for (const auto& candidate : all) {
    auto& group = taken[groups.root(candidate.group)];
    const bool is_tie = group.count > 0 && candidate.time && group.last == start(candidate);
    if (group.count >= max && !is_tie) continue;
    ++group.count;
    group.last = start(candidate);
    chosen.push_back(candidate.resource);
  }
  return chosen;
}

std::string self_url(const Reader& reader, const OperationParameters& parameters) {
  auto url = fmt::format("{}/Observation/$lastn", reader.base_url);
  char separator = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    url += separator + encode_query_part(name) + "=" + encode_query_part(value);
    separator = '&';
  };
  if (const auto max = parameters.text("max")) add("max", *max);
  for (const auto& [name, value] : parameters.criteria()) add(name, value);
  return url;
}

Result<OperationAnswer> run(const security::Permit& permit, const OperationContext& context,
                            const OperationCall& call) {
  KAP_CHECK_OK(check_criteria(permit, call.parameters.criteria()));
  std::size_t max = 1;
  if (const auto text = call.parameters.text("max"))
    std::from_chars(text->data(), text->data() + text->size(), max);
  KAP_TRY(const auto matches, gather_matches(permit, context.reader,
                                             {.type = "Observation",
                                              .parameters = call.parameters.criteria(),
                                              .limit = kMaxObservations,
                                              .deadline = call.deadline}));
  Groups groups;
  std::vector<Candidate> candidates;
  for (const auto& match : matches) {
    KAP_TRY(const auto document, fhir::json::parse(match.body));
    candidates.push_back({.resource = &match,
                          .group = groups.of(document.root.find("code")),
                          .time = time_of(document.root)});
  }
  const auto chosen = choose(std::move(candidates), groups, max);
  BundleWriter bundle("searchset", chosen.size());
  bundle.add_link("self", self_url(context.reader, call.parameters));
  for (const auto* resource : chosen)
    bundle.add_search_entry(
        fmt::format("{}/Observation/{}", context.reader.base_url, resource->id.text()),
        resource->body, "match");
  return OperationAnswer{.json = std::move(bundle).finish()};
}

}  // namespace

const OperationDef kLastn{
    .code = "lastn",
    .id = "Observation-lastn",
    .canonical = "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
    .name = "LastN",
    .title = "Last N Observations Query",
    .description = "The most recent observations of each code that match a search.",
    .levels = {.type = true},
    .types = kTypes,
    .interaction = security::Interaction::kSearch,
    .parameters = kParameters,
    .others = OtherParameters::kSearchCriteria,
    .run = &run,
};

}  // namespace kap::gateway::service
