#pragma once

#include "fhir/validate/bindings.h"
#include "fhir/validate/constraints.h"
#include "fhir/validate/profile.h"
#include "fhir/validate/validator.h"

namespace kap::fhir::validate {

/// What a Validator knows: shared by all its checks, filled as types and profiles are met.
class Definitions {
 public:
  explicit Definitions(ValidatorOptions options)
      : options_(std::move(options)), value_sets_(options_.terminology) {}

  [[nodiscard]] const ValidatorOptions& options() const { return options_; }
  [[nodiscard]] const ConstraintTables& constraints() const { return constraints_; }
  [[nodiscard]] const ProfileTables& profiles() const { return profiles_; }
  [[nodiscard]] const ValueSets& value_sets() const { return value_sets_; }
  [[nodiscard]] const Clock& clock() const {
    return options_.clock != nullptr ? *options_.clock : system_clock_;
  }

 private:
  ValidatorOptions options_;
  ConstraintTables constraints_;
  ProfileTables profiles_;
  ValueSets value_sets_;
  SystemClock system_clock_;
};

}  // namespace kap::fhir::validate
