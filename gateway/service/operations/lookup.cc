// http://hl7.org/fhir/R4/codesystem-operation-lookup.html
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "gateway/service/operations/coded_parameters.h"
#include "gateway/service/operations/operations.h"
#include "mappings/engine/mapping.h"

namespace kap::gateway::service {
namespace {

using fhir::definitions::kUnbounded;
using fhir::json::Document;
using fhir::json::Value;
using fhir::terminology::Concept;
using fhir::terminology::Terminology;

constexpr std::array<std::string_view, 1> kTypes{"CodeSystem"};

constexpr std::array kDesignation{
    OperationParameterDef{.name = "language", .use = ParameterUse::kOut, .type = "code"},
    OperationParameterDef{.name = "use", .use = ParameterUse::kOut, .type = "Coding"},
    OperationParameterDef{.name = "value", .use = ParameterUse::kOut, .min = 1, .type = "string"},
};

constexpr std::array kProperty{
    OperationParameterDef{.name = "code", .use = ParameterUse::kOut, .min = 1, .type = "code"},
    OperationParameterDef{.name = "value", .use = ParameterUse::kOut, .type = "Element"},
};

constexpr std::array kParameters{
    OperationParameterDef{
        .name = "code", .type = "code", .documentation = "The code; with it `system`."},
    OperationParameterDef{
        .name = "system", .type = "uri", .documentation = "The system of the code."},
    OperationParameterDef{.name = "version",
                          .type = "string",
                          .documentation = "The version that the system must have."},
    OperationParameterDef{
        .name = "coding", .type = "Coding", .documentation = "In place of code and system."},
    OperationParameterDef{.name = "date", .type = "dateTime", .documentation = "Not taken."},
    OperationParameterDef{.name = "displayLanguage",
                          .type = "code",
                          .documentation = "`en`: displays are in English."},
    OperationParameterDef{.name = "property",
                          .max = kUnbounded,
                          .type = "code",
                          .documentation = "Only these properties and designations; else all."},
    OperationParameterDef{.name = "name",
                          .use = ParameterUse::kOut,
                          .min = 1,
                          .type = "string",
                          .documentation = "The code system's name."},
    OperationParameterDef{.name = "version",
                          .use = ParameterUse::kOut,
                          .type = "string",
                          .documentation = "The code system's version."},
    OperationParameterDef{.name = "display",
                          .use = ParameterUse::kOut,
                          .min = 1,
                          .type = "string",
                          .documentation = "The display of the code."},
    OperationParameterDef{.name = "designation",
                          .use = ParameterUse::kOut,
                          .max = kUnbounded,
                          .documentation = "Other texts for the code.",
                          .parts = kDesignation},
    OperationParameterDef{.name = "property",
                          .use = ParameterUse::kOut,
                          .max = kUnbounded,
                          .documentation = "Definition, parent, children and what the system "
                                           "defines of its own.",
                          .parts = kProperty},
};

/// What of a concept is asked for: all, unless properties are named.
class Wanted {
 public:
  explicit Wanted(const OperationParameters& parameters) : names_(parameters.texts("property")) {}

  [[nodiscard]] bool has(std::string_view name) const {
    return names_.empty() || std::ranges::find(names_, name) != names_.end();
  }

 private:
  std::vector<std::string_view> names_;
};

void add_property(ParametersBuilder& out, std::string_view code, std::string_view member,
                  Value value) {
  Document& document = out.document();
  Value parts = Document::array();
  document.append(parts, out.part("code", "valueCode", document.string(code)));
  document.append(parts, out.part("value", member, value));
  out.add_parts("property", parts);
}

void add_designation(ParametersBuilder& out, const Value& designation) {
  Document& document = out.document();
  Value parts = Document::array();
  if (const auto language = designation.string("language"); !language.empty())
    document.append(parts, out.part("language", "valueCode", document.string(language)));
  if (const Value* use = designation.find("use"))
    document.append(parts, out.part("use", "valueCoding", document.clone(*use)));
  document.append(parts,
                  out.part("value", "valueString", document.string(designation.string("value"))));
  out.add_parts("designation", parts);
}

/// What the CodeSystem says of the concept beyond its display.
void add_details(ParametersBuilder& out, const FoundConcept& found, const Wanted& wanted) {
  Document& document = out.document();
  const auto each = [&](std::string_view name, const auto& use) {
    const Value* list = found.item->find(name);
    if (list == nullptr) return;
    for (const Value& item : list->items()) use(item);
  };
  if (wanted.has("designation"))
    each("designation", [&](const Value& item) { add_designation(out, item); });
  if (const auto text = found.item->string("definition"); !text.empty() && wanted.has("definition"))
    add_property(out, "definition", "valueString", document.string(text));
  if (!found.parent.empty() && wanted.has("parent"))
    add_property(out, "parent", "valueCode", document.string(found.parent));
  if (wanted.has("child"))
    each("concept", [&](const Value& child) {
      add_property(out, "child", "valueCode", document.string(child.string("code")));
    });
  each("property", [&](const Value& property) {
    const auto code = property.string("code");
    if (!wanted.has(code)) return;
    for (const auto& member : property.members())
      if (member.name.starts_with("value"))
        add_property(out, code, member.name, document.clone(member.value));
  });
}

std::unexpected<Outcome> not_found(const Terminology& terminology, std::string_view system) {
  if (terminology.is_complete(system))
    return fail(Category::kNotFound, IssueType::kNotFound, "the system has no such code", "code");
  return fail(Category::kNotFound, IssueType::kNotFound,
              "neither the system nor the code is among those that are here", "code");
}

Result<OperationAnswer> run(const security::Permit&, const OperationContext& context,
                            const OperationCall& call) {
  KAP_CHECK_OK(refuse_given(call.parameters, {"date"}));
  KAP_CHECK_OK(check_language(call.parameters));
  KAP_TRY(const auto codes, read_codes(call.parameters));
  const GivenCode& given = codes.front();
  const Terminology& terminology = context.maps->terminology();
  const Concept* known = terminology.find_known_concept(given.system, given.code);
  if (known == nullptr) return not_found(terminology, given.system);
  const Value* system = terminology.find_resource("CodeSystem", given.system);
  const std::string_view version = system == nullptr ? "" : system->string("version");
  if (!given.version.empty() && given.version != version)
    return fail(Category::kNotFound, IssueType::kNotFound, "the system is not here in that version",
                "version");
  ParametersBuilder out;
  out.add_text("name", "valueString", name_of_system(terminology, given.system));
  if (!version.empty()) out.add_text("version", "valueString", version);
  out.add_text("display", "valueString", known->display.empty() ? known->code : known->display);
  if (system != nullptr)
    add_details(out, find_in_hierarchy(*system, given.code), Wanted(call.parameters));
  return OperationAnswer{.json = std::move(out).finish()};
}

}  // namespace

const OperationDef kLookup{
    .code = "lookup",
    .id = "CodeSystem-lookup",
    .canonical = "http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup",
    .name = "ConceptLookUp",
    .title = "Concept Look Up",
    .description =
        "What is known of a code of the shipped code systems or of FHIR R4's value sets.",
    .levels = {.type = true},
    .types = kTypes,
    .access = OperationAccess::kAnyToken,
    .parameters = kParameters,
    .run = &run,
};

}  // namespace kap::gateway::service
