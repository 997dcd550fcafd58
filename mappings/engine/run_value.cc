#include <cstring>

#include <fmt/format.h>

#include "mappings/engine/clinic_model.h"
#include "mappings/engine/runner.h"

namespace kap::mappings {

using definitions::Primitive;
using fhir::path::Collection;
using fhir::path::Element;
using fhir::path::Item;
using fhir::path::ItemKind;

std::string_view Runner::keep(std::string_view text) {
  if (text.empty()) return {};
  auto* bytes = static_cast<char*>(arena_.bump(text.size(), 1));
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

namespace {

Text number(std::int64_t value, Primitive primitive, std::string_view kept) {
  (void)value;
  return {.text = kept, .primitive = primitive, .present = true};
}

}  // namespace

Text Runner::text_of(const Element& element) {
  if (element.model == &clinic_model()) {
    if (element.aux == nullptr) return {};
    const auto& field = *static_cast<const ClinicField*>(element.aux);
    const auto& slot = *static_cast<const WireSlot*>(element.node);
    if (!slot.present) return {};
    switch (field.kind) {
      case ClinicKind::kString:
        return {.text = {slot.text, slot.size}, .primitive = field.primitive, .present = true};
      case ClinicKind::kBool:
        return {.text = slot.number != 0 ? "true" : "false",
                .primitive = Primitive::kBoolean,
                .present = true};
      case ClinicKind::kEnum:
        if (const auto* known = field.enumeration->find(slot.number)) {
          return {.text = known->name, .primitive = Primitive::kCode, .present = true};
        }
        [[fallthrough]];
      default:
        return number(slot.number, field.primitive, keep(fmt::format("{}", slot.number)));
    }
  }
  Text out = text_of(element.model->value(element));
  if (const auto* type = definitions::find_type(element.model->type(element).name)) {
    if (type->primitive != Primitive::kNone) out.primitive = type->primitive;
  }
  return out;
}

Text Runner::text_of(const Item& item) {
  switch (item.kind()) {
    case ItemKind::kElement:
      return text_of(item.as_element());
    case ItemKind::kString:
      return {.text = keep(item.as_string()), .primitive = Primitive::kString, .present = true};
    case ItemKind::kBoolean:
      return {.text = item.as_boolean() ? "true" : "false",
              .primitive = Primitive::kBoolean,
              .present = true};
    case ItemKind::kInteger:
      return {.text = keep(fhir::path::to_text(item)),
              .primitive = Primitive::kInteger,
              .present = true};
    case ItemKind::kDecimal:
      return {.text = keep(fhir::path::to_text(item)),
              .primitive = Primitive::kDecimal,
              .present = true};
    case ItemKind::kMoment: {
      using Kind = fhir::path::Moment::Kind;
      const Kind kind = item.as_moment().kind;
      return {.text = keep(fhir::path::to_text(item)),
              .primitive = kind == Kind::kDate
                               ? Primitive::kDate
                               : (kind == Kind::kTime ? Primitive::kTime : Primitive::kDateTime),
              .present = true};
    }
    default:
      return {};
  }
}

Text Runner::constant(std::uint16_t index) {
  if (!constant_known_[index]) {
    constant_known_[index] = true;
    const auto found = evaluate(*program_.constants[index].expression, Var{}, nullptr);
    if (found && !found->empty()) constants_[index] = text_of(found->front());
  }
  return constants_[index];
}

Collection Runner::collection(const Var& var) {
  Collection out;
  switch (var.kind) {
    case Var::Kind::kElement:
      out.push_back(Item(var.element));
      break;
    case Var::Kind::kText: {
      const std::string_view text = var.text.text;
      if (!var.text.present) break;
      if (var.text.primitive == Primitive::kBoolean) {
        out.push_back(Item::boolean(text == "true"));
      } else if (is_bare(var.text.primitive)) {
        const auto decimal = fhir::path::Decimal::parse(text);
        const auto whole = decimal && var.text.primitive != Primitive::kDecimal
                               ? decimal->to_integer()
                               : std::nullopt;
        if (whole) {
          out.push_back(Item::integer(*whole));
        } else if (decimal) {
          out.push_back(Item::decimal(*decimal));
        }
      } else {
        out.push_back(Item::borrowed(text));
      }
      break;
    }
    default:
      break;
  }
  return out;
}

std::optional<Collection> Runner::evaluate(const plan::Expression& expression, const Var& focus,
                                           const Var* vars) {
  std::vector<Collection> variables;
  variables.reserve(expression.variables.size() + expression.constants.size());
  for (const plan::Variable variable : expression.variables) {
    variables.push_back(collection(vars[variable]));
  }
  for (const std::uint16_t index : expression.constants) {
    const Text text = constant(index);
    variables.push_back(collection({.kind = Var::Kind::kText, .element = {}, .text = text}));
  }
  fhir::path::Context context;
  context.variables = variables;
  context.clock = options_.clock;
  auto found = expression.compiled->evaluate(collection(focus), context);
  if (found.has_value()) {
    // Items may borrow from `variables`; what is kept is copied by text_of().
    for (Item& item : *found) {
      if (item.is(ItemKind::kString)) item = Item::borrowed(keep(item.as_string()));
    }
    return std::move(*found);
  }
  report(Code::kEvaluationFailed, expression.origin, found.error().issues().front().diagnostics);
  return std::nullopt;
}

Text Runner::read(const plan::Value& value, const Var* vars) {
  switch (value.kind) {
    case plan::Value::Kind::kConstant:
      return {.text = value.text, .primitive = value.primitive, .present = true};
    case plan::Value::Kind::kVariable: {
      const Var& var = vars[value.variable];
      if (var.kind == Var::Kind::kText) return var.text;
      if (var.kind == Var::Kind::kElement) return text_of(var.element);
      if (var.kind == Var::Kind::kNode && var.node->kind == OutNode::Kind::kText) {
        return {.text = var.node->view(), .primitive = value.primitive, .present = true};
      }
      return {};
    }
    case plan::Value::Kind::kField: {
      const Var& var = vars[value.variable];
      if (var.kind != Var::Kind::kElement) return {};
      const auto& message = *static_cast<const WireMessage*>(var.element.node);
      const WireSlot& slot = message.slot(*value.field);
      return slot.present ? text_of(clinic_element(message, *value.field, slot)) : Text{};
    }
    case plan::Value::Kind::kChild: {
      const Var& var = vars[value.variable];
      if (var.kind != Var::Kind::kElement) return {};
      Collection found;
      var.element.model->children(var.element, value.text, found);
      return found.empty() ? Text{} : text_of(found.front());
    }
    case plan::Value::Kind::kExpression: {
      const Var focus = value.variable == plan::kNoVariable ? Var{} : vars[value.variable];
      const auto found = evaluate(*value.expression, focus, vars);
      if (!found || found->empty()) return {};
      if (found->size() > 1) {
        report(Code::kEvaluationFailed, value.expression->origin,
               fmt::format("the expression yields {} values, one is wanted", found->size()));
        return {};
      }
      return text_of(found->front());
    }
    case plan::Value::Kind::kNamedConstant:
      break;
  }
  return constant(value.constant);
}

}  // namespace kap::mappings
