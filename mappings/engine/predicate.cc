#include "mappings/engine/predicate.h"

#include "mappings/engine/predicate_node.h"
#include "mappings/engine/wire.h"

namespace kap::mappings {
namespace {

using fhir::path::Decimal;
using plan::Predicate;
using Op = Predicate::Op;

struct Value {
  bool present = false;
  bool truth = false;
  std::string_view text;
  Decimal number;
};

Truth to_truth(const Value& value) {
  if (!value.present) return Truth::kEmpty;
  return value.truth ? Truth::kTrue : Truth::kFalse;
}
Value of(Truth truth) {
  return {
      .present = truth != Truth::kEmpty, .truth = truth == Truth::kTrue, .text = {}, .number = {}};
}
Value of(bool truth) { return of(truth ? Truth::kTrue : Truth::kFalse); }

class Evaluation {
 public:
  Evaluation(const Predicate& predicate, const WireMessage& message)
      : predicate_(predicate), message_(message) {}

  [[nodiscard]] Value run(std::size_t index) const {
    const Predicate::Node& node = predicate_.nodes[index];
    switch (node.op) {
      case Op::kAnd:
      case Op::kOr:
      case Op::kXor:
      case Op::kImplies:
        return logic(node);
      case Op::kNot: {
        const Value value = run(node.left);
        return value.present ? of(!value.truth) : value;
      }
      case Op::kText:
        return {.present = true, .truth = false, .text = node.text, .number = {}};
      case Op::kNumber:
        return {.present = true, .truth = false, .text = {}, .number = node.number};
      case Op::kTruth:
        return of(!node.number.is_zero());
      case Op::kPath:
        return path(node);
      case Op::kExists:
        return of(slot(node) != nullptr);
      case Op::kEmpty:
        return of(slot(node) == nullptr);
      case Op::kToDecimal:
        return to_decimal(node);
      case Op::kIif: {
        const Value condition = run(node.first);
        return run(condition.present && condition.truth ? node.left : node.right);
      }
      case Op::kEnumIs:
      case Op::kEnumIsNot: {
        const WireSlot* found = slot(node);
        if (found == nullptr) return {};
        return of((Decimal(found->number) == node.number) == (node.op == Op::kEnumIs));
      }
      default:
        return compare(node);
    }
  }

 private:
  /// The slot at the end of the path when it is present.
  [[nodiscard]] const WireSlot* slot(const Predicate::Node& node) const {
    const WireMessage* at = &message_;
    for (std::size_t i = 0; i + 1 < node.path.size(); ++i) {
      const WireSlot& step = at->slot(*node.path[i]);
      if (!step.present) return nullptr;
      at = step.message;
    }
    const WireSlot& last = at->slot(*node.path.back());
    return last.present ? &last : nullptr;
  }

  [[nodiscard]] Value path(const Predicate::Node& node) const {
    const WireSlot* found = slot(node);
    if (found == nullptr) return {};
    const ClinicField& field = *node.path.back();
    if (field.kind == ClinicKind::kString) {
      return {.present = true, .truth = false, .text = {found->text, found->size}, .number = {}};
    }
    if (field.kind == ClinicKind::kBool) return of(found->number != 0);
    if (field.kind == ClinicKind::kEnum) {
      const ClinicEnumValue* known = field.enumeration->find(found->number);
      if (known == nullptr) return {};
      return {.present = true, .truth = false, .text = known->name, .number = {}};
    }
    return {.present = true, .truth = false, .text = {}, .number = Decimal(found->number)};
  }

  [[nodiscard]] Value to_decimal(const Predicate::Node& node) const {
    Value value = run(node.left);
    if (!value.present || predicate_.nodes[node.left].kind == Predicate::Kind::kNumber) {
      return value;
    }
    const auto parsed = Decimal::parse(value.text);
    value.present = parsed.has_value();
    if (parsed) value.number = *parsed;
    return value;
  }

  [[nodiscard]] Value logic(const Predicate::Node& node) const {
    const Truth left = to_truth(run(node.left));
    if (node.op == Op::kAnd && left == Truth::kFalse) return of(false);
    if (node.op == Op::kOr && left == Truth::kTrue) return of(true);
    if (node.op == Op::kImplies && left == Truth::kFalse) return of(true);
    const Truth right = to_truth(run(node.right));
    const bool empty = left == Truth::kEmpty || right == Truth::kEmpty;
    switch (node.op) {
      case Op::kAnd:
        if (right == Truth::kFalse) return of(false);
        return empty ? Value{} : of(true);
      case Op::kOr:
      case Op::kImplies:
        if (right == Truth::kTrue) return of(true);
        return empty ? Value{} : of(false);
      default:
        return empty ? Value{} : of(left != right);
    }
  }

  [[nodiscard]] Value compare(const Predicate::Node& node) const {
    const Value left = run(node.left);
    if (!left.present) return {};
    const Value right = run(node.right);
    if (!right.present) return {};
    if (predicate_.nodes[node.left].kind == Predicate::Kind::kNumber) {
      const auto order = left.number <=> right.number;
      switch (node.op) {
        case Op::kEqual:
          return of(order == 0);
        case Op::kNotEqual:
          return of(order != 0);
        case Op::kLess:
          return of(order < 0);
        case Op::kLessEqual:
          return of(order <= 0);
        case Op::kGreater:
          return of(order > 0);
        default:
          return of(order >= 0);
      }
    }
    const bool same = predicate_.nodes[node.left].kind == Predicate::Kind::kText
                          ? left.text == right.text
                          : left.truth == right.truth;
    return of(same == (node.op == Op::kEqual));
  }

  const Predicate& predicate_;
  const WireMessage& message_;
};

}  // namespace

Truth evaluate(const plan::Predicate& predicate, const WireMessage& message) {
  return to_truth(Evaluation(predicate, message).run(predicate.nodes.size() - 1));
}

}  // namespace kap::mappings
