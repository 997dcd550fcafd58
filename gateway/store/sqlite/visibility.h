#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/security/permit/permit.h"
#include "gateway/store/sqlite/dictionary.h"

namespace kap::gateway::store::sqlite {

/// A Permit's predicates in the numbers of this database.
class Visibility {
 public:
  Visibility(const security::Predicates& predicates, const Dictionary& dictionary)
      : denied_(predicates.denied) {
    for (const auto& clinic : predicates.clinics) {
      const auto number = dictionary.find(Dictionary::Space::kClinic, clinic.text());
      if (number.has_value()) clinics_.push_back(*number);
    }
    if (predicates.patient.has_value()) patient_ = predicates.patient->text();
  }

  [[nodiscard]] bool shows(std::int64_t clinic, security::Sensitivity sensitivity,
                           std::string_view patient) const {
    return std::ranges::find(clinics_, clinic) != clinics_.end() &&
           !sensitivity.intersects(denied_) && (!patient_.has_value() || *patient_ == patient);
  }
  [[nodiscard]] const std::optional<std::string>& patient() const { return patient_; }
  /// The clinics that have anything here.
  [[nodiscard]] const std::vector<std::int64_t>& clinics() const { return clinics_; }

 private:
  std::vector<std::int64_t> clinics_;
  security::Sensitivity denied_;
  std::optional<std::string> patient_;
};

}  // namespace kap::gateway::store::sqlite
