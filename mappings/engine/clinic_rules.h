#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/terminology/terminology.h"
#include "mappings/engine/mapping.h"
#include "mappings/engine/wire.h"

namespace kap::mappings {

/// The rules of constraints.proto over decoded records. Built once; immutable.
class ClinicRules {
 public:
  /// Value sets are looked up in `terminology`, which must outlive the rules. Errors: an invariant
  /// that is no FHIRPath over its message, a value set or field that is not there.
  [[nodiscard]] static Result<ClinicRules> make(const fhir::terminology::Terminology& terminology);

  ClinicRules(ClinicRules&&) noexcept;
  ClinicRules& operator=(ClinicRules&&) noexcept;
  ~ClinicRules();

  /// One issue for each broken rule, up to 50; their `expression` is the field path. Values of
  /// fields marked sensitive are never quoted.
  [[nodiscard]] std::vector<Issue> check(const WireMessage& record) const;

 private:
  struct State;
  explicit ClinicRules(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Every field of the record that names another record, in the order of the contract.
[[nodiscard]] std::vector<RecordReference> record_references(const WireMessage& record);

}  // namespace kap::mappings
