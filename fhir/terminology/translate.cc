#include <fmt/format.h>

#include <optional>
#include <utility>

#include "fhir/terminology/tables.h"

namespace kap::fhir::terminology {
namespace {

constexpr std::size_t kListedCodes = 20;

bool is_translation(const ConceptMapTarget& target) {
  return target.equivalence != Equivalence::kUnmatched &&
         target.equivalence != Equivalence::kDisjoint;
}

Translation to_translation(const ConceptMapTarget& target) {
  return {.system = target.system,
          .code = target.code,
          .display = target.display,
          .equivalence = target.equivalence};
}

/// Which codes the map would take. Says nothing of the code it was given: that may be a finding.
std::string accepted_codes(const ConceptMap& map, std::string_view system) {
  std::string list;
  std::size_t count = 0;
  for (const ConceptMapGroup& group : map.groups()) {
    if (!system.empty() && group.source_system != system) continue;
    for (const ConceptMapElement& element : group.elements) {
      if (++count > kListedCodes) continue;
      list.append(list.empty() ? "" : ", ").append(element.code);
    }
  }
  if (count == 0) return "it has no group for the code's system";
  if (count <= kListedCodes) return "it translates " + list;
  return fmt::format("it translates {} codes, {} among them", count, list);
}

std::unexpected<Outcome> untranslated(const ConceptMap& map, std::string_view system,
                                      std::string_view why) {
  return fail(
      Category::kUnprocessable, IssueType::kCodeInvalid,
      fmt::format("the code {} in ConceptMap {}; {}", why, map.url(), accepted_codes(map, system)));
}

}  // namespace

Result<Translation> Terminology::translate(std::string_view concept_map_url,
                                           std::string_view system, std::string_view code,
                                           std::string_view target_system) const {
  const ConceptMap* map = find_concept_map(concept_map_url);
  if (map == nullptr) {
    return fail(Category::kNotFound, IssueType::kNotFound,
                fmt::format("ConceptMap {} is not here", concept_map_url));
  }
  return translate(*map, system, code, target_system);
}

Result<Translation> Terminology::translate(const ConceptMap& map, std::string_view system,
                                           std::string_view code,
                                           std::string_view target_system) const {
  const ConceptMap* at = &map;
  for (int chain = 0; chain <= kMaxChain && at != nullptr; ++chain) {
    std::optional<Translation> found;
    const ConceptMapGroup* unmapped = nullptr;
    bool is_named = false;
    for (const ConceptMapGroup& group : at->groups()) {
      if (!system.empty() && group.source_system != system) continue;
      if (!target_system.empty() && group.target_system != target_system) continue;
      const ConceptMapElement* element = group.find(code);
      if (element == nullptr) {
        if (group.unmapped != UnmappedMode::kNone && unmapped == nullptr) unmapped = &group;
        continue;
      }
      is_named = true;
      for (const ConceptMapTarget& target : element->targets) {
        if (!is_translation(target)) continue;
        if (found) {
          return fail(Category::kUnprocessable, IssueType::kMultipleMatches,
                      fmt::format("the code has several translations in ConceptMap {}", at->url()));
        }
        found = to_translation(target);
      }
    }
    if (found) return *found;
    if (is_named) return untranslated(*at, system, "is declared without a counterpart");
    if (unmapped == nullptr) return untranslated(*at, system, "has no translation");
    if (unmapped->unmapped == UnmappedMode::kFixed) return to_translation(unmapped->fixed);
    if (unmapped->unmapped == UnmappedMode::kProvided) {
      // R4: the code is taken over as it is, into the target system.
      return Translation{.system = unmapped->target_system,
                         .code = code,
                         .display = {},
                         .equivalence = Equivalence::kEqual};
    }
    at = find_concept_map(unmapped->other_map_url);
  }
  return untranslated(map, system, "has no translation");
}

}  // namespace kap::fhir::terminology
