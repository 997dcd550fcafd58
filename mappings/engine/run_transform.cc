#include <cctype>
#include <charconv>
#include <cstring>
#include <new>

#include <fmt/format.h>

#include "mappings/engine/clinic_model.h"
#include "mappings/engine/date_format.h"
#include "mappings/engine/runner.h"

namespace kap::mappings {

using definitions::Primitive;
using fhir::path::Collection;
using fhir::path::Element;

Text Runner::transform(const plan::Target& target, const Var* vars) {
  switch (target.op) {
    case plan::Op::kAppend:
      return append(target, vars);
    case plan::Op::kTruncate:
      return truncate(target, vars);
    case plan::Op::kEscape:
      return escape(target, vars);
    case plan::Op::kDateOp:
      return date_op(target, vars);
    case plan::Op::kUuid:
      return uuid(target);
    case plan::Op::kReference:
    case plan::Op::kPointer:
      return reference(target, vars);
    case plan::Op::kCast: {
      const Text from = read(target.arguments[0], vars);
      if (!from.present) return {};
      const auto to = cast(target, from);
      return to ? *to : Text{};
    }
    default:
      return {};
  }
}

Text Runner::append(const plan::Target& target, const Var* vars) {
  std::size_t size = 0;
  const std::size_t count = target.arguments.size();
  auto* parts = static_cast<Text*>(arena_.bump(count * sizeof(Text), alignof(Text)));
  bool any = false;
  for (std::size_t i = 0; i < count; ++i) {
    new (&parts[i]) Text(read(target.arguments[i], vars));
    size += parts[i].present ? parts[i].text.size() : 0;
    any = any || parts[i].present;
  }
  if (!any || size == 0) return {};
  auto* bytes = static_cast<char*>(arena_.bump(size, 1));
  char* to = bytes;
  for (std::size_t i = 0; i < count; ++i) {
    if (!parts[i].present) continue;
    std::memcpy(to, parts[i].text.data(), parts[i].text.size());
    to += parts[i].text.size();
  }
  return {.text = {bytes, size}, .primitive = Primitive::kString, .present = true};
}

Text Runner::truncate(const plan::Target& target, const Var* vars) {
  Text text = read(target.arguments[0], vars);
  const Text length = read(target.arguments[1], vars);
  std::size_t wanted = 0;
  const char* end = length.text.data() + length.text.size();
  if (!length.present || std::from_chars(length.text.data(), end, wanted).ec != std::errc()) {
    report(Code::kConversionFailed, target.origin, "the length of truncate() is no number");
    return {};
  }
  std::size_t at = 0;
  for (std::size_t count = 0; at < text.text.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(text.text[at]) & 0xC0U) != 0x80U;
    if (begins && count++ == wanted) break;
  }
  text.text = text.text.substr(0, at);
  text.present = text.present && at > 0;
  return text;
}

Text Runner::escape(const plan::Target& target, const Var* vars) {
  const Text from = read(target.arguments[0], vars);
  if (!from.present) return {};
  const auto is_markup = [](std::string_view format) {
    return format == "html" || format == "xml";
  };
  const std::string_view source = target.arguments[1].text;
  const std::string_view wanted = target.arguments[2].text;
  std::string out(from.text);
  struct Entity {
    std::string_view plain, escaped;
  };
  static constexpr Entity kEntities[] = {
      {"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}};
  const auto replace = [&out](std::string_view what, std::string_view by) {
    for (std::size_t at = 0; (at = out.find(what, at)) != std::string::npos; at += by.size()) {
      out.replace(at, what.size(), by);
    }
  };
  if (is_markup(source)) {
    for (std::size_t i = std::size(kEntities); i-- > 0;) {
      replace(kEntities[i].escaped, kEntities[i].plain);
    }
  }
  if (is_markup(wanted)) {
    for (const Entity& entity : kEntities) replace(entity.plain, entity.escaped);
  }
  return {.text = keep(out), .primitive = Primitive::kString, .present = true};
}

Text Runner::date_op(const plan::Target& target, const Var* vars) {
  const Text from = read(target.arguments[0], vars);
  if (!from.present) return {};
  const Primitive wanted = target.type.primitive();
  std::string_view format;
  if (target.arguments.size() > 1) format = target.arguments[1].text;
  const auto text = format.empty() ? std::optional(std::string(from.text))
                                   : parse_date_format(from.text, format, wanted);
  if (!text || !is_valid(wanted, *text)) {
    report(Code::kConversionFailed, target.origin,
           format.empty() ? fmt::format("the value is no {}", to_text(wanted))
                          : fmt::format("the value does not have the format {}", format));
    return {};
  }
  return {.text = keep(*text), .primitive = wanted, .present = true};
}

Text Runner::uuid(const plan::Target& target) {
  if (!options_.uuid) {
    report(Code::kNotSupportedTransform, target.origin,
           "uuid() would make another id at every run of the same record");
    return {};
  }
  return {.text = keep(options_.uuid()), .primitive = Primitive::kString, .present = true};
}

Text Runner::reference(const plan::Target& target, const Var* vars) {
  const Var& var = vars[target.arguments[0].variable];
  std::string_view type;
  std::string_view id;
  if (var.kind == Var::Kind::kNode && var.node->type != nullptr) {
    type = var.node->type->name;
    if (const OutNode* node = find_child(*var.node, "id")) id = node->view();
  } else if (var.kind == Var::Kind::kElement) {
    Collection found;
    type = var.element.model->type(var.element).name;
    var.element.model->children(var.element, "id", found);
    if (!found.empty()) id = text_of(found.front()).text;
  }
  if (type.empty() || id.empty()) {
    report(Code::kNoResourceId, target.origin, "a resource without id cannot be referred to");
    return {};
  }
  return {.text = keep(fmt::format("{}/{}", type, id)),
          .primitive = Primitive::kString,
          .present = true};
}

std::optional<Text> Runner::cast(const plan::Target& target, const Text& from) {
  const Primitive to = target.type.primitive();
  if (target.fits) return from;
  std::string_view text = from.text;
  if (to == Primitive::kDate && from.primitive == Primitive::kDateTime) text = text.substr(0, 10);
  const bool integer = is_bare(to) && to != Primitive::kDecimal && to != Primitive::kBoolean;
  if (integer && from.primitive == Primitive::kDecimal) {
    // 12.0 is an integer, 12.5 is none.
    const auto decimal = fhir::path::Decimal::parse(text);
    const auto whole = decimal ? decimal->to_integer() : std::nullopt;
    if (whole) text = keep(fmt::format("{}", *whole));
  }
  if (!is_valid(to, text)) {
    report(Code::kConversionFailed, target.origin,
           fmt::format("the value does not become a {}", to_text(to)));
    return std::nullopt;
  }
  return Text{.text = text, .primitive = to, .present = true};
}

const plan::CodeTable::Target* Runner::translate_code(const plan::Target& target,
                                                      std::string_view system,
                                                      std::string_view code,
                                                      plan::CodeTable::Target& scratch) {
  const plan::CodeTable& table = *target.codes;
  if (system.empty()) {
    const auto found = table.by_code.find(code);
    if (found != table.by_code.end()) return &table.targets[found->second];
  }
  const auto to = table.terminology->translate(*table.map, system, code);
  if (!to.has_value()) {
    report(Code::kUnmappedCode, target.origin,
           fmt::format("{} does not translate this code", table.url));
    return nullptr;
  }
  scratch = {.found = true,
             .system = std::string(to->system),
             .code = std::string(to->code),
             .display = std::string(to->display),
             .bytes = {}};
  scratch.bytes = translation_json(*to, table.output);
  return &scratch;
}

void Runner::translate(const plan::Target& target, Var* vars) {
  const plan::Value& from = target.arguments[0];
  const Var* var = from.kind == plan::Value::Kind::kVariable ? &vars[from.variable] : nullptr;
  const plan::CodeTable& table = *target.codes;
  const plan::CodeTable::Target* to = nullptr;
  plan::CodeTable::Target scratch;
  const bool is_element = var != nullptr && var->kind == Var::Kind::kElement;
  if (table.enumeration != nullptr && is_element && var->element.aux != nullptr) {
    const auto& slot = *static_cast<const WireSlot*>(var->element.node);
    if (!slot.present) return;
    const ClinicEnumValue* value = table.enumeration->find(slot.number);
    if (value != nullptr)
      to = &table.by_enum[static_cast<std::size_t>(value - table.enumeration->values.data())];
    if (to == nullptr || !to->found) {
      to = translate_code(target, {}, value == nullptr ? "" : value->name, scratch);
    }
  } else {
    const Text text = read(from, vars);
    if (text.present) {
      to = translate_code(target, {}, text.text, scratch);
    } else if (is_element) {
      Collection codings;
      var->element.model->children(var->element, "coding", codings);
      const Element coding = codings.empty() ? var->element : codings.front().as_element();
      Collection system;
      Collection code;
      coding.model->children(coding, "system", system);
      coding.model->children(coding, "code", code);
      if (code.empty()) return;
      const Text system_text = system.empty() ? Text{} : text_of(system.front());
      to = translate_code(target, system_text.text, text_of(code.front()).text, scratch);
    }
  }
  if (to == nullptr) return;
  if (target.type.primitive() == Primitive::kNone) {
    write_raw(target, to == &scratch ? keep(scratch.bytes) : std::string_view(to->bytes), vars);
    return;
  }
  const std::string& text =
      table.output == plan::TranslateOutput::kCode
          ? to->code
          : (table.output == plan::TranslateOutput::kSystem ? to->system : to->display);
  write(target,
        {.text = to == &scratch ? keep(text) : std::string_view(text),
         .primitive = target.type.primitive(),
         .present = !text.empty()},
        vars);
}

void Runner::build(const plan::Target& target, Var* vars) {
  create(target, vars);
  OutNode* root = target.variable != plan::kNoVariable ? vars[target.variable].node : created_;
  if (root == nullptr || root->kind != OutNode::Kind::kObject) return;
  std::array<OutNode*, 16> made{};
  for (std::size_t i = 0; i < target.build.size(); ++i) {
    const plan::BuildStep& step = target.build[i];
    OutNode* parent = step.parent < 0 ? root : made[static_cast<std::size_t>(step.parent)];
    if (!step.value) {
      made[i] = add(*parent, *step.slot, false);
      made[i]->kind = OutNode::Kind::kObject;
      made[i]->first = nullptr;
      continue;
    }
    const Text text = read(*step.value, vars);
    if (!text.present || text.text.empty()) continue;
    set(*add(*parent, *step.slot, false), target, step.slot, text);
  }
}

void Runner::build_text(const plan::Target& target, Var* vars) {
  const Text from = read(target.arguments[0], vars);
  if (!from.present) return;
  plan::Target settled = target;
  std::string_view text = from.text;
  const auto fill = [&](std::size_t step, std::string_view value) {
    settled.build[step].value->text = std::string(value);
  };
  if (target.op == plan::Op::kContactText) {
    const bool mail = text.find('@') != std::string_view::npos;
    const bool url = text.find("://") != std::string_view::npos;
    fill(0, mail ? "email" : (url ? "url" : "phone"));
    fill(1, text);
  } else {
    std::size_t at = 0;
    while (at < text.size() && (text[at] == '<' || text[at] == '>' || text[at] == '=')) ++at;
    fill(0, text.substr(0, at));
    while (at < text.size() && text[at] == ' ') ++at;
    const std::size_t number = at;
    while (at < text.size() && text[at] != ' ' &&
           std::isalpha(static_cast<unsigned char>(text[at])) == 0 && text[at] != '%') {
      ++at;
    }
    fill(1, text.substr(number, at - number));
    while (at < text.size() && text[at] == ' ') ++at;
    fill(2, text.substr(at));
  }
  // The text of the steps must outlive the nodes.
  for (plan::BuildStep& step : settled.build) {
    if (step.value) step.value->primitive = Primitive::kString;
  }
  kept_targets_.push_back(std::make_unique<plan::Target>(std::move(settled)));
  build(*kept_targets_.back(), vars);
}

}  // namespace kap::mappings
