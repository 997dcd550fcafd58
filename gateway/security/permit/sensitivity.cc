#include "gateway/security/permit/sensitivity.h"

#include <array>
#include <utility>

namespace kap::gateway::security {

Sensitivity to_sensitivity(std::string_view act_code) {
  static constexpr std::array<std::pair<std::string_view, Sensitivity>, 10> kLabels = {{
      {"PSYTHPN", sensitivity::kPsychotherapyNote},
      {"42CFRPart2", sensitivity::k42CfrPart2},
      {"BH", sensitivity::kBehavioralHealth},
      {"MH", sensitivity::kMentalHealth},
      {"PSY", sensitivity::kPsychiatry},
      {"SUD", sensitivity::kSubstanceUse},
      {"ETH", sensitivity::kAlcohol},
      {"HIPAAPsyNotes", sensitivity::kHipaaPsychotherapyNotes},
      {"NODSCLCD", sensitivity::kNoDisclosure},
      {"NORDSCLCD", sensitivity::kNoRedisclosure},
  }};
  for (const auto& [code, label] : kLabels)
    if (code == act_code) return label;
  return sensitivity::kNone;
}

}  // namespace kap::gateway::security
