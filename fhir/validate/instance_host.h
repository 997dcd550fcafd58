#pragma once

#include <optional>
#include <string_view>

#include "fhir/path/expression.h"

namespace kap::fhir::validate {

class Inspection;

/// What FHIRPath may ask while an instance is inspected: references within the instance, value
/// sets, profiles.
class InstanceHost final : public path::Host {
 public:
  explicit InstanceHost(Inspection& inspection) : inspection_(inspection) {}

  [[nodiscard]] std::optional<path::Element> resolve(const path::Item& reference) const override;
  [[nodiscard]] Result<std::optional<bool>> member_of(const path::Item& code,
                                                      std::string_view value_set) const override;
  [[nodiscard]] Result<std::optional<bool>> subsumes(const path::Item& general,
                                                     const path::Item& special) const override;

  /// The evaluation asked for something that is not known here.
  [[nodiscard]] bool met_unknown() const { return met_unknown_; }

 private:
  Inspection& inspection_;
  mutable bool met_unknown_ = false;
};

}  // namespace kap::fhir::validate
