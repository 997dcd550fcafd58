#include <utility>

#include <fmt/format.h>

#include "mappings/engine/compiler.h"

namespace kap::mappings {

using definitions::Primitive;

void Compiler::add_step(plan::Target& out, const Type& parent_type, std::int16_t parent,
                        std::string_view name, std::optional<plan::Value> value) {
  const auto child = find_child(parent_type, name);
  const MemberSlot& slot = program_->slots.get(parent_type, *child, child->types.front());
  out.build.push_back({.parent = parent, .slot = &slot, .value = std::move(value)});
}

namespace {

/// The finished JSON of a value whose steps are all constant; empty where one is not.
std::string constant_json(const plan::Target& target, std::int16_t parent) {
  std::string out = "{";
  for (std::size_t i = 0; i < target.build.size(); ++i) {
    const plan::BuildStep& step = target.build[i];
    if (step.parent != parent) continue;
    std::string inner;
    if (step.value) {
      if (step.value->kind != plan::Value::Kind::kConstant) return {};
      inner = json_text(step.slot->primitive, step.value->text);
    } else {
      inner = constant_json(target, static_cast<std::int16_t>(i));
      if (inner.empty()) return {};
    }
    if (out.size() > 1) out += ',';
    out += step.slot->json;
    out += step.slot->is_list ? "[" + inner + "]" : inner;
  }
  return out + "}";
}

plan::Value constant(std::string_view text) {
  plan::Value out;
  out.primitive = Primitive::kString;
  out.text = std::string(text);
  out.type = {.fhir = definitions::find_type("string")};
  return out;
}

struct Usage {
  std::string_view name, type, usage;
  std::size_t least, most;
};

constexpr Usage kUsages[] = {
    {"cc", "CodeableConcept", "cc(text) or cc(system, code[, display])", 1, 3},
    {"c", "Coding", "c(system, code[, display])", 2, 3},
    {"qty", "Quantity", "qty(text) or qty(value, unit[, system, code])", 1, 4},
    {"id", "Identifier", "id(system, value[, type])", 2, 3},
    {"cp", "ContactPoint", "cp(value) or cp(system, value)", 1, 2}};

bool is_constant(const plan::Value& value) { return value.kind == plan::Value::Kind::kConstant; }

}  // namespace

/// cc, c, qty, id and cp: small trees of known shape.
void Compiler::build(const ast::Call& call, plan::Target& out, const Place& where) {
  const Usage* usage = kUsages;
  while (usage->name != call.name.text) ++usage;
  if (!arity(call, usage->least, usage->most, usage->usage)) return;
  if (usage->name == "qty" && call.arguments.size() == 3) {
    report(Code::kTransformArguments, call.name.span, "qty() has a system without a code",
           std::string(usage->usage));
    return;
  }
  std::vector<plan::Value> values;
  for (const ast::Argument& argument : call.arguments) {
    auto one = value(argument);
    if (!one) return;
    if (one->type.known() && one->type.primitive() == Primitive::kNone) {
      report(Code::kTransformArguments, argument.span(),
             fmt::format("{}() takes values, this is {}", usage->name, to_text(one->type)));
      return;
    }
    values.push_back(std::move(*one));
  }
  if (usage->name == "cc" && values.size() > 1 && is_constant(values[0]) &&
      is_constant(values[1]) &&
      !check_code(where, values[0].text, values[1].text, call.arguments[1].span())) {
    return;
  }
  out.type = {.fhir = definitions::find_type(usage->type)};
  out.op = plan::Op::kBuild;
  build_steps(usage->name, std::move(values), out);
  if (!settle(out, where, out.type, call.name.span)) return;
  // Under an alias the tree may grow; the runtime then takes the steps instead of the bytes.
  if (out.op == plan::Op::kBuild && !where.to_alias) out.bytes = constant_json(out, -1);
}

void Compiler::build_steps(std::string_view name, std::vector<plan::Value> values,
                           plan::Target& out) {
  const Type type = out.type;
  const Type coding{.fhir = definitions::find_type("Coding")};
  static constexpr std::string_view kCoding[] = {"system", "code", "display"};
  static constexpr std::string_view kQuantity[] = {"value", "unit", "system", "code"};
  const bool text = values.size() == 1;
  if (name == "cc" && text) {
    add_step(out, type, -1, "text", std::move(values[0]));
  } else if (name == "cc" || name == "c") {
    if (name == "cc") add_step(out, type, -1, "coding", std::nullopt);
    const std::int16_t parent = name == "cc" ? 0 : -1;
    for (std::size_t i = 0; i < values.size(); ++i) {
      add_step(out, coding, parent, kCoding[i], std::move(values[i]));
    }
  } else if (name == "qty" && text) {
    out.op = plan::Op::kQuantityText;
    out.arguments.push_back(std::move(values[0]));
    for (const auto* part : {"comparator", "value", "unit"}) {
      add_step(out, type, -1, part, constant(""));
    }
  } else if (name == "qty") {
    for (std::size_t i = 0; i < values.size(); ++i) {
      add_step(out, type, -1, kQuantity[i], std::move(values[i]));
    }
  } else if (name == "id") {
    if (values.size() == 3) {
      const Type concept_type{.fhir = definitions::find_type("CodeableConcept")};
      add_step(out, type, -1, "type", std::nullopt);
      add_step(out, concept_type, 0, "coding", std::nullopt);
      add_step(out, coding, 1, "system", constant("http://terminology.hl7.org/CodeSystem/v2-0203"));
      add_step(out, coding, 1, "code", std::move(values[2]));
    }
    add_step(out, type, -1, "system", std::move(values[0]));
    add_step(out, type, -1, "value", std::move(values[1]));
  } else {
    if (text) {
      out.op = plan::Op::kContactText;
      out.arguments.push_back(std::move(values[0]));
      values = {constant(""), constant("")};
    }
    add_step(out, type, -1, "system", std::move(values[0]));
    add_step(out, type, -1, "value", std::move(values[1]));
  }
}

}  // namespace kap::mappings
