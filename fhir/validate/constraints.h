#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fhir/definitions/constraints.h"
#include "fhir/definitions/types.h"
#include "fhir/path/expression.h"
#include "fhir/validate/presence.h"

namespace kap::fhir::validate {

/// A constraint ready to be evaluated.
struct Constraint {
  definitions::ConstraintDef def;
  path::Expression expression;
  /// Where the type of the focus is known.
  std::optional<Presence> presence;
  /// An empty result is no violation. It is where dates of another precision are compared (`2020`
  /// and `2020-01-01`), and where what an outer not() negates is not there.
  bool holds_when_empty = false;
};

/// `type`: of the elements it is evaluated on; nullptr where it is open (a choice). A constraint
/// that does not compile is a broken table and throws.
/// `variables`: names of those that it may use beside FHIR's own.
[[nodiscard]] Constraint make_constraint(const definitions::ConstraintDef& def,
                                         const definitions::TypeDef* type,
                                         std::span<const std::string> variables = {});

/// The constraints of one type: `whole` on its objects (those of its bases first), `elements` on
/// what a single element of it holds.
struct TypeConstraints {
  struct OfElement {
    std::uint16_t index = 0;  // in TypeDef::elements
    std::vector<Constraint> constraints;
  };
  std::vector<Constraint> whole;
  std::vector<OfElement> elements;

  [[nodiscard]] std::span<const Constraint> of(const definitions::ElementDef& element) const;
};

/// The constraints of R4, each type's compiled when it is first met; any number of threads.
class ConstraintTables {
 public:
  ConstraintTables();
  ~ConstraintTables();
  ConstraintTables(const ConstraintTables&) = delete;
  ConstraintTables& operator=(const ConstraintTables&) = delete;

  [[nodiscard]] const TypeConstraints& of(const definitions::TypeDef& type) const;

 private:
  [[nodiscard]] const TypeConstraints& make(const definitions::TypeDef& type) const;

  mutable std::mutex making_;
  mutable std::vector<std::atomic<const TypeConstraints*>> made_;  // by the type's place
};

}  // namespace kap::fhir::validate
