#pragma once

#include <string_view>

#include "fhir/definitions/types.h"
#include "fhir/json/value.h"
#include "fhir/terminology/terminology.h"

namespace kap::fhir::validate {

using terminology::Membership;

/// Which codes a value set has, from the tables of the packages and the gateway's own terminology.
class ValueSets {
 public:
  explicit ValueSets(const terminology::Terminology* terminology) : terminology_(terminology) {}

  /// `package` (`hl7.fhir.us.core#7.0.0`): where the value set is named, for one that several have.
  /// An empty `system` stands for a plain `code`.
  [[nodiscard]] Membership find(std::string_view value_set, std::string_view package,
                                std::string_view system, std::string_view code) const;
  /// Of a code, Coding, CodeableConcept (one of its codings is enough) or Quantity (its unit).
  [[nodiscard]] Membership find(std::string_view value_set, std::string_view package,
                                const definitions::TypeDef& type, const json::Value& value) const;

 private:
  const terminology::Terminology* terminology_;
};

}  // namespace kap::fhir::validate
