#include "gateway/service/operations/coded_parameters.h"

#include <fmt/format.h>

#include <algorithm>

#include "fhir/definitions/value_sets.h"
#include "fhir/path/unicode.h"

namespace kap::gateway::service {
namespace {

using fhir::json::Value;
using fhir::terminology::Terminology;

std::unexpected<Outcome> invalid(IssueType code, std::string_view where, std::string message) {
  return fail(Category::kInvalidRequest, code, std::move(message), std::string(where));
}

std::unexpected<Outcome> not_here(std::string_view type, std::string_view where) {
  return fail(Category::kNotFound, IssueType::kNotFound,
              fmt::format("no {} of that name is here", type), std::string(where));
}

Result<GivenCode> read_coding(const Value& coding, std::string_view where) {
  GivenCode out{.system = coding.string("system"),
                .code = coding.string("code"),
                .display = coding.string("display"),
                .version = coding.string("version")};
  if (out.code.empty() || out.system.empty())
    return invalid(IssueType::kRequired, where, "a Coding needs a system and a code");
  return out;
}

/// `http://hl7.org/fhir/ValueSet/administrative-gender` is the url of `administrative-gender`.
bool ends_in_id(std::string_view url, std::string_view id) {
  return url.size() > id.size() && url.ends_with(id) && url[url.size() - id.size() - 1] == '/';
}

std::optional<Artifact> find_by_id(const Terminology& terminology, std::string_view type,
                                   std::string_view id) {
  for (const Value* resource : terminology.resources())
    if (resource->string("resourceType") == type && resource->string("id") == id)
      return Artifact{.url = std::string(resource->string("url")),
                      .version = std::string(resource->string("version")),
                      .resource = resource};
  if (type != "ValueSet") return std::nullopt;
  for (const auto& value_set : fhir::definitions::all_value_sets())
    if (ends_in_id(value_set.url, id))
      return Artifact{.url = std::string(value_set.url),
                      .version = std::string(value_set.version),
                      .resource = nullptr};
  return std::nullopt;
}

std::optional<Artifact> find_by_url(const Terminology& terminology, std::string_view type,
                                    std::string_view url) {
  if (const Value* resource = terminology.find_resource(type, url))
    return Artifact{.url = std::string(url),
                    .version = std::string(resource->string("version")),
                    .resource = resource};
  const auto* table = type == "ValueSet" ? fhir::definitions::find_value_set(url) : nullptr;
  if (table == nullptr) return std::nullopt;
  return Artifact{
      .url = std::string(url), .version = std::string(table->version), .resource = nullptr};
}

FoundConcept find_below(const Value& holder, std::string_view parent, std::string_view code) {
  const Value* list = holder.find("concept");
  if (list == nullptr) return {};
  for (const Value& item : list->items()) {
    const std::string_view own = item.string("code");
    if (own == code) return {.item = &item, .parent = parent};
    if (const auto below = find_below(item, own, code); below.item != nullptr) return below;
  }
  return {};
}

}  // namespace

Result<std::vector<GivenCode>> read_codes(const OperationParameters& parameters, PlainCode plain) {
  const auto code = parameters.text("code");
  const Value* coding = parameters.value("coding");
  const Value* concept_value = parameters.value("codeableConcept");
  if (code.has_value() + (coding != nullptr) + (concept_value != nullptr) != 1)
    return invalid(IssueType::kRequired, "code",
                   "give exactly one of code, coding and codeableConcept");
  std::vector<GivenCode> out;
  if (code.has_value()) {
    out.push_back({.system = parameters.text("system").value_or(""),
                   .code = *code,
                   .display = parameters.text("display").value_or(""),
                   .version = parameters.text("version").value_or("")});
    if (out.front().system.empty() && plain == PlainCode::kNeedsSystem)
      return invalid(IssueType::kRequired, "system", "a code needs its system");
  } else if (coding != nullptr) {
    KAP_TRY(GivenCode given, read_coding(*coding, "coding"));
    out.push_back(given);
  } else {
    const Value* codings = concept_value->find("coding");
    if (codings == nullptr || codings->items().empty())
      return invalid(IssueType::kRequired, "codeableConcept",
                     "the CodeableConcept needs at least one coding");
    for (const Value& item : codings->items()) {
      KAP_TRY(GivenCode given, read_coding(item, "codeableConcept"));
      out.push_back(given);
    }
  }
  return out;
}

Status refuse_given(const OperationParameters& parameters,
                    std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names)
    if (parameters.find(name) != nullptr)
      return invalid(IssueType::kNotSupported, name,
                     fmt::format("the gateway cannot answer by {}; leave it off", name));
  return {};
}

Status check_language(const OperationParameters& parameters) {
  const auto language = parameters.text("displayLanguage");
  if (!language.has_value() || *language == "en" || language->starts_with("en-")) return {};
  return invalid(IssueType::kNotSupported, "displayLanguage",
                 "displays are here in English alone: en");
}

Canonical split_canonical(std::string_view text) {
  const std::size_t bar = std::min(text.find('|'), text.size());
  return {.url = text.substr(0, bar), .version = text.substr(std::min(bar + 1, text.size()))};
}

Result<Artifact> find_artifact(const Terminology& terminology, const OperationCall& call,
                               std::string_view version_parameter) {
  const auto url = call.parameters.text("url");
  if (url.has_value() == (call.id != nullptr))
    return invalid(IssueType::kRequired, "url",
                   call.id != nullptr ? "an instance is named already; leave url off"
                                      : fmt::format("url must name the {}", call.type));
  const Canonical name = split_canonical(url.value_or(""));
  auto found = call.id != nullptr ? find_by_id(terminology, call.type, call.id->text())
                                  : find_by_url(terminology, call.type, name.url);
  if (!found.has_value()) return not_here(call.type, "url");
  for (const std::string_view wanted :
       {name.version, call.parameters.text(version_parameter).value_or("")})
    if (!wanted.empty() && wanted != found->version)
      return fail(Category::kNotFound, IssueType::kNotFound,
                  fmt::format("the {} is here as version {} alone", call.type, found->version),
                  std::string(wanted == name.version ? "url" : version_parameter));
  return *std::move(found);
}

std::string name_of_system(const Terminology& terminology, std::string_view system) {
  if (const Value* resource = terminology.find_resource("CodeSystem", system)) {
    const std::string_view title = resource->string("title");
    return std::string(title.empty() ? resource->string("name") : title);
  }
  return std::string(system.substr(system.find_last_of("/:") + 1));
}

FoundConcept find_in_hierarchy(const Value& code_system, std::string_view code) {
  return find_below(code_system, {}, code);
}

bool is_display(std::string_view given, std::string_view known) {
  return fhir::path::to_lower(given) == fhir::path::to_lower(known);
}

}  // namespace kap::gateway::service
