#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "mappings/engine/clinic_model.h"
#include "mappings/engine/compiler.h"
#include "mappings/engine/predicate.h"

namespace kap::mappings {

using Mode = ast::Parameter::Mode;

void Compiler::source(const ast::Source& source, plan::Rule& rule, RuleContext& context) {
  plan::Source out;
  out.origin = origin(source.path.span());
  out.list = source.list;
  const ast::Name& head = source.path.parts.front();
  const Binding* from = find(head.text, Mode::kSource);
  if (from == nullptr) {
    const bool is_target = find(head.text, Mode::kTarget) != nullptr;
    report(is_target ? Code::kSourceIsTarget : Code::kUnknownVariable, head.span,
           is_target ? fmt::format("{} is a target; a rule reads from sources", head.text)
                     : fmt::format("there is no source {}", head.text));
    rule.sources.clear();
    declare(source.alias ? *source.alias : ast::Name{.text = "", .span = head.span}, Mode::kSource,
            {});
    return;
  }
  out.context = from->variable;
  Type type = from->type;
  bool is_list = false;
  read(source, out, type, is_list);
  const ast::Name hidden{.text = std::string(), .span = head.span};
  out.variable = declare(source.alias ? *source.alias : hidden, Mode::kSource, type);
  if (source.default_value) out.default_value = expression(*source.default_value, type);
  out.where = condition(source.where, type);
  out.check = condition(source.check, type);
  if (source.log) out.log = expression(*source.log, type);
  const bool bare = !out.check.stated() && out.log == nullptr &&
                    out.list == ast::SourceList::kNone && !out.cardinality &&
                    out.default_value == nullptr && out.type_filter.empty();
  out.plain = bare && !out.where.stated();
  out.only_where = bare && out.where.stated();
  const bool one = source.list == ast::SourceList::kFirst ||
                   source.list == ast::SourceList::kLast ||
                   source.list == ast::SourceList::kOnlyOne;
  const bool at_most_one =
      source.cardinality && source.cardinality->max && *source.cardinality->max <= 1;
  context.is_list = context.is_list || (is_list && !one && !at_most_one);
  context.has_where = context.has_where || source.where.has_value();
  if (context.focus_variable == plan::kNoVariable) {
    context.focus = type;
    context.focus_variable = out.variable;
  }
  rule.sources.push_back(std::move(out));
}

void Compiler::read(const ast::Source& source, plan::Source& out, Type& type, bool& is_list) {
  const auto& parts = source.path.parts;
  if (parts.size() > 2) {
    report(Code::kUnexpectedToken, parts[2].span, "a source is a variable and one element of it",
           fmt::format("read step by step: `{}.{} as v then {{ v.{} … }}`", parts[0].text,
                       parts[1].text, parts[2].text));
  }
  std::optional<Child> child;
  if (parts.size() == 1) {
    out.read = plan::Read::kSelf;
    cardinality(source, out, 1);
  } else {
    const ast::Name& element = parts[1];
    out.name = element.text;
    out.read = plan::Read::kModel;
    if (type.known()) {
      child = find_child(type, element.text);
      if (!child) {
        unknown_element(type, element);
        type = {};
      } else {
        if (child->field != nullptr) {
          out.read = plan::Read::kClinicField;
          out.field = child->field;
        } else if (child->element == nullptr) {
          out.read = plan::Read::kValue;
        }
        is_list = child->is_list();
        cardinality(source, out, child->max);
        type = child->types.size() == 1 ? child->types.front() : Type{};
      }
    } else {
      is_list = true;
      cardinality(source, out, definitions::kUnbounded);
    }
  }
  filter(source, out, type, child ? &*child : nullptr);
}

void Compiler::filter(const ast::Source& source, plan::Source& out, Type& type,
                      const Child* child) {
  if (!source.type) return;
  const Type wanted = type_name(*source.type);
  if (!wanted.known()) return;
  out.type_filter = wanted.fhir != nullptr ? std::string(wanted.fhir->name) : to_text(wanted);
  if (child != nullptr && type.is_clinic()) {
    // A clinic field has one type: the filter states it again.
    const bool same = wanted == type || (wanted.fhir != nullptr &&
                                         type.primitive() != definitions::Primitive::kNone &&
                                         wanted.primitive() == type.primitive());
    if (!same) {
      report(Code::kTypeFilterNeverMatches, source.type->span,
             fmt::format("this is always {}, never {}", to_text(type), source.type->text));
    }
    out.type_filter.clear();
    return;
  }
  if (child != nullptr && !child->types.empty()) {
    const bool possible = std::ranges::any_of(child->types, [&](const Type& one) {
      return one.fhir == nullptr || wanted.fhir == nullptr ||
             definitions::is_a(*wanted.fhir, *one.fhir);
    });
    if (!possible) {
      report(Code::kTypeFilterNeverMatches, source.type->span,
             fmt::format("{} never has the type {}", child->name, source.type->text));
    }
  }
  type = wanted;
}

void Compiler::cardinality(const ast::Source& source, plan::Source& out, std::uint32_t max) {
  if (!source.cardinality) return;
  out.cardinality = source.cardinality;
  const auto& stated = *source.cardinality;
  if (stated.min > max || (stated.max && *stated.max < stated.min)) {
    report(Code::kCardinalityNeverHolds, stated.span,
           max == definitions::kUnbounded
               ? std::string("the minimum is above the maximum")
               : fmt::format("the element occurs at most {} times", max));
  }
}

plan::Condition Compiler::condition(const std::optional<ast::Expression>& text, const Type& focus) {
  plan::Condition out;
  if (!text) return out;
  out.expression = expression(*text, focus);
  if (out.expression != nullptr && out.expression->variables.empty() &&
      out.expression->constants.empty() && focus.message != nullptr) {
    out.direct = parse_predicate(text->text, *focus.message);
  }
  return out;
}

/// The names in `text` that are variables or constants in scope.
void Compiler::referenced(std::string_view text, std::vector<std::string>& names,
                          std::vector<Type>& types, plan::Expression& out, const Span& span) {
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\'') {
      for (++i; i < text.size() && text[i] != '\''; ++i) {
        if (text[i] == '\\') ++i;
      }
      ++i;
      continue;
    }
    if (std::isalpha(static_cast<unsigned char>(c)) == 0 && c != '_') {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    while (i < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[i])) != 0 || text[i] == '_')) {
      ++i;
    }
    const std::string_view word = text.substr(begin, i - begin);
    if (std::ranges::count(names, word) != 0) continue;
    const bool head = begin == 0 || text[begin - 1] != '.';
    const bool is_call = i < text.size() && text[i] == '(';
    if (!head || is_call) continue;
    const Binding* found = find(word, Mode::kSource);
    if (found == nullptr) {
      found = find(word, Mode::kTarget);
      if (found != nullptr && !found->is_value) {
        const bool percent = begin > 0 && text[begin - 1] == '%';
        if (percent) {
          report(Code::kBadExpression, span,
                 fmt::format("{} is a target; FHIRPath reads sources", word));
        }
        continue;
      }
    }
    if (found != nullptr) {
      names.emplace_back(word);
      types.push_back(found->type);
      out.variables.push_back(found->variable);
    }
  }
  // Constants come after the variables, in the order of declaration.
  for (const auto& [name, index] : map().constants) {
    if (std::ranges::count(names, name) != 0) continue;
    const std::size_t at = text.find(name);
    if (at == std::string_view::npos) continue;
    names.push_back(name);
    types.emplace_back();
    out.constants.push_back(index);
  }
}

std::shared_ptr<const plan::Expression> Compiler::expression(const ast::Expression& text,
                                                             const Type& focus) {
  std::vector<std::string> names;
  std::vector<Type> types;
  plan::Expression references{.compiled = {}, .variables = {}, .constants = {}, .origin = {}};
  referenced(text.text, names, types, references, text.span);
  fhir::path::CompileOptions options;
  options.variables = names;
  options.variable_syntax = fhir::path::CompileOptions::Variables::kBare;
  options.origin = text.span.at;
  // Over FHIR instances names are resolved while running, so that fhir_model() sees all of them.
  std::vector<const void*> handles;
  const bool clinic =
      focus.fhir == nullptr && (focus.is_clinic() || std::ranges::any_of(types, &Type::is_clinic));
  if (clinic) {
    for (const Type& type : types) {
      const ClinicType* handle = type.message;
      handles.push_back(type.scalar != nullptr ? type.scalar : handle);
    }
    options.model = &clinic_model();
    options.variable_types = handles;
    if (focus.message != nullptr) options.context_type = focus.message->name;
    options.names = fhir::path::Names::kStrict;
  }
  auto compiled = fhir::path::Expression::compile(text.text, options);
  if (!compiled.has_value()) {
    for (const Issue& issue : compiled.error().issues()) {
      Span span = text.span;
      if (issue.position) span.at = *issue.position;
      // The position stands in front of the message already.
      std::string_view what = issue.diagnostics;
      const std::size_t colon = what.find(": ");
      if (issue.position && what.starts_with("FHIRPath ") && colon != std::string_view::npos) {
        what.remove_prefix(colon + 2);
      }
      report(Code::kBadExpression, span, std::string(what));
    }
    return nullptr;
  }
  references.compiled = std::move(*compiled);
  references.origin = origin(text.span);
  return std::make_shared<const plan::Expression>(std::move(references));
}

}  // namespace kap::mappings
