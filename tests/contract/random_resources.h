#pragma once

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "fhir/terminology/terminology.h"

/// Random resources and criteria about them, of few values each, so that many match.
namespace kap::gateway::store::contract {

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  int up_to(int end) { return static_cast<int>(engine_() % static_cast<unsigned>(end)); }
  bool one_in(int n) { return up_to(n) == 0; }
  std::string pick(const std::vector<std::string>& from) {
    return from[static_cast<std::size_t>(up_to(static_cast<int>(from.size())))];
  }

 private:
  std::mt19937 engine_;
};

/// For :in, :above and :below on `code`.
[[nodiscard]] const fhir::terminology::Terminology& random_terminology();

/// The members behind `meta` of a random resource: Observation, Patient, Encounter,
/// QuestionnaireResponse or RiskAssessment.
[[nodiscard]] std::string random_members(Dice& dice, const std::string& type);
/// A name and value of a search on the type; some are refused by the grammar.
[[nodiscard]] std::pair<std::string, std::string> random_criterion(Dice& dice,
                                                                   const std::string& type);
/// A value of `_sort`.
[[nodiscard]] std::string random_sort(Dice& dice, const std::string& type);
/// An id of an Encounter that may be there, and a URL of `meta.source`.
[[nodiscard]] std::string random_encounter(Dice& dice);
[[nodiscard]] std::string random_url(Dice& dice);
/// A value of `_lastUpdated` while the test runs, from November 2023 on.
[[nodiscard]] std::string random_time(Dice& dice);

}  // namespace kap::gateway::store::contract
