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

}  // namespace

/// cc, c, qty, id and cp: small trees of known shape.
void Compiler::build(const ast::Call& call, plan::Target& out, const Place& where) {
  const std::string& name = call.name.text;
  struct Usage {
    std::string_view name, type, usage;
    std::size_t least, most;
  };
  static constexpr Usage kUsages[] = {
      {"cc", "CodeableConcept", "cc(text) or cc(system, code[, display])", 1, 3},
      {"c", "Coding", "c(system, code[, display])", 2, 3},
      {"qty", "Quantity", "qty(text) or qty(value, unit[, system, code])", 1, 4},
      {"id", "Identifier", "id(system, value[, type])", 2, 3},
      {"cp", "ContactPoint", "cp(value) or cp(system, value)", 1, 2}};
  const Usage* usage = kUsages;
  while (usage->name != name) ++usage;
  if (!arity(call, usage->least, usage->most, usage->usage)) return;
  if (name == "qty" && call.arguments.size() == 3) {
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
             fmt::format("{}() takes values, this is {}", name, to_text(one->type)));
      return;
    }
    values.push_back(std::move(*one));
  }
  const Type type{.fhir = definitions::find_type(usage->type)};
  out.type = type;
  out.op = plan::Op::kBuild;
  if (name == "cc" && values.size() == 1) {
    add_step(out, type, -1, "text", std::move(values[0]));
  } else if (name == "cc") {
    add_step(out, type, -1, "coding", std::nullopt);
    const Type coding{.fhir = definitions::find_type("Coding")};
    static constexpr std::string_view kParts[] = {"system", "code", "display"};
    const bool constant_code = values[0].kind == plan::Value::Kind::kConstant &&
                               values[1].kind == plan::Value::Kind::kConstant;
    if (constant_code &&
        !check_code(where, values[0].text, values[1].text, call.arguments[1].span())) {
      return;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      add_step(out, coding, 0, kParts[i], std::move(values[i]));
    }
  } else if (name == "c") {
    static constexpr std::string_view kParts[] = {"system", "code", "display"};
    for (std::size_t i = 0; i < values.size(); ++i) {
      add_step(out, type, -1, kParts[i], std::move(values[i]));
    }
  } else if (name == "qty" && values.size() == 1) {
    out.op = plan::Op::kQuantityText;
    out.arguments.push_back(std::move(values[0]));
    static constexpr std::string_view kParts[] = {"comparator", "value", "unit"};
    for (const std::string_view part : kParts) add_step(out, type, -1, part, constant(""));
  } else if (name == "qty") {
    static constexpr std::string_view kParts[] = {"value", "unit", "system", "code"};
    for (std::size_t i = 0; i < values.size(); ++i) {
      add_step(out, type, -1, kParts[i], std::move(values[i]));
    }
  } else if (name == "id") {
    if (values.size() == 3) {
      add_step(out, type, -1, "type", std::nullopt);
      const Type concept_type{.fhir = definitions::find_type("CodeableConcept")};
      const Type coding{.fhir = definitions::find_type("Coding")};
      add_step(out, concept_type, 0, "coding", std::nullopt);
      add_step(out, coding, 1, "system", constant("http://terminology.hl7.org/CodeSystem/v2-0203"));
      add_step(out, coding, 1, "code", std::move(values[2]));
    }
    add_step(out, type, -1, "system", std::move(values[0]));
    add_step(out, type, -1, "value", std::move(values[1]));
  } else if (values.size() == 1) {
    out.op = plan::Op::kContactText;
    out.arguments.push_back(std::move(values[0]));
    add_step(out, type, -1, "system", constant(""));
    add_step(out, type, -1, "value", constant(""));
  } else {
    add_step(out, type, -1, "system", std::move(values[0]));
    add_step(out, type, -1, "value", std::move(values[1]));
  }
  if (!settle(out, where, type, call.name.span)) return;
  if (out.op == plan::Op::kBuild && !where.to_alias) {
    out.bytes = constant_json(out, -1);
    // An alias may add to the tree, so it stays a tree then; the runtime looks at `variable`.
  }
}

}  // namespace kap::mappings
