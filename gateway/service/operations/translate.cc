// http://hl7.org/fhir/R4/conceptmap-operation-translate.html
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "gateway/service/operations/coded_parameters.h"
#include "gateway/service/operations/operations.h"
#include "mappings/engine/mapping.h"

namespace kap::gateway::service {
namespace {

using fhir::definitions::kUnbounded;
using fhir::json::Document;
using fhir::json::Value;
using fhir::terminology::ConceptMap;
using fhir::terminology::Direction;
using fhir::terminology::Equivalence;
using fhir::terminology::Match;
using fhir::terminology::Terminology;

constexpr std::array<std::string_view, 1> kTypes{"ConceptMap"};

constexpr std::array kDependency{
    OperationParameterDef{.name = "element", .type = "uri"},
    OperationParameterDef{.name = "concept", .type = "CodeableConcept"},
};

constexpr std::array kMatch{
    OperationParameterDef{.name = "equivalence",
                          .use = ParameterUse::kOut,
                          .type = "code",
                          .documentation = "`unmatched` and `disjoint` say that there is none."},
    OperationParameterDef{.name = "concept", .use = ParameterUse::kOut, .type = "Coding"},
    OperationParameterDef{.name = "source",
                          .use = ParameterUse::kOut,
                          .type = "uri",
                          .documentation = "The concept map that says so."},
};

constexpr std::array kParameters{
    OperationParameterDef{.name = "url",
                          .type = "uri",
                          .documentation = "The concept map's canonical; without it all maps that "
                                           "are here are asked."},
    OperationParameterDef{.name = "conceptMap",
                          .type = "ConceptMap",
                          .documentation = "Not taken: only concept maps that are here."},
    OperationParameterDef{.name = "conceptMapVersion",
                          .type = "string",
                          .documentation = "The version that the map must have; needs url."},
    OperationParameterDef{
        .name = "code", .type = "code", .documentation = "The code; with it `system`."},
    OperationParameterDef{
        .name = "system", .type = "uri", .documentation = "The system of the code."},
    OperationParameterDef{.name = "version",
                          .type = "string",
                          .documentation = "Not taken: the maps are for any version."},
    OperationParameterDef{.name = "source",
                          .type = "uri",
                          .documentation = "Only maps that state this source value set."},
    OperationParameterDef{.name = "coding", .type = "Coding", .documentation = "In place of code."},
    OperationParameterDef{.name = "codeableConcept",
                          .type = "CodeableConcept",
                          .documentation = "In place of code: each coding is translated."},
    OperationParameterDef{.name = "target",
                          .type = "uri",
                          .documentation = "Only maps that state this target value set."},
    OperationParameterDef{.name = "targetsystem",
                          .type = "uri",
                          .documentation = "Only translations into this system."},
    OperationParameterDef{.name = "dependency",
                          .max = kUnbounded,
                          .documentation = "Not taken: no map that is here depends on more.",
                          .parts = kDependency},
    OperationParameterDef{.name = "reverse",
                          .type = "boolean",
                          .documentation = "The codes that become this one; source and target "
                                           "change places."},
    OperationParameterDef{.name = "result",
                          .use = ParameterUse::kOut,
                          .min = 1,
                          .type = "boolean",
                          .documentation = "Whether there is a translation."},
    OperationParameterDef{.name = "message",
                          .use = ParameterUse::kOut,
                          .type = "string",
                          .documentation = "Why there is none."},
    OperationParameterDef{.name = "match",
                          .use = ParameterUse::kOut,
                          .max = kUnbounded,
                          .documentation = "What the maps say, in their order.",
                          .parts = kMatch},
};

/// The maps to ask: the one that is named, or all of those value sets.
Result<std::vector<const ConceptMap*>> maps_of(const Terminology& terminology,
                                               const OperationCall& call, Direction direction) {
  std::vector<const ConceptMap*> out;
  if (call.id != nullptr || call.parameters.find("url") != nullptr) {
    KAP_TRY(const Artifact artifact, find_artifact(terminology, call, "conceptMapVersion"));
    out.push_back(terminology.find_concept_map(artifact.url));
  } else if (call.parameters.find("conceptMapVersion") != nullptr) {
    return fail(Category::kInvalidRequest, IssueType::kRequired, "a version needs the map's url",
                "conceptMapVersion");
  } else {
    out = terminology.concept_maps();
  }
  auto source = call.parameters.text("source");
  auto target = call.parameters.text("target");
  if (direction == Direction::kReverse) std::swap(source, target);
  std::erase_if(out, [&](const ConceptMap* map) {
    return (source.has_value() && map->source_value_set() != *source) ||
           (target.has_value() && map->target_value_set() != *target);
  });
  return out;
}

void add_match(ParametersBuilder& out, const Match& match) {
  Document& document = out.document();
  Value parts = Document::array();
  document.append(
      parts, out.part("equivalence", "valueCode",
                      document.string(fhir::terminology::to_code(match.translation.equivalence))));
  if (!match.translation.code.empty()) {
    Value coding = Document::object();
    if (!match.translation.system.empty())
      document.add(coding, "system", document.string(match.translation.system));
    document.add(coding, "code", document.string(match.translation.code));
    if (!match.translation.display.empty())
      document.add(coding, "display", document.string(match.translation.display));
    document.append(parts, out.part("concept", "valueCoding", coding));
  }
  document.append(parts, out.part("source", "valueUri", document.string(match.map->url())));
  out.add_parts("match", parts);
}

bool is_translation(const Match& match) {
  return match.translation.equivalence != Equivalence::kUnmatched &&
         match.translation.equivalence != Equivalence::kDisjoint;
}

Result<OperationAnswer> run(const security::Permit&, const OperationContext& context,
                            const OperationCall& call) {
  KAP_CHECK_OK(refuse_given(call.parameters, {"conceptMap", "version", "dependency"}));
  const Direction direction =
      call.parameters.is_true("reverse") ? Direction::kReverse : Direction::kForward;
  const Terminology& terminology = context.maps->terminology();
  KAP_TRY(const auto codes, read_codes(call.parameters));
  KAP_TRY(const auto maps, maps_of(terminology, call, direction));
  const std::string_view target_system = call.parameters.text("targetsystem").value_or("");
  std::vector<Match> found;
  for (const GivenCode& given : codes)
    for (const ConceptMap* map : maps)
      std::ranges::copy(
          terminology.matches(*map, given.system, given.code, target_system, direction),
          std::back_inserter(found));
  ParametersBuilder out;
  const bool is_translated = std::ranges::any_of(found, is_translation);
  out.add_boolean("result", is_translated);
  if (!is_translated)
    out.add_text("message", "valueString",
                 found.empty() ? "no concept map that was asked knows the code"
                               : "the concept map says that the code has no counterpart");
  for (const Match& match : found) add_match(out, match);
  return OperationAnswer{.json = std::move(out).finish()};
}

}  // namespace

const OperationDef kTranslate{
    .code = "translate",
    .id = "ConceptMap-translate",
    .canonical = "http://hl7.org/fhir/OperationDefinition/ConceptMap-translate",
    .name = "ConceptTranslation",
    .title = "Concept Translation",
    .description = "What a code becomes by the concept maps that the gateway maps records with.",
    .levels = {.type = true, .instance = true},
    .types = kTypes,
    .access = OperationAccess::kAnyToken,
    .parameters = kParameters,
    .run = &run,
};

}  // namespace kap::gateway::service
