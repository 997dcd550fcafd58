#include <optional>
#include <string_view>
#include <vector>

#include "fhir/path/expression.h"
#include "fhir/path/plan.h"

namespace kap::fhir::path {
namespace {

bool is_focus(const PlanNode& node) { return node.op == Op::kThis || node.op == Op::kHead; }

/// Appends what the node starts from; false when it may yield something from nothing.
bool collect(const Plan& plan, NodeId id, std::vector<std::string_view>& out) {
  const PlanNode& node = plan.at(id);
  switch (node.op) {
    case Op::kEmpty:
      return true;
    case Op::kStep:
      if (!is_focus(plan.at(node.left))) return collect(plan, node.left, out);
      out.push_back(node.name);
      return true;
    case Op::kAs:
    case Op::kIndexer:
      return collect(plan, node.left, out);
    case Op::kCall:
      return node.keeps_empty && collect(plan, node.left, out);
    case Op::kUnion:
      return collect(plan, node.left, out) && collect(plan, node.right, out);
    default:
      return false;
  }
}

}  // namespace

std::optional<std::vector<std::string_view>> Expression::first_elements() const {
  std::vector<std::string_view> out;
  if (!collect(*plan_, plan_->root, out)) return std::nullopt;
  return out;
}

}  // namespace kap::fhir::path
