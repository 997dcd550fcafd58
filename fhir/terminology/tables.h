#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "fhir/terminology/code_tables.h"
#include "fhir/terminology/concept_map.h"
#include "fhir/terminology/terminology.h"

namespace kap::fhir::terminology {

/// Longest chain of maps or value sets that name each other.
inline constexpr int kMaxChain = 16;

struct Terminology::Tables {
  std::map<std::string, CodeSystemTable, std::less<>> code_systems;
  std::map<std::string, ValueSetTable, std::less<>> value_sets;
  std::map<std::string, ConceptMap, std::less<>> concept_maps;
  /// What was added, as it was: by type and url.
  std::map<std::pair<std::string, std::string>, json::Document> resources;

  [[nodiscard]] Membership contains(std::string_view value_set_url, std::string_view system,
                                    std::string_view code, int depth) const;
  [[nodiscard]] Membership contains(const Inclusion& inclusion, std::string_view system,
                                    std::string_view code, int depth) const;
  [[nodiscard]] Result<std::vector<Concept>> expand(std::string_view value_set_url,
                                                    int depth) const;
  [[nodiscard]] Result<std::vector<Concept>> expand(const Inclusion& inclusion, int depth) const;
  /// Follows what a map or value set names; refused where it is not here or the chain is too long.
  [[nodiscard]] Status check_value_set(std::string_view url, int depth) const;
  [[nodiscard]] Status check_concept_map(std::string_view url, int depth) const;
};

}  // namespace kap::fhir::terminology
