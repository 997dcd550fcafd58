#include "fhir/path/evaluation.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "fhir/path/equality.h"
#include "fhir/path/function.h"
#include "fhir/path/model.h"
#include "fhir/path/token.h"

namespace kap::fhir::path {

bool Evaluation::fail(const PlanNode& node, std::string message, IssueType code) {
  if (error_.has_value()) return false;
  Outcome positioned = syntax_error(plan_.text, node.offset, plan_.origin, std::move(message));
  std::vector<Issue> issues = positioned.issues();
  for (Issue& issue : issues) issue.code = code;
  error_.emplace(Category::kUnprocessable, std::move(issues));
  return false;
}

bool Evaluation::fail(Outcome outcome) {
  if (!error_.has_value()) error_.emplace(std::move(outcome));
  return false;
}

bool Evaluation::spend(const PlanNode& node, std::size_t steps) {
  if (steps <= steps_) {
    steps_ -= static_cast<std::uint32_t>(steps);
    return true;
  }
  steps_ = 0;
  return fail(node, fmt::format("the evaluation takes more than {} steps", context_.steps),
              IssueType::kTooCostly);
}

const Host& Evaluation::host() const {
  static const Host kNoHost;
  return context_.host != nullptr ? *context_.host : kNoHost;
}

std::optional<Instant> Evaluation::now() {
  if (!now_.has_value() && context_.clock != nullptr) now_ = context_.clock->now();
  return now_;
}

namespace {

void append(Collection& out, std::span<const Item> items) {
  out.insert(out.end(), items.begin(), items.end());
}

}  // namespace

bool Evaluation::leaf(const PlanNode& node, const Frame& frame, Collection& out) {
  switch (node.op) {
    case Op::kLiteral:
      out.push_back(node.literal);
      break;
    case Op::kThis:
      append(out, frame.self);
      break;
    case Op::kIndex:
      if (frame.index >= 0) out.push_back(Item::integer(frame.index));
      break;
    case Op::kTotal:
      if (frame.total != nullptr) append(out, *frame.total);
      break;
    case Op::kResource:
    case Op::kRootResource: {
      const auto& root = node.op == Op::kResource ? context_.resource : context_.root_resource;
      if (root.has_value())
        out.emplace_back(*root);
      else
        append(out, focus_);
      break;
    }
    case Op::kVariable:
      if (node.variable < context_.variables.size()) append(out, context_.variables[node.variable]);
      break;
    default:  // %context
      append(out, focus_);
      break;
  }
  return true;
}

bool Evaluation::run(NodeId id, const Frame& frame, Collection& out) {
  const PlanNode& node = plan_.at(id);
  if (!spend(node, 1)) return false;
  switch (node.op) {
    case Op::kEmpty:
      return true;
    case Op::kLiteral:
    case Op::kThis:
    case Op::kIndex:
    case Op::kTotal:
    case Op::kContext:
    case Op::kResource:
    case Op::kRootResource:
    case Op::kVariable:
      return leaf(node, frame, out);
    case Op::kStep:
      return step(node, frame, out);
    case Op::kHead:
      return head(node, frame, out);
    case Op::kIndexer:
      return indexer(node, frame, out);
    case Op::kCall:
      return call(node, frame, out);
    case Op::kNegate:
    case Op::kPlus:
      return unary(node, frame, out);
    case Op::kIs:
    case Op::kAs:
      return type_operator(node, frame, out);
    case Op::kAnd:
    case Op::kOr:
    case Op::kXor:
    case Op::kImplies:
      return logic(node, frame, out);
    case Op::kEqual:
    case Op::kNotEqual:
    case Op::kEquivalent:
    case Op::kNotEquivalent:
      return equality(node, frame, out);
    case Op::kLess:
    case Op::kLessOrEqual:
    case Op::kGreater:
    case Op::kGreaterOrEqual:
      return inequality(node, frame, out);
    case Op::kIn:
    case Op::kContains:
    case Op::kUnion:
      return membership(node, frame, out);
    default:
      return arithmetic(node, frame, out);
  }
}

bool Evaluation::step_from(const PlanNode& node, const Item& item, Collection& out) {
  if (item.is(ItemKind::kElement)) {
    const Element& element = item.as_element();
    const std::size_t before = out.size();
    if (node.step.owner != nullptr && element.type == node.step.owner)
      element.model->take(element, node.step, out);
    else
      element.model->children(element, node.name, out);
    return spend(node, out.size() - before);
  }
  if (item.is(ItemKind::kType)) {
    if (node.name == "name") out.push_back(Item::borrowed(item.as_type().name));
    if (node.name == "namespace") out.push_back(Item::borrowed(item.as_type().space));
  } else if (item.is(ItemKind::kQuantity)) {
    const Quantity& quantity = item.as_quantity();
    if (node.name == "value") out.push_back(Item::decimal(quantity.value));
    if (node.name == "unit") out.push_back(Item::string(quantity.unit));
  }
  return true;
}

bool Evaluation::step(const PlanNode& node, const Frame& frame, Collection& out) {
  if (plan_.at(node.left).op == Op::kThis) {
    for (const Item& item : frame.self)
      if (!step_from(node, item, out)) return false;
    return true;
  }
  Collection input;
  if (!run(node.left, frame, input)) return false;
  for (const Item& item : input)
    if (!step_from(node, item, out)) return false;
  return true;
}

bool Evaluation::head(const PlanNode& node, const Frame& frame, Collection& out) {
  for (const Item& item : frame.self) {
    const bool is_it =
        item.is(ItemKind::kElement) &&
        ((node.step.owner != nullptr && item.as_element().type == node.step.owner) ||
         item.as_element().model->is(item.as_element(), {{}, node.name}, Subtypes::kInclude));
    if (is_it) {
      out.push_back(item);
    } else if (!step_from(node, item, out)) {
      return false;
    }
  }
  return true;
}

bool Evaluation::indexer(const PlanNode& node, const Frame& frame, Collection& out) {
  Collection input;
  Collection index;
  if (!run(node.left, frame, input) || !run(node.right, frame, index)) return false;
  if (index.empty()) return true;
  const Item value = index.size() == 1 ? to_value(index.front()) : Item{};
  if (!value.is(ItemKind::kInteger)) return fail(node, "an index is a single integer");
  const std::int64_t at = value.as_integer();
  if (at >= 0 && at < static_cast<std::int64_t>(input.size()))
    out.push_back(std::move(input[static_cast<std::size_t>(at)]));
  return true;
}

bool Evaluation::call(const PlanNode& node, const Frame& frame, Collection& out) {
  Collection input;
  if (!run(node.left, frame, input)) return false;
  Call call{.evaluation = *this, .node = node, .frame = frame, .input = input};
  return node.function(call, out);
}

bool Evaluation::unary(const PlanNode& node, const Frame& frame, Collection& out) {
  Collection operand;
  if (!run(node.left, frame, operand)) return false;
  if (operand.empty()) return true;
  const Item value = operand.size() == 1 ? to_value(operand.front()) : Item{};
  const bool negate = node.op == Op::kNegate;
  switch (value.kind()) {
    case ItemKind::kInteger:
      // The least integer has no negative: overflow is empty.
      if (!negate || value.as_integer() != std::numeric_limits<std::int64_t>::min())
        out.push_back(Item::integer(negate ? -value.as_integer() : value.as_integer()));
      return true;
    case ItemKind::kDecimal:
      out.push_back(negate ? Item::decimal(value.as_decimal().negated()) : value);
      return true;
    case ItemKind::kQuantity: {
      Quantity quantity = value.as_quantity();
      if (negate) quantity.value = quantity.value.negated();
      out.push_back(Item::quantity(std::move(quantity)));
      return true;
    }
    default:
      return fail(node, "a sign stands before a single integer, decimal or quantity");
  }
}

bool Evaluation::type_operator(const PlanNode& node, const Frame& frame, Collection& out) {
  Collection input;
  if (!run(node.left, frame, input)) return false;
  if (node.op == Op::kAs) {
    // As an operator on several items it keeps those of the type: R4's search parameters are
    // written so (`Observation.component.value as Quantity`).
    for (Item& item : input)
      if (is_type(item, node.type, Subtypes::kExclude)) out.push_back(std::move(item));
    return true;
  }
  if (input.empty()) return true;
  if (input.size() > 1) return fail(node, "'is' asks for a single item on its left");
  out.push_back(Item::boolean(is_type(input.front(), node.type, Subtypes::kInclude)));
  return true;
}

bool Evaluation::operands(const PlanNode& node, const Frame& frame, Collection& left,
                          Collection& right) {
  return run(node.left, frame, left) && run(node.right, frame, right);
}

bool to_boolean(std::span<const Item> items, std::optional<bool>& out) {
  out.reset();
  if (items.size() > 1) return false;
  if (items.empty()) return true;
  const Item value = to_value(items.front());
  out = !value.is(ItemKind::kBoolean) || value.as_boolean();
  return true;
}

bool Evaluation::run_boolean(NodeId id, const Frame& frame, std::optional<bool>& out) {
  Collection items;
  if (!run(id, frame, items)) return false;
  if (to_boolean(items, out)) return true;
  return fail(plan_.at(id), fmt::format("a boolean or a single item is asked for here; it has {} "
                                        "items",
                                        items.size()));
}

}  // namespace kap::fhir::path
