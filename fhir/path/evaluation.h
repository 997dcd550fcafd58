#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "fhir/base/result.h"
#include "fhir/path/expression.h"
#include "fhir/path/plan.h"

namespace kap::fhir::path {

/// What $this, $index and $total mean at one place of an evaluation.
struct Frame {
  std::span<const Item> self;
  std::int64_t index = -1;
  const Collection* total = nullptr;
};

/// One evaluation of a plan: its budget, its clock reading and its first error.
class Evaluation {
 public:
  Evaluation(const Plan& plan, const Context& context, std::span<const Item> focus)
      : plan_(plan), context_(context), focus_(focus), steps_(context.steps) {}

  /// Appends the value of a node to `out`; false after an error.
  [[nodiscard]] bool run(NodeId id, const Frame& frame, Collection& out);
  /// The node as a boolean by the rule for single items (N1 section 4.5).
  [[nodiscard]] bool run_boolean(NodeId id, const Frame& frame, std::optional<bool>& out);

  /// Records the error; always false.
  [[nodiscard]] bool fail(const PlanNode& node, std::string message,
                          IssueType code = IssueType::kProcessing);
  [[nodiscard]] bool fail(Outcome outcome);
  /// Counts work that grows with the data; false when the budget is spent.
  [[nodiscard]] bool spend(const PlanNode& node, std::size_t steps);

  [[nodiscard]] const Context& context() const { return context_; }
  [[nodiscard]] const Plan& plan() const { return plan_; }
  [[nodiscard]] std::span<const Item> focus() const { return focus_; }
  [[nodiscard]] const Host& host() const;
  /// The one reading of the clock; nothing without a clock.
  [[nodiscard]] std::optional<Instant> now();
  [[nodiscard]] Outcome take_error() { return std::move(*error_); }

 private:
  bool leaf(const PlanNode& node, const Frame& frame, Collection& out);
  bool step(const PlanNode& node, const Frame& frame, Collection& out);
  bool head(const PlanNode& node, const Frame& frame, Collection& out);
  bool step_from(const PlanNode& node, const Item& item, Collection& out);
  bool indexer(const PlanNode& node, const Frame& frame, Collection& out);
  bool call(const PlanNode& node, const Frame& frame, Collection& out);
  bool unary(const PlanNode& node, const Frame& frame, Collection& out);
  bool type_operator(const PlanNode& node, const Frame& frame, Collection& out);
  bool logic(const PlanNode& node, const Frame& frame, Collection& out);
  bool equality(const PlanNode& node, const Frame& frame, Collection& out);
  bool inequality(const PlanNode& node, const Frame& frame, Collection& out);
  bool membership(const PlanNode& node, const Frame& frame, Collection& out);
  bool arithmetic(const PlanNode& node, const Frame& frame, Collection& out);
  bool operands(const PlanNode& node, const Frame& frame, Collection& left, Collection& right);

  const Plan& plan_;
  const Context& context_;
  std::span<const Item> focus_;
  std::uint32_t steps_;
  std::optional<Instant> now_;
  std::optional<Outcome> error_;
};

/// A single item as a boolean, any other single item as true; nothing for none. False: several.
[[nodiscard]] bool to_boolean(std::span<const Item> items, std::optional<bool>& out);

/// Whether an item is of a type (of a descendant, with Subtypes::kInclude).
[[nodiscard]] bool is_type(const Item& item, TypeName type, Subtypes subtypes);
/// The type of an item: `System.String`, `FHIR.Patient`.
[[nodiscard]] TypeName type_of(const Item& item);
[[nodiscard]] bool is_system_type(std::string_view name);

/// `left op right` of two System values of FHIRPath N1 section 6.6; kNone: the empty result.
struct Arithmetic {
  Item value;
  std::string error;  // empty when it went well
};
[[nodiscard]] Arithmetic apply_arithmetic(Op op, const Item& left, const Item& right);

/// Appends to `out` what of `items` it does not hold yet.
[[nodiscard]] bool append_distinct(Evaluation& evaluation, const PlanNode& node,
                                   std::span<const Item> items, Collection& out);

}  // namespace kap::fhir::path
