#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "mappings/engine/compiler.h"

namespace kap::mappings {

using definitions::Primitive;
using Mode = ast::Parameter::Mode;

namespace {

constexpr std::array<std::string_view, 19> kTransforms = {
    "create",    "copy",    "truncate", "escape", "cast",      "append", "translate",
    "reference", "pointer", "dateOp",   "uuid",   "evaluate",  "cc",     "c",
    "qty",       "id",      "cp",       "toDate", "toDateTime"};

Primitive natural(ast::Literal::Kind kind, std::string_view text) {
  switch (kind) {
    case ast::Literal::Kind::kString:
      return Primitive::kString;
    case ast::Literal::Kind::kBoolean:
      return Primitive::kBoolean;
    case ast::Literal::Kind::kInteger:
      return Primitive::kInteger;
    case ast::Literal::Kind::kDecimal:
      return Primitive::kDecimal;
    case ast::Literal::Kind::kMoment:
      break;
  }
  if (text.starts_with('T')) return Primitive::kTime;
  return text.find('T') == std::string_view::npos ? Primitive::kDate : Primitive::kDateTime;
}

/// Whether a literal of that kind may stand for a value of the type.
bool literal_fits(ast::Literal::Kind kind, Primitive type) {
  switch (kind) {
    case ast::Literal::Kind::kBoolean:
      return type == Primitive::kBoolean;
    case ast::Literal::Kind::kInteger:
      return is_bare(type) && type != Primitive::kBoolean;
    case ast::Literal::Kind::kDecimal:
      return type == Primitive::kDecimal;
    case ast::Literal::Kind::kString:
      return !is_bare(type) && type != Primitive::kNone;
    case ast::Literal::Kind::kMoment:
      return type == Primitive::kDate || type == Primitive::kDateTime ||
             type == Primitive::kInstant || type == Primitive::kTime;
  }
  return false;
}

}  // namespace

void Compiler::transform(const ast::Transform& transform, plan::Target& out, const Place& where,
                         const RuleContext& context) {
  switch (transform.kind) {
    case ast::Transform::Kind::kLiteral:
      literal(out, where, transform.literal);
      return;
    case ast::Transform::Kind::kExpression:
      evaluate(out, where, transform.expression, context.focus, context.focus_variable);
      return;
    case ast::Transform::Kind::kCall:
      transform_call(transform.call, out, where, context);
      return;
    case ast::Transform::Kind::kCopy:
      break;
  }
  auto from = value(transform.copy);
  if (from) copy(out, where, std::move(*from), transform.span());
}

void Compiler::literal(plan::Target& out, const Place& where, const ast::Literal& literal) {
  out.op = plan::Op::kConstant;
  const Primitive own = natural(literal.kind, literal.text);
  const std::string_view text =
      literal.kind == ast::Literal::Kind::kMoment && own == Primitive::kTime
          ? std::string_view(literal.text).substr(1)
          : std::string_view(literal.text);
  out.type = {.fhir = definitions::find_type(to_text(own))};
  if (!where.known) return;
  if (where.to_alias) {
    out.op = plan::Op::kValue;
    out.arguments.push_back({.primitive = own, .text = std::string(text), .type = out.type});
    return;
  }
  std::vector<Type> types = where.child ? where.child->types : std::vector{where.parent};
  Type chosen;
  for (const Type& one : types) {
    if (one.primitive() == own) chosen = one;
  }
  if (!chosen.known() && types.size() == 1 && literal_fits(literal.kind, types[0].primitive())) {
    chosen = types[0];
  }
  if (!chosen.known()) {
    const std::string name = where.child ? std::string(where.child->name) : to_text(where.parent);
    report(Code::kNotAllowedType, literal.span,
           fmt::format("`{}` cannot be a {} literal", name, to_text(own)),
           types.size() > 1 ? "state the type: cast('…', 'code')"
                            : fmt::format("it is {}", to_text(types[0])));
    return;
  }
  if (!is_valid(chosen.primitive(), text)) {
    report(Code::kBadLiteral, literal.span,
           fmt::format("'{}' is no valid {}", text, to_text(chosen.primitive())));
    return;
  }
  const bool coded = chosen.primitive() == Primitive::kCode;
  if (coded && !check_code(where, {}, text, literal.span)) return;
  if (!settle(out, where, chosen, literal.span)) return;
  out.type = chosen;
  using Special = MemberSlot::Special;
  const Special special = out.path.empty() ? Special::kNone : out.path.back().slot->special;
  if (special == Special::kResourceId || special == Special::kReference) {
    // The id policy must see the text.
    out.op = plan::Op::kValue;
    out.fits = true;
    out.arguments.push_back({.primitive = own, .text = std::string(text), .type = chosen});
    return;
  }
  const bool bare = out.path.empty() ? is_bare(chosen.primitive()) : out.path.back().slot->bare;
  out.bytes = json_text(bare ? chosen.primitive() : Primitive::kString, text);
}

void Compiler::evaluate(plan::Target& out, const Place& where, const ast::Expression& text,
                        const Type& focus, plan::Variable context) {
  plan::Value value{.kind = plan::Value::Kind::kExpression, .variable = context};
  value.expression = expression(text, focus);
  if (value.expression == nullptr) return;
  copy(out, where, std::move(value), text.span);
}

std::optional<plan::Value> Compiler::value(const ast::Path& path) {
  const ast::Name& head = path.parts.front();
  const Binding* found = find(head.text, Mode::kSource);
  if (found == nullptr) found = find(head.text, Mode::kTarget);
  plan::Value out{.kind = plan::Value::Kind::kVariable};
  if (found == nullptr) {
    for (const auto& [name, index] : map().constants) {
      if (name != head.text) continue;
      out.kind = plan::Value::Kind::kNamedConstant;
      out.constant = index;
      return out;
    }
    report(Code::kUnknownVariable, head.span, fmt::format("there is no variable {}", head.text));
    return std::nullopt;
  }
  out.variable = found->variable;
  out.type = found->type;
  if (path.parts.size() == 1) {
    if (found->mode == Mode::kTarget && !found->is_value &&
        found->type.primitive() == Primitive::kNone && found->type.known()) {
      report(Code::kTransformArguments, head.span,
             fmt::format("{} is a target and no value", head.text));
      return std::nullopt;
    }
    out.primitive = out.type.primitive();
    return out;
  }
  const ast::Name& element = path.parts[1];
  out.kind = plan::Value::Kind::kChild;
  out.text = element.text;
  if (!found->type.known()) return out;
  const auto child = find_child(found->type, element.text);
  if (!child) {
    unknown_element(found->type, element);
    return std::nullopt;
  }
  if (found->mode == Mode::kTarget) {
    report(Code::kTransformArguments, head.span,
           fmt::format("{} is a target; a transform reads from sources", head.text));
    return std::nullopt;
  }
  if (child->is_list()) {
    report(Code::kTransformArguments, element.span, fmt::format("`{}` is a list", element.text),
           "iterate over it in the rule's source");
    return std::nullopt;
  }
  out.type = child->types.size() == 1 ? child->types.front() : Type{};
  out.primitive = out.type.primitive();
  if (child->field != nullptr) {
    out.kind = plan::Value::Kind::kField;
    out.field = child->field;
  }
  return out;
}

std::optional<plan::Value> Compiler::value(const ast::Argument& argument) {
  switch (argument.kind) {
    case ast::Argument::Kind::kVariable:
      return value(argument.variable);
    case ast::Argument::Kind::kLiteral: {
      plan::Value out;
      out.primitive = natural(argument.literal.kind, argument.literal.text);
      out.text = argument.literal.text;
      out.type = {.fhir = definitions::find_type(to_text(out.primitive))};
      return out;
    }
    case ast::Argument::Kind::kExpression:
      break;
  }
  report(Code::kTransformArguments, argument.span(),
         "a transform takes variables and literals; only evaluate() takes an expression",
         "assign the expression first: `src -> (…) as v, tgt.x = append(v, …)`");
  return std::nullopt;
}

std::optional<std::string> Compiler::text_argument(const ast::Call& call, std::size_t index,
                                                   std::string_view what) {
  const ast::Argument& argument = call.arguments[index];
  if (argument.kind == ast::Argument::Kind::kLiteral) return argument.literal.text;
  if (argument.kind == ast::Argument::Kind::kVariable && argument.variable.parts.size() == 1) {
    for (const auto& constant : map().map.constants) {
      const std::string& text = constant.value.text;
      const bool quoted = text.size() >= 2 && text.front() == '\'' && text.back() == '\'';
      if (constant.name.text == argument.variable.text() && quoted) {
        return text.substr(1, text.size() - 2);
      }
    }
  }
  report(Code::kTransformArguments, argument.span(), fmt::format("{} is a text literal", what));
  return std::nullopt;
}

bool Compiler::arity(const ast::Call& call, std::size_t least, std::size_t most,
                     std::string_view usage) {
  if (call.arguments.size() >= least && call.arguments.size() <= most) return true;
  report(Code::kTransformArguments, call.name.span,
         fmt::format("{}() has {} arguments here", call.name.text, call.arguments.size()),
         std::string(usage));
  return false;
}

void Compiler::transform_call(const ast::Call& call, plan::Target& out, const Place& where,
                              const RuleContext& context) {
  const std::string& name = call.name.text;
  if (name == "create") {
    if (!arity(call, 1, 1, "create('Type')")) return;
    const auto type = text_argument(call, 0, "the type");
    if (type) create(out, where, *type, call.arguments[0].span());
  } else if (name == "copy") {
    if (!arity(call, 1, 1, "copy(source)")) return;
    auto from = value(call.arguments[0]);
    if (from) copy(out, where, std::move(*from), call.name.span);
  } else if (name == "evaluate") {
    if (!arity(call, 2, 2, "evaluate(source, FHIRPath)")) return;
    const auto focus = value(call.arguments[0]);
    if (!focus) return;
    const ast::Argument& argument = call.arguments[1];
    // A text is FHIRPath too, as in R4 and as StructureMap keeps it.
    ast::Expression text{.text = argument.literal.text, .span = argument.span()};
    if (argument.kind == ast::Argument::Kind::kExpression) text = argument.expression;
    if (argument.kind == ast::Argument::Kind::kVariable) text.text = argument.variable.text();
    evaluate(out, where, text, focus->type, focus->variable);
  } else if (name == "truncate") {
    if (arity(call, 2, 2, "truncate(source, length)")) {
      text_transform(call, out, where, plan::Op::kTruncate, "string");
    }
  } else if (name == "escape") {
    if (arity(call, 3, 3, "escape(source, 'html', 'xml')")) {
      text_transform(call, out, where, plan::Op::kEscape, "string");
    }
  } else if (name == "append") {
    if (arity(call, 1, 64, "append(source, …)")) {
      text_transform(call, out, where, plan::Op::kAppend, "string");
    }
  } else if (name == "uuid") {
    if (arity(call, 0, 0, "uuid()")) text_transform(call, out, where, plan::Op::kUuid, "string");
  } else if (name == "dateOp" || name == "toDateTime") {
    if (arity(call, 1, 2, "toDateTime(source, 'yyyyMMddHHmmss')")) {
      text_transform(call, out, where, plan::Op::kDateOp, "dateTime");
    }
  } else if (name == "toDate") {
    if (arity(call, 1, 2, "toDate(source, 'yyyyMMdd')")) {
      text_transform(call, out, where, plan::Op::kDateOp, "date");
    }
  } else if (name == "cast") {
    if (arity(call, 1, 2, "cast(source, 'type')")) cast(call, out, where);
  } else if (name == "translate") {
    if (arity(call, 2, 3, "translate(source, 'url of a ConceptMap', 'code')")) {
      translate(call, out, where);
    }
  } else if (name == "reference" || name == "pointer") {
    if (arity(call, 1, 1, "reference(resource)")) reference(call, out, where);
  } else if (name == "cc" || name == "c" || name == "qty" || name == "id" || name == "cp") {
    build(call, out, where);
  } else {
    const std::string_view near = nearest(name, kTransforms);
    report(Code::kUnknownTransform, call.name.span, fmt::format("there is no transform {}", name),
           near.empty() ? "a group is called after `then`" : fmt::format("is {} meant?", near));
  }
  (void)context;
}

void Compiler::text_transform(const ast::Call& call, plan::Target& out, const Place& where,
                              plan::Op op, std::string_view result) {
  out.op = op;
  for (const ast::Argument& argument : call.arguments) {
    auto one = value(argument);
    if (!one) return;
    if (one->type.known() && one->type.primitive() == Primitive::kNone) {
      report(Code::kTransformArguments, argument.span(),
             fmt::format("{}() takes values, this is {}", call.name.text, to_text(one->type)));
      return;
    }
    out.arguments.push_back(std::move(*one));
  }
  if (op == plan::Op::kTruncate) {
    const plan::Value& length = out.arguments[1];
    const bool number =
        length.kind == plan::Value::Kind::kNamedConstant || length.primitive == Primitive::kInteger;
    if (!number) {
      report(Code::kTransformArguments, call.arguments[1].span(), "the length is an integer");
    }
  }
  const Type type{.fhir = definitions::find_type(result)};
  out.type = type;
  if (where.to_alias) return;
  if (!settle(out, where, type, call.name.span)) return;
  if (where.known) out.type = where.child ? out.path.back().slot->type : where.parent;
  out.fits = out.type.primitive() == Primitive::kString;
}

void Compiler::cast(const ast::Call& call, plan::Target& out, const Place& where) {
  auto from = value(call.arguments[0]);
  if (!from) return;
  Type type;
  if (call.arguments.size() == 2) {
    const auto name = text_argument(call, 1, "the type");
    if (!name) return;
    type = type_name({.text = *name, .span = call.arguments[1].span()});
  } else if (where.child && where.child->types.size() == 1) {
    type = where.child->types.front();
  } else {
    report(Code::kChoiceNeedsType, call.name.span, "the type to cast to is not clear",
           "cast(source, 'type')");
  }
  if (!type.known()) return;
  if (type.primitive() == Primitive::kNone) {
    report(Code::kTransformArguments, call.name.span,
           fmt::format("cast() makes primitive values; {} is none", to_text(type)),
           "call a group that maps it");
    return;
  }
  if (from->type.known() && conversion(from->type, type.primitive()) == Conversion::kNever) {
    report(Code::kNoConversion, call.name.span,
           fmt::format("{} does not become {}", to_text(from->type), to_text(type)));
    return;
  }
  out.op = plan::Op::kCast;
  out.reads_source = from->kind == plan::Value::Kind::kVariable;
  const bool code_literal = from->kind == plan::Value::Kind::kConstant;
  if (code_literal && type.primitive() == Primitive::kCode &&
      !check_code(where, {}, from->text, call.arguments[0].span())) {
    return;
  }
  out.fits = from->type.primitive() == type.primitive() && !is_bare(type.primitive());
  out.arguments.push_back(std::move(*from));
  out.type = type;
  (void)settle(out, where, type, call.name.span);
}

void Compiler::reference(const ast::Call& call, plan::Target& out, const Place& where) {
  const ast::Argument& argument = call.arguments[0];
  const bool is_name =
      argument.kind == ast::Argument::Kind::kVariable && argument.variable.parts.size() == 1;
  const Binding* found = nullptr;
  if (is_name) {
    const std::string& name = argument.variable.parts.front().text;
    found = find(name, Mode::kSource);
    if (found == nullptr) found = find(name, Mode::kTarget);
  }
  if (found == nullptr) {
    report(Code::kUnknownVariable, argument.span(), "reference() takes a variable of a resource");
    return;
  }
  static const definitions::TypeDef* resource = definitions::find_type("Resource");
  const bool fits = !found->type.known() || (found->type.fhir != nullptr &&
                                             definitions::is_a(*found->type.fhir, *resource));
  if (!fits) {
    report(Code::kTransformArguments, argument.span(),
           fmt::format("{} is no resource", to_text(found->type)),
           "for a record of the clinic write append('Patient/', src.patientId)");
    return;
  }
  out.op = call.name.text == "pointer" ? plan::Op::kPointer : plan::Op::kReference;
  out.arguments.push_back(
      {.kind = plan::Value::Kind::kVariable, .variable = found->variable, .type = found->type});
  out.type = {.fhir = definitions::find_type("string")};
  out.fits = true;
  (void)settle(out, where, out.type, call.name.span);
}

}  // namespace kap::mappings
