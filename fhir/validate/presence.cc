#include "fhir/validate/presence.h"

#include <optional>
#include <string_view>

#include "fhir/path/function.h"
#include "fhir/path/plan.h"

namespace kap::fhir::validate {

using path::NodeId;
using path::PlanNode;

class Presence::Builder {
 public:
  Builder(const path::Plan& plan, const definitions::TypeDef& type, std::vector<Node>& nodes)
      : plan_(plan), type_(type), nodes_(nodes) {}

  std::uint16_t build(NodeId id) {
    const PlanNode& node = plan_.at(id);
    switch (node.op) {
      case path::Op::kAnd:
        return add({.op = Op::kAnd, .left = build(node.left), .right = build(node.right)});
      case path::Op::kOr:
        return add({.op = Op::kOr, .left = build(node.left), .right = build(node.right)});
      case path::Op::kXor:
        return add({.op = Op::kXor, .left = build(node.left), .right = build(node.right)});
      case path::Op::kImplies:
        return add({.op = Op::kOr,
                    .left = add({.op = Op::kNot, .left = build(node.left)}),
                    .right = build(node.right)});
      case path::Op::kCall:
        return call(node);
      default:
        return add({});
    }
  }

 private:
  std::uint16_t call(const PlanNode& node) {
    const auto is = [&](std::string_view name) {
      return node.function == path::find_function(name)->function;
    };
    if (is("not")) return add({.op = Op::kNot, .left = build(node.left)});
    const bool exists = is("exists") && node.arguments.empty();
    if (exists || is("empty")) {
      const auto mask = elements(node.left);
      if (!mask) return add({});
      const std::uint16_t made =
          add({.op = Op::kExists, .mask = *mask, .is_direct = is_direct(node.left)});
      return exists ? made : add({.op = Op::kNot, .left = made});
    }
    const bool when_empty = is("all") || is("isDistinct");
    if (when_empty || is("hasValue") || is("exists")) {
      const auto mask = elements(node.left);
      if (mask) return add({.op = Op::kEmptyIs, .mask = *mask, .when_empty = when_empty});
    }
    return add({});
  }

  /// The elements of the focus without which the node yields nothing; nothing: there are none such.
  [[nodiscard]] std::optional<std::uint64_t> elements(NodeId id) const {
    const PlanNode& node = plan_.at(id);
    switch (node.op) {
      case path::Op::kStep: {
        const bool is_first = is_focus(node.left) || plan_.at(node.left).op == path::Op::kHead;
        if (!is_first) return elements(node.left);
        const definitions::ElementDef* element = definitions::find_element(type_, node.name);
        if (element == nullptr) return std::nullopt;
        return std::uint64_t{1} << element->index;
      }
      case path::Op::kAs:
      case path::Op::kIndexer:
        return elements(node.left);
      case path::Op::kCall:
        return node.keeps_empty ? elements(node.left) : std::nullopt;
      case path::Op::kUnion: {
        const auto left = elements(node.left);
        const auto right = elements(node.right);
        if (!left || !right) return std::nullopt;
        return *left | *right;
      }
      default:
        return std::nullopt;
    }
  }

  [[nodiscard]] bool is_focus(NodeId id) const { return plan_.at(id).op == path::Op::kThis; }
  [[nodiscard]] bool is_direct(NodeId id) const {
    const PlanNode& node = plan_.at(id);
    if (node.op == path::Op::kUnion) return is_direct(node.left) && is_direct(node.right);
    return node.op == path::Op::kStep && is_focus(node.left);
  }

  std::uint16_t add(Node node) {
    nodes_.push_back(node);
    return static_cast<std::uint16_t>(nodes_.size() - 1);
  }

  const path::Plan& plan_;
  const definitions::TypeDef& type_;
  std::vector<Node>& nodes_;
};

Presence::Presence(const path::Expression& expression, const definitions::TypeDef& type) {
  root_ = Builder(expression.plan(), type, nodes_).build(expression.plan().root);
}

Truth Presence::decide(std::uint16_t at, std::uint64_t seen) const {
  const Node& node = nodes_[at];
  const auto truth = [](bool value) { return value ? Truth::kTrue : Truth::kFalse; };
  switch (node.op) {
    case Op::kUnknown:
      return Truth::kUnknown;
    case Op::kExists:
      if ((seen & node.mask) == 0) return Truth::kFalse;
      return node.is_direct ? Truth::kTrue : Truth::kUnknown;
    case Op::kEmptyIs:
      return (seen & node.mask) == 0 ? truth(node.when_empty) : Truth::kUnknown;
    case Op::kNot: {
      const Truth value = decide(node.left, seen);
      return value == Truth::kUnknown ? value : truth(value == Truth::kFalse);
    }
    default:
      break;
  }
  const Truth left = decide(node.left, seen);
  if (node.op == Op::kAnd && left == Truth::kFalse) return left;
  if (node.op == Op::kOr && left == Truth::kTrue) return left;
  const Truth right = decide(node.right, seen);
  if (node.op == Op::kAnd && right == Truth::kFalse) return right;
  if (node.op == Op::kOr && right == Truth::kTrue) return right;
  if (left == Truth::kUnknown || right == Truth::kUnknown) return Truth::kUnknown;
  switch (node.op) {
    case Op::kAnd:
      return Truth::kTrue;
    case Op::kOr:
      return Truth::kFalse;
    default:
      return truth(left != right);
  }
}

}  // namespace kap::fhir::validate
