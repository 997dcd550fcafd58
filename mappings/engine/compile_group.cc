#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "mappings/engine/compiler.h"

namespace kap::mappings {

using Mode = ast::Parameter::Mode;

void Compiler::report(Code code, const Span& span, std::string message, std::string hint,
                      Diagnostic::Severity severity) {
  const ast::Map& where = map().map;
  diagnostics_.add({.severity = severity,
                    .code = code,
                    .file = where.file,
                    .span = span,
                    .message = std::move(message),
                    .hint = std::move(hint),
                    .source_line = std::string(line_of(where.source, span.at.line))});
}

plan::Origin Compiler::origin(const Span& span) const { return {.map = body_.map, .span = span}; }

void Compiler::unknown_element(const Type& type, const ast::Name& name) {
  const auto names = child_names(type);
  const std::string_view near = nearest(name.text, names);
  std::string hint = near.empty() ? std::string() : fmt::format("is `{}` meant?", near);
  if (type.fhir != nullptr) {
    if (const auto* member = definitions::resolve_member(*type.fhir, name.text)) {
      hint = fmt::format(
          "a choice is named without its type: `{}`, with the type from create(), "
          "cast() or the source's type filter",
          member->element->name);
    }
  }
  report(Code::kUnknownElement, name.span,
         fmt::format("{} has no element `{}`", to_text(type), name.text), std::move(hint));
}

const Compiler::Binding* Compiler::find(std::string_view name, Mode mode) const {
  for (auto i = body_.scope.rbegin(); i != body_.scope.rend(); ++i) {
    if (i->mode == mode && i->name == name) return &*i;
  }
  return nullptr;
}

plan::Variable Compiler::hidden_variable() {
  const auto variable = static_cast<plan::Variable>(body_.next_variable++);
  if (body_.group != nullptr) {
    body_.group->variables = std::max(body_.group->variables, body_.next_variable);
  }
  return variable;
}

plan::Variable Compiler::declare(const ast::Name& name, Mode mode, const Type& type,
                                 bool is_value) {
  const plan::Variable variable = hidden_variable();
  body_.scope.push_back(
      {.name = name.text, .mode = mode, .type = type, .variable = variable, .is_value = is_value});
  return variable;
}

std::optional<Compiler::GroupRef> Compiler::find_group(std::string_view name) const {
  for (const std::uint32_t index : map().scope) {
    for (const ast::Group& group : maps_[index]->map.groups) {
      if (group.name.text == name) return GroupRef{.map = index, .group = &group};
    }
  }
  return std::nullopt;
}

std::optional<Compiler::GroupRef> Compiler::default_group(const Type& source, const Type& target,
                                                          bool choice) const {
  if (!source.known() || (!choice && !target.known())) return std::nullopt;
  for (const std::uint32_t index : map().scope) {
    for (const ast::Group& group : maps_[index]->map.groups) {
      using Default = ast::Group::Default;
      if (group.default_for == Default::kNone || group.parameters.size() != 2) continue;
      if (choice && group.default_for != Default::kTypePlus) continue;
      if (!group.parameters[0].type || !group.parameters[1].type) continue;
      const auto type_in_map = [&](const ast::Name& name) {
        const auto found = maps_[index]->structures.find(name.text);
        return found != maps_[index]->structures.end() ? found->second : find_type(name.text);
      };
      if (type_in_map(*group.parameters[0].type) == source &&
          (choice || type_in_map(*group.parameters[1].type) == target)) {
        return GroupRef{.map = index, .group = &group};
      }
    }
  }
  return std::nullopt;
}

/// The declared types, in the scope of the group's own map.
std::vector<Type> Compiler::parameter_types(const GroupRef& ref) {
  const std::uint32_t saved = std::exchange(body_.map, ref.map);
  std::vector<Type> out;
  for (const ast::Parameter& parameter : ref.group->parameters) {
    out.push_back(parameter.type ? type_name(*parameter.type) : Type{});
  }
  body_.map = saved;
  return out;
}

std::uint32_t Compiler::instantiate(const GroupRef& ref, std::vector<Type> types) {
  for (const Instance& instance : instances_) {
    if (instance.group == ref.group && instance.types == types) return instance.index;
  }
  const auto index = static_cast<std::uint32_t>(program_->groups.size());
  instances_.push_back({.group = ref.group, .types = types, .index = index});
  compiled_groups_.push_back(ref.group);
  plan::Group& out = program_->groups.emplace_back();
  out.name = ref.group->name.text;
  out.parameters = std::move(types);
  Body saved = std::exchange(body_, Body{});
  body_.map = ref.map;
  body_.group = &out;
  out.origin = origin(ref.group->name.span);
  body(*ref.group, out);
  body_ = std::move(saved);
  return index;
}

void Compiler::body(const ast::Group& group, plan::Group& out) {
  for (std::size_t i = 0; i < group.parameters.size(); ++i) {
    const ast::Parameter& parameter = group.parameters[i];
    out.modes.push_back(parameter.mode);
    declare(parameter.name, parameter.mode, out.parameters[i]);
    if (parameter.mode == Mode::kTarget && !out.parameters[i].known()) out.runnable = false;
  }
  if (group.extends) extend(group, out);
  block(group.rules, out.rules, out.shares);
}

void Compiler::extend(const ast::Group& group, plan::Group& out) {
  const auto base = find_group(group.extends->text);
  if (!base) {
    report(Code::kUnknownGroup, group.extends->span,
           fmt::format("there is no group {}", group.extends->text));
    return;
  }
  const ast::Group* step = base->group;
  for (std::size_t i = 0; i <= 64; ++i) {
    if (step == &group || i == 64) {
      report(Code::kExtendsCycle, group.extends->span,
             fmt::format("{} extends itself", group.name.text));
      return;
    }
    if (!step->extends) break;
    const auto next = find_group(step->extends->text);
    if (!next) break;
    step = next->group;
  }
  plan::Call call;
  call.origin = origin(group.extends->span);
  std::vector<Type> types;
  const std::vector<Type> declared = parameter_types(*base);
  for (std::size_t i = 0; i < base->group->parameters.size(); ++i) {
    const ast::Parameter& wanted = base->group->parameters[i];
    const Binding* own = find(wanted.name.text, wanted.mode);
    if (own == nullptr) {
      report(Code::kExtendsParameters, group.extends->span,
             fmt::format("{} has a parameter {} that this group lacks", base->group->name.text,
                         wanted.name.text),
             "a group has all parameters of the group it extends, by name and mode");
      return;
    }
    call.arguments.push_back(own->variable);
    // A base for an ancestor type (DomainResource) works on the type of the extending group.
    types.push_back(own->type.known() ? own->type : declared[i]);
  }
  call.group = instantiate(*base, std::move(types));
  out.before.push_back(std::move(call));
}

void Compiler::block(const std::vector<ast::Rule>& rules, std::vector<plan::Rule>& out,
                     std::vector<plan::Variable>& shares) {
  body_.shares.emplace_back();
  for (const ast::Rule& item : rules) {
    const std::size_t scope = body_.scope.size();
    const std::uint32_t variables = body_.next_variable;
    plan::Rule compiled;
    rule(item, compiled);
    out.push_back(std::move(compiled));
    body_.scope.resize(scope);
    // A shared element outlives its rule, so its variable is not used again.
    if (body_.shares.back().empty()) body_.next_variable = variables;
  }
  for (const auto& [name, variable] : body_.shares.back()) shares.push_back(variable);
  body_.shares.pop_back();
}

void Compiler::rule(const ast::Rule& rule, plan::Rule& out) {
  out.origin = origin(rule.span);
  if (rule.name) out.name = rule.name->text;
  RuleContext context{.rule = &rule, .focus = {}, .fresh = {}};
  for (const ast::Source& item : rule.sources) source(item, out, context);
  if (simple_form(rule, out, context)) return;
  for (const ast::Target& item : rule.targets) target(item, out, context);
  for (const ast::Call& item : rule.calls) call(item, out);
  if (rule.has_block) block(rule.rules, out.rules, out.shares);
}

/// `src.a -> tgt.b;` with a default group for its types.
bool Compiler::simple_form(const ast::Rule& rule, plan::Rule& out, const RuleContext& context) {
  if (rule.sources.size() != 1 || rule.targets.size() != 1 || !rule.calls.empty() ||
      rule.has_block) {
    return false;
  }
  const ast::Source& from = rule.sources.front();
  const ast::Target& to = rule.targets.front();
  if (from.alias || to.alias || to.transform || !to.path || to.path->parts.size() < 2 ||
      from.path.parts.size() < 2) {
    return false;
  }
  if (out.sources.empty()) return true;
  const Binding source = body_.scope.back();  // the hidden variable of the source
  plan::Target target;
  Place where;
  target.origin = origin(to.span);
  if (!place(to, target, where)) return true;
  const bool choice = where.child && where.child->types.size() > 1;
  const Type wanted =
      where.child && !choice && !where.child->types.empty() ? where.child->types.front() : Type{};
  const auto group = default_group(source.type, wanted, choice);
  if (group) {
    const std::vector<Type> types = parameter_types(*group);
    if (!settle(target, where, types[1], to.span)) return true;
    target.op = plan::Op::kCreate;
    target.type = types[1];
    target.variable = hidden_variable();
    plan::Call call;
    call.origin = origin(rule.span);
    call.arguments = {source.variable, target.variable};
    call.group = instantiate(*group, types);
    out.calls.push_back(std::move(call));
  } else {
    plan::Value value{.kind = plan::Value::Kind::kVariable,
                      .primitive = source.type.primitive(),
                      .variable = source.variable,
                      .type = source.type};
    copy(target, where, std::move(value), rule.span);
  }
  list_mode(to, target, where, context);
  out.targets.push_back(std::move(target));
  return true;
}

std::optional<Compiler::Binding> Compiler::argument(const ast::Argument& argument,
                                                    const ast::Parameter& parameter) {
  if (argument.kind != ast::Argument::Kind::kVariable || argument.variable.parts.size() != 1) {
    report(Code::kArgumentMode, argument.span(), "a group takes variables",
           "give the value a variable first: `src -> (…) as v then group(v, tgt)`");
    return std::nullopt;
  }
  const ast::Name& name = argument.variable.parts.front();
  const Binding* found = find(name.text, parameter.mode);
  if (found != nullptr) return *found;
  const bool wants_source = parameter.mode == Mode::kSource;
  const Binding* other = find(name.text, wants_source ? Mode::kTarget : Mode::kSource);
  if (other != nullptr) {
    report(Code::kArgumentMode, name.span,
           fmt::format("{} is a {}, the parameter {} is a {}", name.text,
                       wants_source ? "target" : "source", parameter.name.text,
                       wants_source ? "source" : "target"));
  } else {
    report(Code::kUnknownVariable, name.span, fmt::format("there is no variable {}", name.text));
  }
  return std::nullopt;
}

void Compiler::call(const ast::Call& call, plan::Rule& out) {
  const auto group = find_group(call.name.text);
  if (!group) {
    std::vector<std::string_view> names;
    for (const std::uint32_t index : map().scope) {
      for (const ast::Group& item : maps_[index]->map.groups) names.push_back(item.name.text);
    }
    const std::string_view near = nearest(call.name.text, names);
    report(Code::kUnknownGroup, call.name.span, fmt::format("there is no group {}", call.name.text),
           near.empty() ? "" : fmt::format("is {} meant?", near));
    return;
  }
  const auto& parameters = group->group->parameters;
  if (call.arguments.size() != parameters.size()) {
    report(Code::kArgumentCount, call.name.span,
           fmt::format("{} takes {} arguments, not {}", call.name.text, parameters.size(),
                       call.arguments.size()));
    return;
  }
  plan::Call made;
  made.origin = origin(call.name.span);
  std::vector<Type> types = parameter_types(*group);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto given = argument(call.arguments[i], parameters[i]);
    if (!given) return;
    made.arguments.push_back(given->variable);
    if (!given->type.known()) continue;
    if (!types[i].known()) {
      types[i] = given->type;
    } else if (!(types[i] == given->type)) {
      const bool derived = types[i].fhir != nullptr && given->type.fhir != nullptr &&
                           definitions::is_a(*given->type.fhir, *types[i].fhir);
      if (!derived) {
        report(Code::kArgumentType, call.arguments[i].span(),
               fmt::format("this is {}, the parameter {} of {} is {}", to_text(given->type),
                           parameters[i].name.text, call.name.text, to_text(types[i])));
        return;
      }
      types[i] = given->type;
    }
  }
  made.group = instantiate(*group, std::move(types));
  out.calls.push_back(std::move(made));
}

void Compiler::compile_entries() {
  for (std::uint32_t i = 0; i < maps_.size(); ++i) {
    body_ = Body{};
    body_.map = i;
    const ast::Map& source = maps_[i]->map;
    if (source.groups.empty()) continue;
    const GroupRef ref{.map = i, .group = &source.groups.front()};
    const std::vector<Type> types = parameter_types(ref);
    plan::Entry entry{.url = source.url.text, .name = source.name.text, .source = {}, .target = {}};
    for (std::size_t p = 0; p < types.size(); ++p) {
      const bool is_source = ref.group->parameters[p].mode == Mode::kSource;
      Type& place = is_source ? entry.source : entry.target;
      if (!place.known()) place = types[p];
    }
    entry.group = instantiate(ref, types);
    program_->entries.push_back(std::move(entry));
  }
}

void Compiler::check_unused_groups() {
  for (std::uint32_t i = 0; i < maps_.size(); ++i) {
    for (const ast::Group& group : maps_[i]->map.groups) {
      if (std::ranges::count(compiled_groups_, &group) != 0) continue;
      body_ = Body{};
      body_.map = i;
      const GroupRef ref{.map = i, .group = &group};
      (void)instantiate(ref, parameter_types(ref));
    }
  }
}

}  // namespace kap::mappings
