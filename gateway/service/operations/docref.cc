// http://hl7.org/fhir/us/core/STU6.1/OperationDefinition-docref.html
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <set>

#include "fhir/json/parse.h"
#include "gateway/service/bundle.h"
#include "gateway/service/operations/care_time.h"
#include "gateway/service/operations/gather_matches.h"
#include "gateway/service/operations/operations.h"

namespace kap::gateway::service {
namespace {

using fhir::json::Value;

constexpr std::size_t kMaxDocuments = 5'000;  // looked at in one call

constexpr std::array<std::string_view, 1> kTypes{"DocumentReference"};

constexpr std::array kParameters{
    OperationParameterDef{.name = "patient",
                          .min = 1,
                          .type = "id",
                          .documentation = "The id of the patient whose documents are asked for."},
    OperationParameterDef{.name = "start",
                          .type = "dateTime",
                          .documentation = "Documents about care on or after this time."},
    OperationParameterDef{.name = "end",
                          .type = "dateTime",
                          .documentation = "Documents about care on or before this time."},
    OperationParameterDef{.name = "type",
                          .max = fhir::definitions::kUnbounded,
                          .type = "Coding",
                          .documentation = "Documents of one of these types."},
    OperationParameterDef{.name = "on-demand",
                          .type = "boolean",
                          .documentation = "Only documents that are made when asked for."},
    OperationParameterDef{.name = "profile",
                          .max = fhir::definitions::kUnbounded,
                          .type = "canonical",
                          .documentation = "Documents of one of these profiles."},
    OperationParameterDef{.name = "return",
                          .use = ParameterUse::kOut,
                          .min = 1,
                          .type = "Bundle",
                          .documentation = "A searchset of DocumentReference."},
};

struct Found {
  const store::StoredResource* resource;
  fhir::search::DateEntry time;
  std::string type;  // of the document
  bool is_current = false;
};

std::string type_of(const Value& document) {
  const auto* type = document.find("type");
  if (type == nullptr) return {};
  const auto* codings = type->find("coding");
  if (codings == nullptr || codings->items().empty()) return std::string(type->string("text"));
  const auto& coding = codings->items().front();
  return to_token(coding.string("system"), coding.string("code"));
}

/// What start and end leave: those whose care overlaps the time asked for; with neither, the newest
/// current document of each type.
Result<std::vector<Found>> choose(const std::vector<store::StoredResource>& documents,
                                  const OperationParameters& parameters) {
  const CareRange range{.start = to_time(parameters.text("start").value_or("")),
                        .end = to_time(parameters.text("end").value_or(""))};
  std::vector<Found> found;
  for (const auto& resource : documents) {
    KAP_TRY(const auto document, fhir::json::parse(resource.body));
    const auto time = care_time(document.root);
    if (!range.is_open() && (!time || !range.holds(*time))) continue;
    found.push_back({.resource = &resource,
                     .time = time.value_or(fhir::search::DateEntry{}),
                     .type = type_of(document.root),
                     .is_current = document.root.string("status") == "current"});
  }
  std::ranges::sort(found, std::greater<>(),
                    [](const Found& item) { return std::pair(item.time.low, item.resource->seq); });
  if (!range.is_open()) return found;
  std::set<std::string> seen;
  std::erase_if(found, [&seen](const Found& item) {
    return !item.is_current || !seen.insert(item.type).second;
  });
  return found;
}

/// Values of one parameter are alternatives.
void add_criterion(GatherRequest& search, std::string_view name,
                   const std::vector<std::string>& values) {
  if (values.empty()) return;
  search.parameters.emplace_back(std::string(name), fmt::format("{}", fmt::join(values, ",")));
}

Result<std::vector<store::StoredResource>> find_documents(const security::Permit& permit,
                                                          const Reader& reader,
                                                          const OperationCall& call) {
  GatherRequest search{.type = "DocumentReference",
                       .parameters = {{"patient", std::string(*call.parameters.text("patient"))},
                                      {"status", "current,superseded"}},
                       .limit = kMaxDocuments,
                       .deadline = call.deadline};
  std::vector<std::string> types;
  for (const auto& parameter : call.parameters.all())
    if (parameter.name == "type")
      types.push_back(to_token(parameter.value.string("system"), parameter.value.string("code")));
  add_criterion(search, "type", types);
  std::vector<std::string> profiles;
  for (const auto profile : call.parameters.texts("profile"))
    profiles.push_back(escape_search_value(profile.substr(0, profile.find('|'))));
  add_criterion(search, "_profile", profiles);
  return gather_matches(permit, reader, search);
}

std::string self_url(const Reader& reader, const OperationParameters& parameters) {
  auto url = fmt::format("{}/DocumentReference/$docref", reader.base_url);
  char separator = '?';
  for (const auto& parameter : parameters.all()) {
    const auto value = parameter.name == "type" ? to_token(parameter.value.string("system"),
                                                           parameter.value.string("code"))
                                                : std::string(parameter.text);
    url += separator + encode_query_part(parameter.name) + "=" + encode_query_part(value);
    separator = '&';
  }
  return url;
}

Result<OperationAnswer> run(const security::Permit& permit, const OperationContext& context,
                            const OperationCall& call) {
  std::vector<store::StoredResource> documents;
  // Documents are written by the clinics; none is made when it is asked for.
  if (!call.parameters.is_true("on-demand")) {
    KAP_TRY(documents, find_documents(permit, context.reader, call));
  }
  KAP_TRY(const auto found, choose(documents, call.parameters));
  BundleWriter bundle("searchset", found.size());
  bundle.add_link("self", self_url(context.reader, call.parameters));
  for (const auto& item : found)
    bundle.add_search_entry(
        fmt::format("{}/DocumentReference/{}", context.reader.base_url, item.resource->id.text()),
        item.resource->body, "match");
  return OperationAnswer{.json = std::move(bundle).finish()};
}

}  // namespace

const OperationDef kDocref{
    .code = "docref",
    .id = "docref",
    .canonical = "http://hl7.org/fhir/us/core/OperationDefinition/docref",
    .version = "6.1.0",
    .status = "active",
    .name = "USCoreFetchDocumentReference",
    .title = "US Core Fetch DocumentReference",
    .description = "References to the documents of a patient.",
    .levels = {.type = true},
    .types = kTypes,
    .interaction = security::Interaction::kSearch,
    .parameters = kParameters,
    .run = &run,
};

}  // namespace kap::gateway::service
