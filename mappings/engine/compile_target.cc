#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fhir/definitions/value_sets.h"
#include "fhir/json/print.h"
#include "mappings/engine/compiler.h"

namespace kap::mappings {

using definitions::Primitive;
using Mode = ast::Parameter::Mode;

std::string json_text(Primitive primitive, std::string_view text) {
  if (is_bare(primitive)) return std::string(text);
  std::string out;
  fhir::json::print_string(text, out);
  return out;
}

void Compiler::target(const ast::Target& target, plan::Rule& rule, RuleContext& context) {
  if (!target.path && target.transform->kind == ast::Transform::Kind::kCall &&
      find_group(target.transform->call.name.text)) {
    if (target.alias) {
      report(Code::kNeedsAlias, target.alias->span, "a group yields no value for a variable");
    }
    call(target.transform->call, rule);
    return;
  }
  plan::Target out;
  out.origin = origin(target.span);
  Place where;
  where.span = target.span;
  if (!target.path) {
    where.to_alias = true;
    if (!target.alias) {
      report(Code::kNeedsAlias, target.span, "this value goes nowhere",
             "write the element it belongs to, or `as name`");
      return;
    }
  } else if (!place(target, out, where)) {
    // Later rules may use the alias; without a type they are not checked.
    if (target.alias) declare(*target.alias, Mode::kTarget, {});
    return;
  }
  if (!where.known && body_.group != nullptr) body_.group->runnable = false;
  if (!target.transform) {
    autocreate(out, where, target.span);
  } else {
    transform(*target.transform, out, where, context);
  }
  list_mode(target, out, where, context);
  bind(target, out, where, context);
  rule.targets.push_back(std::move(out));
}

/// Resolves `context.a.b` up to the last element, which settle() adds with the value's type.
bool Compiler::place(const ast::Target& target, plan::Target& out, Place& where) {
  const auto& parts = target.path->parts;
  const Binding* context = find(parts.front().text, Mode::kTarget);
  if (context == nullptr) {
    const bool is_source = find(parts.front().text, Mode::kSource) != nullptr;
    report(is_source ? Code::kTargetIsSource : Code::kUnknownVariable, parts.front().span,
           is_source ? fmt::format("{} is a source; a rule writes to targets", parts.front().text)
                     : fmt::format("there is no target {}", parts.front().text));
    return false;
  }
  out.context = context->variable;
  where.parent = context->type;
  where.span = parts.back().span;
  if (!context->type.known()) {
    where.known = false;
    return true;
  }
  if (context->is_value && parts.size() > 1 && parts[1].text == "value") return true;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    auto child = find_child(where.parent, parts[i].text);
    if (!child) {
      unknown_element(where.parent, parts[i]);
      return false;
    }
    if (child->name == "value" && child->element == nullptr && child->field == nullptr) {
      return true;  // a primitive's own value: the context itself
    }
    if (i + 1 == parts.size()) {
      where.child = std::move(child);
      return true;
    }
    if (child->types.size() != 1 ||
        (child->types.front().fhir != nullptr && child->types.front().fhir->is_abstract)) {
      report(
          Code::kChoiceNeedsType, parts[i].span,
          fmt::format("`{}` may have several types, so it cannot be passed through", parts[i].text),
          fmt::format("create it first: `{} = create('…') as v`", parts[i].text));
      return false;
    }
    const MemberSlot& slot = program_->slots.get(where.parent, *child, child->types.front());
    out.path.push_back({.slot = &slot});
    where.parent = child->types.front();
  }
  return true;
}

void Compiler::bind(const ast::Target& target, plan::Target& out, const Place& where,
                    RuleContext& context) {
  if (!target.alias) return;
  Type type = out.type;
  if (out.op == plan::Op::kContext) type = where.parent;
  const bool is_value = where.to_alias
                            ? out.op != plan::Op::kCreate
                            : out.op != plan::Op::kContext && type.primitive() != Primitive::kNone;
  out.variable = declare(*target.alias, Mode::kTarget, type, is_value);
  const bool own = where.to_alias ||
                   (where.child && where.child->is_list() && out.share == plan::kNoVariable) ||
                   std::ranges::count(context.fresh, out.context) != 0;
  if (own) context.fresh.push_back(out.variable);
}

void Compiler::list_mode(const ast::Target& target, plan::Target& out, const Place& where,
                         const RuleContext& context) {
  out.list = target.list;
  const bool has_element = where.child.has_value();
  const bool is_list = has_element && where.child->is_list();
  if (target.list == ast::TargetList::kShare) {
    auto& shares = body_.shares;
    for (auto i = shares.rbegin(); i != shares.rend() && out.share == plan::kNoVariable; ++i) {
      for (const auto& [name, variable] : *i) {
        if (name == target.share->text) out.share = variable;
      }
    }
    if (out.share == plan::kNoVariable) {
      out.share = hidden_variable();
      shares.back().emplace_back(target.share->text, out.share);
    }
    return;
  }
  if (!has_element || is_list || target.list != ast::TargetList::kNone) return;
  const bool reuses =
      out.op == plan::Op::kCreate && out.type.primitive() == Primitive::kNone && !target.transform;
  const bool fresh = std::ranges::count(context.fresh, out.context) != 0;
  if (!strict() || !context.is_list || context.has_where || reuses || fresh) return;
  report(Code::kImplicitMultiMatch, where.span,
         fmt::format("the source may match several times, `{}` holds one value", where.child->name),
         "state which one: a list mode on the source (`first`, `last`, `only_one`), a `where`, or "
         "a list mode on the target (`first`, `last`)");
}

void Compiler::autocreate(plan::Target& out, const Place& where, const Span& span) {
  out.op = plan::Op::kCreate;
  if (!where.known) return;
  if (!where.child) {
    out.op = plan::Op::kContext;
    out.type = where.parent;
    return;
  }
  if (where.child->types.size() != 1) {
    report(Code::kChoiceNeedsType, span,
           fmt::format("`{}` may have several types", where.child->name),
           fmt::format("state one: `{} = create('…')`", where.child->name));
    return;
  }
  const Type type = where.child->types.front();
  if (type.fhir != nullptr && type.fhir->is_abstract) {
    report(Code::kAbstractType, span, fmt::format("{} is abstract", type.fhir->name),
           fmt::format("state the type: `{} = create('Observation')`", where.child->name));
    return;
  }
  if (settle(out, where, type, span)) out.type = type;
}

void Compiler::create(plan::Target& out, const Place& where, std::string_view name,
                      const Span& span) {
  out.op = plan::Op::kCreate;
  const Type type = type_name({.text = std::string(name), .span = span});
  if (!type.known()) return;
  if (type.fhir != nullptr && type.fhir->is_abstract) {
    report(Code::kAbstractType, span, fmt::format("{} is abstract", name));
    return;
  }
  out.type = type;
  if (where.to_alias || !where.known) return;
  if (!where.child) {
    report(Code::kTransformResult, span, "create() makes a new element, but none is named");
    return;
  }
  (void)settle(out, where, type, span);
}

bool Compiler::settle(plan::Target& out, const Place& where, const Type& type, const Span& span) {
  if (!where.known || where.to_alias) return true;
  if (!where.child) {
    if (type == where.parent ||
        (type.primitive() != Primitive::kNone &&
         conversion(type, where.parent.primitive()) == Conversion::kImplicit)) {
      return true;
    }
    report(Code::kNoConversion, span,
           fmt::format("{} does not fit {}", to_text(type), to_text(where.parent)));
    return false;
  }
  for (const Type& allowed : where.child->types) {
    const bool same = allowed == type || (allowed.fhir != nullptr && type.fhir != nullptr &&
                                          allowed.primitive() == Primitive::kNone &&
                                          definitions::is_a(*type.fhir, *allowed.fhir));
    if (!same) continue;
    out.path.push_back({.slot = &program_->slots.get(where.parent, *where.child, allowed)});
    return true;
  }
  if (type.primitive() != Primitive::kNone) return settle_primitive(out, where, type, span);
  std::string allowed;
  for (const Type& one : where.child->types) {
    if (allowed.size() > 120) break;
    allowed += (allowed.empty() ? "" : ", ") + to_text(one);
  }
  report(type.is_clinic() ? Code::kNoConversion : Code::kNotAllowedType, span,
         fmt::format("`{}` cannot be {}", where.child->name, to_text(type)),
         type.is_clinic() ? fmt::format("write a group (source s : {}, target t : {}) and call it",
                                        to_text(type), allowed)
                          : fmt::format("it may be {}", allowed));
  return false;
}

bool Compiler::settle_primitive(plan::Target& out, const Place& where, const Type& type,
                                const Span& span) {
  std::vector<Type> fits;
  bool exact = false;
  Conversion best = Conversion::kNever;
  for (const Type& allowed : where.child->types) {
    const Primitive primitive = allowed.primitive();
    if (primitive == Primitive::kNone) continue;
    const Conversion how = conversion(type, primitive);
    if (primitive == type.primitive() && !exact) {
      fits = {allowed};
      exact = true;
      best = how;
    } else if (how == Conversion::kImplicit && !exact) {
      fits.push_back(allowed);
      best = how;
    } else if (how == Conversion::kCast && best == Conversion::kNever) {
      best = how;
    }
  }
  if (fits.size() == 1) {
    out.path.push_back({.slot = &program_->slots.get(where.parent, *where.child, fits.front())});
    return true;
  }
  const std::string from = to_text(type);
  if (fits.size() > 1) {
    report(Code::kChoiceNeedsType, span,
           fmt::format("{} fits several types of `{}`", from, where.child->name),
           fmt::format("state one: cast(…, '{}')", to_text(fits.front())));
  } else if (where.child->types.size() == 1) {
    const std::string wanted = to_text(where.child->types.front());
    report(Code::kNoConversion, span,
           fmt::format("`{}` is {}, the source is {}", where.child->name, wanted, from),
           best == Conversion::kCast ? fmt::format("convert it: cast(…, '{}')", wanted) : "");
  } else {
    report(Code::kNotAllowedType, span, fmt::format("`{}` cannot be {}", where.child->name, from),
           "state one of its types: cast(…, 'type')");
  }
  return false;
}

bool Compiler::check_code(const Place& where, std::string_view system, std::string_view code,
                          const Span& span) {
  if (where.child && where.child->field != nullptr && where.child->field->enumeration != nullptr) {
    const ClinicEnum& wanted = *where.child->field->enumeration;
    if (wanted.find(code) != nullptr) return true;
    report(Code::kCodeNotInValueSet, span, fmt::format("{} is no value of {}", code, wanted.name));
    return false;
  }
  if (!where.child || where.child->element == nullptr) return true;
  const definitions::Binding* binding = where.child->element->binding;
  if (binding == nullptr || binding->strength != definitions::BindingStrength::kRequired ||
      binding->value_set == nullptr) {
    return true;
  }
  const bool found = system.empty()
                         ? definitions::find_code(*binding->value_set, code) != nullptr
                         : definitions::find_code(*binding->value_set, system, code) != nullptr;
  if (found) return true;
  std::vector<std::string_view> codes;
  for (const auto& item : binding->value_set->codes) codes.push_back(item.code);
  const std::string_view near = nearest(code, codes);
  std::string hint;
  if (!near.empty()) {
    hint = fmt::format("is {} meant?", near);
  } else if (codes.size() <= 12) {
    for (const std::string_view item : codes)
      hint += (hint.empty() ? "one of " : ", ") + std::string(item);
  }
  report(Code::kCodeNotInValueSet, span,
         fmt::format("{} is not in {}, to which `{}` is bound", code, binding->value_set_url,
                     where.child->name),
         std::move(hint));
  return false;
}

void Compiler::copy(plan::Target& out, const Place& where, plan::Value value, const Span& span) {
  const Type type = value.type;
  out.op = plan::Op::kValue;
  out.reads_source = value.kind == plan::Value::Kind::kVariable;
  if (!where.known) return;
  if (where.to_alias) {
    out.type = type;
    out.arguments.push_back(std::move(value));
    return;
  }
  if (!type.known()) {  // known only when running
    out.op = plan::Op::kDynamic;
    if (where.child) {
      for (const Type& allowed : where.child->types) {
        out.choices.emplace_back(to_text(allowed),
                                 &program_->slots.get(where.parent, *where.child, allowed));
      }
    }
    out.type = where.child && where.child->types.size() == 1 ? where.child->types.front() : Type{};
    out.arguments.push_back(std::move(value));
    return;
  }
  if (!settle(out, where, type, span)) return;
  const Type settled = where.child ? out.path.back().slot->type : where.parent;
  out.type = settled;
  if (type.primitive() == Primitive::kNone) {
    out.op = plan::Op::kCopyTree;
    if (type.is_clinic()) {
      report(Code::kNoConversion, span,
             fmt::format("{} is a message; copy() is for values", to_text(type)),
             "call a group that maps it");
    }
  } else {
    out.fits = type.primitive() == settled.primitive() && !is_bare(settled.primitive());
  }
  out.arguments.push_back(std::move(value));
}

}  // namespace kap::mappings
