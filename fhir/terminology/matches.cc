#include "fhir/terminology/tables.h"

/// All that a ConceptMap says of a code, for ConceptMap/$translate.
namespace kap::fhir::terminology {
namespace {

/// What `target is <equivalence> than source` says the other way round.
Equivalence turned(Equivalence equivalence) {
  switch (equivalence) {
    case Equivalence::kWider:
      return Equivalence::kNarrower;
    case Equivalence::kNarrower:
      return Equivalence::kWider;
    case Equivalence::kSubsumes:
      return Equivalence::kSpecializes;
    case Equivalence::kSpecializes:
      return Equivalence::kSubsumes;
    default:
      return equivalence;
  }
}

void add_reverse(const ConceptMap& map, const ConceptMapGroup& group, std::string_view code,
                 std::vector<Match>& out) {
  for (const ConceptMapElement& element : group.elements)
    for (const ConceptMapTarget& target : element.targets)
      if (target.code == code)
        out.push_back({.translation = {.system = group.source_system,
                                       .code = element.code,
                                       .display = element.display,
                                       .equivalence = turned(target.equivalence)},
                       .map = &map});
}

Match to_match(const ConceptMap& map, const ConceptMapTarget& target) {
  if (target.code.empty())
    return {
        .translation = {.system = {}, .code = {}, .display = {}, .equivalence = target.equivalence},
        .map = &map};
  return {.translation = {.system = target.system,
                          .code = target.code,
                          .display = target.display,
                          .equivalence = target.equivalence},
          .map = &map};
}

bool is_open(std::string_view wanted, std::string_view system) {
  return wanted.empty() || wanted == system;
}

}  // namespace

std::vector<Match> Terminology::matches(const ConceptMap& map, std::string_view system,
                                        std::string_view code, std::string_view target_system,
                                        Direction direction) const {
  std::vector<Match> out;
  const ConceptMap* at = &map;
  for (int chain = 0; chain <= kMaxChain && at != nullptr; ++chain) {
    const ConceptMapGroup* unmapped = nullptr;
    for (const ConceptMapGroup& group : at->groups()) {
      if (direction == Direction::kReverse) {
        if (is_open(system, group.target_system) && is_open(target_system, group.source_system))
          add_reverse(*at, group, code, out);
        continue;
      }
      if (!is_open(system, group.source_system) || !is_open(target_system, group.target_system))
        continue;
      if (const ConceptMapElement* element = group.find(code))
        for (const ConceptMapTarget& target : element->targets)
          out.push_back(to_match(*at, target));
      else if (group.unmapped != UnmappedMode::kNone && unmapped == nullptr)
        unmapped = &group;
    }
    if (!out.empty() || unmapped == nullptr) return out;
    if (unmapped->unmapped == UnmappedMode::kFixed) return {to_match(*at, unmapped->fixed)};
    if (unmapped->unmapped == UnmappedMode::kProvided)
      return {{.translation = {.system = unmapped->target_system,
                               .code = code,
                               .display = {},
                               .equivalence = Equivalence::kEqual},
               .map = at}};
    at = find_concept_map(unmapped->other_map_url);
  }
  return out;
}

}  // namespace kap::fhir::terminology
