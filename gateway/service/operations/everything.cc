// http://hl7.org/fhir/R4/patient-operation-everything.html
// http://hl7.org/fhir/R4/encounter-operation-everything.html
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "fhir/base/limits.h"
#include "fhir/json/parse.h"
#include "gateway/service/bundle.h"
#include "gateway/service/operation_outcome.h"
#include "gateway/service/operations/care_time.h"
#include "gateway/service/operations/everything_query.h"
#include "gateway/service/operations/operations.h"
#include "gateway/service/read.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

using fhir::search::DateEntry;

constexpr std::array<std::string_view, 1> kPatientTypes{"Patient"};
constexpr std::array<std::string_view, 1> kEncounterTypes{"Encounter"};

constexpr OperationParameterDef kSince{
    .name = "_since",
    .type = "instant",
    .documentation = "Only resources that were updated at this time or later."};
constexpr OperationParameterDef kType{
    .name = "_type",
    .max = fhir::definitions::kUnbounded,
    .type = "string",
    .documentation = "Only resources of these types, separated by commas."};
constexpr OperationParameterDef kCount{
    .name = "_count", .type = "integer", .documentation = "So many resources a page at most."};
constexpr OperationParameterDef kReturn{.name = "return",
                                        .use = ParameterUse::kOut,
                                        .min = 1,
                                        .type = "Bundle",
                                        .documentation = "A Bundle of type searchset."};

constexpr std::array kPatientParameters{
    OperationParameterDef{
        .name = "start", .type = "date", .documentation = "Only care on or after this date."},
    OperationParameterDef{
        .name = "end", .type = "date", .documentation = "Only care on or before this date."},
    kSince,
    kType,
    kCount,
    kReturn,
};
constexpr std::array kEncounterParameters{kSince, kType, kCount, kReturn};

struct Page {
  std::vector<store::StoredResource> matches{};
  std::vector<store::StoredResource> included{};
  std::optional<std::string> next{};
};

/// The time range and `_since`, which also hold for what comes with the matches.
struct Filter {
  CareRange range;
  std::optional<DateEntry> since;

  [[nodiscard]] Result<bool> holds(const store::StoredResource& resource) const {
    if (range.is_open()) return true;
    KAP_TRY(const auto document, fhir::json::parse(resource.body));
    const auto time = care_time(document.root);
    return !time || range.holds(*time);
  }
  [[nodiscard]] bool is_new(const store::StoredResource& resource) const {
    return !since || resource.last_updated.time_since_epoch().count() >= since->low;
  }
};

Result<std::size_t> page_size(const OperationParameters& parameters) {
  const auto text = parameters.text("_count");
  if (!text) return limits::kSearchMaxCount;
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (error != std::errc() || count == 0)
    return fail(Category::kInvalidRequest, IssueType::kValue,
                "_count must be a whole number of at least 1", "_count");
  return std::min(count, limits::kSearchMaxCount);
}

Result<Page> find(const security::Permit& permit, const Reader& reader,
                  const EverythingQuery& everything, const OperationCall& call) {
  if (everything.query.type.empty()) return Page{};
  KAP_TRY(const auto count, page_size(call.parameters));
  const Filter filter{.range = {.start = to_time(call.parameters.text("start").value_or("")),
                                .end = to_time(call.parameters.text("end").value_or(""))},
                      .since = to_time(call.parameters.text("_since").value_or(""))};
  const store::Query bound(
      permit, everything.query,
      {.count = count, .cursor = std::string(call.parameters.cursor()), .deadline = call.deadline});
  KAP_TRY(auto found, reader.store.search(bound));
  const auto is_wanted = [&](const store::StoredResource& resource) {
    return everything.wanted.empty() || everything.wanted.contains(resource.type);
  };
  Page page{.next = std::move(found.next)};
  for (auto& match : found.matches) {
    KAP_TRY(const bool is_held, filter.holds(match));
    if (is_held && is_wanted(match)) page.matches.push_back(std::move(match));
  }
  for (auto& resource : found.included) {
    // What is said about the matches has no other way in; the rest of the searched types has.
    const bool is_about = resource.type == "Provenance" || resource.type == "AdverseEvent";
    const bool is_match_elsewhere =
        call.type == "Patient" && !is_about && everything.searched.contains(resource.type);
    if (is_match_elsewhere || !is_wanted(resource) || !filter.is_new(resource)) continue;
    if (!permit.allows(resource.type, security::Interaction::kRead) &&
        !permit.allows(resource.type, security::Interaction::kSearch))
      continue;
    page.included.push_back(std::move(resource));
  }
  return page;
}

std::string url_of(const Reader& reader, const OperationCall& call, const ResourceId& id,
                   std::string_view cursor) {
  auto url = fmt::format("{}/{}/{}/$everything", reader.base_url, call.type, id.text());
  char separator = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    url += separator + encode_query_part(name) + "=" + encode_query_part(value);
    separator = '&';
  };
  for (const auto& parameter : call.parameters.all()) add(parameter.name, parameter.text);
  if (!cursor.empty()) add(kCursorParameter, cursor);
  return url;
}

std::string encode(const Reader& reader, const OperationCall& call, const ResourceId& id,
                   const EverythingQuery& everything, const Page& page) {
  BundleWriter bundle("searchset", std::nullopt);
  bundle.add_link("self", url_of(reader, call, id, call.parameters.cursor()));
  if (page.next) bundle.add_link("next", url_of(reader, call, id, *page.next));
  const auto add = [&](const store::StoredResource& resource, std::string_view mode) {
    bundle.add_search_entry(
        fmt::format("{}/{}/{}", reader.base_url, resource.type, resource.id.text()), resource.body,
        mode);
  };
  for (const auto& resource : page.matches) add(resource, "match");
  for (const auto& resource : page.included) add(resource, "include");
  if (!everything.uncovered.empty() && call.parameters.cursor().empty()) {
    const Issue issue{.severity = IssueSeverity::kWarning,
                      .code = IssueType::kSuppressed,
                      .diagnostics =
                          "no scope of the token covers these types, so there may be "
                          "more: " +
                          everything.uncovered,
                      .expression = {},
                      .position = {}};
    bundle.add_search_entry({}, encode_operation_outcome(std::span(&issue, 1)), "outcome");
  }
  return std::move(bundle).finish();
}

/// At type level: the patient that the token is bound to.
Result<ResourceId> focus_of(const security::Permit& permit, const OperationCall& call) {
  if (call.id != nullptr) return *call.id;
  if (const auto& patient = permit.predicates().patient) return *patient;
  return fail(Category::kUnprocessable, IssueType::kTooCostly,
              "the token is bound to no patient, and the records of all patients are for the bulk "
              "export: Patient/$export");
}

Result<OperationAnswer> run(const security::Permit& permit, const OperationContext& context,
                            const OperationCall& call) {
  const Reader& reader = context.reader;
  KAP_TRY(const auto id, focus_of(permit, call));
  // What is not there, or not the caller's to see, has nothing.
  if (const auto focus = read(permit, reader, call.type, id); !focus)
    return std::unexpected(focus.error());
  KAP_TRY(const auto everything,
          make_everything_query(permit, reader, call.type, id, call.parameters));
  KAP_TRY(const auto page, find(permit, reader, everything, call));
  return OperationAnswer{.json = encode(reader, call, id, everything, page)};
}

}  // namespace

const OperationDef kPatientEverything{
    .code = "everything",
    .id = "Patient-everything",
    .canonical = "http://hl7.org/fhir/OperationDefinition/Patient-everything",
    .name = "Everything",
    .title = "Fetch Patient Record",
    .description =
        "A patient's record: the resources of the patient's compartment and those that "
        "they refer to.",
    .levels = {.type = true, .instance = true},
    .types = kPatientTypes,
    .parameters = kPatientParameters,
    .paging = Paging::kCursor,
    .run = &run,
};

const OperationDef kEncounterEverything{
    .code = "everything",
    .id = "Encounter-everything",
    .canonical = "http://hl7.org/fhir/OperationDefinition/Encounter-everything",
    .name = "Everything",
    .title = "Fetch Encounter Record",
    .description = "An encounter as a unit: all that refers to it and what that refers to.",
    .levels = {.instance = true},
    .types = kEncounterTypes,
    .parameters = kEncounterParameters,
    .paging = Paging::kCursor,
    .run = &run,
};

}  // namespace kap::gateway::service
