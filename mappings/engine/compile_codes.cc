#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fhir/json/print.h"
#include "fhir/json/value.h"
#include "mappings/engine/compiler.h"
#include "mappings/engine/runner.h"

namespace kap::mappings {

using definitions::Primitive;
namespace terminology = fhir::terminology;

namespace {

std::string_view to_equivalence(std::string_view relation) {
  if (relation == "-") return "equivalent";
  if (relation == "==") return "equal";
  if (relation == "!=") return "disjoint";
  if (relation == "--") return "unmatched";
  if (relation == "<=") return "wider";
  if (relation == "<-") return "subsumes";
  if (relation == ">=") return "narrower";
  if (relation == ">-") return "specializes";
  return "inexact";
}

void quote(std::string& out, std::string_view name, std::string_view text) {
  if (!out.ends_with('{')) out += ',';
  fhir::json::print_string(name, out);
  out += ':';
  fhir::json::print_string(text, out);
}

std::string coding_json(const terminology::Translation& to) {
  std::string out = "{";
  if (!to.system.empty()) quote(out, "system", to.system);
  quote(out, "code", to.code);
  if (!to.display.empty()) quote(out, "display", to.display);
  return out + "}";
}

plan::CodeTable::Target to_target(const terminology::Translation& to,
                                  plan::TranslateOutput output) {
  plan::CodeTable::Target out{.found = true,
                              .system = std::string(to.system),
                              .code = std::string(to.code),
                              .display = std::string(to.display),
                              .bytes = {}};
  out.bytes = translation_json(to, output);
  return out;
}

std::string embedded_url(const ast::Map& map, std::string_view name) {
  return map.url.text + "#" + std::string(name.starts_with('#') ? name.substr(1) : name);
}

}  // namespace

std::string translation_json(const terminology::Translation& to, plan::TranslateOutput output) {
  std::string out;
  switch (output) {
    case plan::TranslateOutput::kCode:
      fhir::json::print_string(to.code, out);
      break;
    case plan::TranslateOutput::kSystem:
      fhir::json::print_string(to.system, out);
      break;
    case plan::TranslateOutput::kDisplay:
      fhir::json::print_string(to.display, out);
      break;
    case plan::TranslateOutput::kCoding:
      out = coding_json(to);
      break;
    case plan::TranslateOutput::kCodeableConcept:
      out = "{\"coding\":[" + coding_json(to) + "]}";
      break;
  }
  return out;
}

/// Embedded concept maps become ConceptMap resources with the url `map#name`.
void Compiler::embedded_concept_maps(MapInfo& info) {
  for (const ast::ConceptMap& from : info.map.concept_maps) {
    fhir::json::Document document;
    document.root = fhir::json::Document::object();
    auto& root = document.root;
    const auto text = [&](std::string_view value) { return document.string(value); };
    document.add(root, "resourceType", text("ConceptMap"));
    document.add(root, "url", text(embedded_url(info.map, from.url.text)));
    document.add(root, "status", text("active"));
    const auto url_of = [&](const ast::Name& prefix) -> std::string_view {
      for (const auto& item : from.prefixes) {
        if (item.name.text == prefix.text) return item.url.text;
      }
      report(Code::kConceptMapSyntax, prefix.span, fmt::format("no prefix {}", prefix.text),
             "declare it: prefix s = \"http://…\"");
      return {};
    };
    auto groups = fhir::json::Document::array();
    std::vector<std::string_view> systems;
    for (const auto& line : from.lines) {
      const std::string_view system = url_of(line.source_prefix);
      if (std::ranges::count(systems, system) == 0) systems.push_back(system);
    }
    for (const std::string_view system : systems) {
      auto group = fhir::json::Document::object();
      auto elements = fhir::json::Document::array();
      std::string_view target_system;
      for (const auto& line : from.lines) {
        if (url_of(line.source_prefix) != system) continue;
        auto target = fhir::json::Document::object();
        if (line.target_code) {
          target_system = url_of(*line.target_prefix);
          document.add(target, "code", text(line.target_code->text));
        }
        document.add(target, "equivalence", text(to_equivalence(line.relation.text)));
        auto targets = fhir::json::Document::array();
        document.append(targets, target);
        auto element = fhir::json::Document::object();
        document.add(element, "code", text(line.source_code.text));
        document.add(element, "target", targets);
        document.append(elements, element);
      }
      document.add(group, "source", text(system));
      document.add(group, "target", text(target_system));
      document.add(group, "element", elements);
      const bool provided = std::ranges::any_of(
          from.unmapped_provided, [&](const ast::Name& name) { return url_of(name) == system; });
      if (provided) {
        auto unmapped = fhir::json::Document::object();
        document.add(unmapped, "mode", text("provided"));
        document.add(group, "unmapped", unmapped);
      }
      document.append(groups, group);
    }
    document.add(root, "group", groups);
    const auto added = program_->terminology.add(root, info.map.file);
    if (!added.has_value()) {
      report(Code::kConceptMapSyntax, from.url.span, added.error().summary());
    }
  }
}

const terminology::ConceptMap* Compiler::concept_map(
    std::string_view url, const terminology::Terminology*& terminology) const {
  terminology = &program_->terminology;
  if (const auto* found = terminology->find_concept_map(embedded_url(map().map, url))) return found;
  terminology = options_.terminology;
  return terminology == nullptr ? nullptr : terminology->find_concept_map(url);
}

std::shared_ptr<const plan::CodeTable> Compiler::code_table(
    const terminology::ConceptMap& map, const terminology::Terminology& terminology,
    plan::TranslateOutput output, const plan::Value& source, const Span& span) {
  auto out = std::make_shared<plan::CodeTable>();
  out->map = &map;
  out->terminology = &terminology;
  out->url = map.url();
  out->output = output;
  out->enumeration = source.type.scalar != nullptr ? source.type.scalar->enumeration : nullptr;
  for (const auto& group : map.groups()) {
    for (const auto& element : group.elements) {
      if (out->by_code.contains(element.code)) continue;
      const auto to = terminology.translate(map, {}, element.code);
      if (!to.has_value()) continue;
      const std::string& code = out->codes.emplace_back(element.code);
      out->by_code.emplace(code, static_cast<std::uint32_t>(out->targets.size()));
      out->targets.push_back(to_target(*to, output));
    }
  }
  if (out->enumeration == nullptr) return out;
  std::string missing;
  for (const ClinicEnumValue& value : out->enumeration->values) {
    plan::CodeTable::Target& target = out->by_enum.emplace_back();
    if (value.number == 0) continue;
    const auto to = terminology.translate(map, {}, value.name);
    if (to.has_value()) {
      target = to_target(*to, output);
    } else {
      missing += (missing.empty() ? "" : ", ") + value.name;
    }
  }
  if (!missing.empty() && strict()) {
    report(Code::kConceptMapIncomplete, span,
           fmt::format("{} does not translate {}", map.url(), missing),
           "add the codes, or an `unmapped` policy to the ConceptMap's group");
  }
  return out;
}

void Compiler::translate(const ast::Call& call, plan::Target& out, const Place& where) {
  auto from = value(call.arguments[0]);
  const auto url = text_argument(call, 1, "the ConceptMap's url");
  if (!from || !url) return;
  std::string output = "CodeableConcept";
  if (call.arguments.size() == 3) {
    const auto stated = text_argument(call, 2, "the output");
    if (!stated) return;
    output = *stated;
  }
  struct Output {
    std::string_view name, type;
    plan::TranslateOutput output;
  };
  static constexpr Output kOutputs[] = {
      {"code", "code", plan::TranslateOutput::kCode},
      {"system", "uri", plan::TranslateOutput::kSystem},
      {"display", "string", plan::TranslateOutput::kDisplay},
      {"Coding", "Coding", plan::TranslateOutput::kCoding},
      {"coding", "Coding", plan::TranslateOutput::kCoding},
      {"CodeableConcept", "CodeableConcept", plan::TranslateOutput::kCodeableConcept},
      {"codeableconcept", "CodeableConcept", plan::TranslateOutput::kCodeableConcept}};
  const auto* kind = std::ranges::find(kOutputs, output, &Output::name);
  if (kind == std::end(kOutputs)) {
    report(Code::kTransformArguments, call.arguments.back().span(),
           fmt::format("translate() has no output {}", output),
           "code, system, display, Coding or CodeableConcept");
    return;
  }
  const terminology::Terminology* tables = nullptr;
  const auto* map = concept_map(*url, tables);
  if (map == nullptr) {
    report(Code::kUnknownConceptMap, call.arguments[1].span(),
           fmt::format("no ConceptMap {}", *url),
           "give it with the maps; an embedded one is named '#name'");
    return;
  }
  const bool coded = !from->type.known() || from->type.primitive() != Primitive::kNone ||
                     (from->type.fhir != nullptr && (from->type.fhir->name == "Coding" ||
                                                     from->type.fhir->name == "CodeableConcept"));
  if (!coded) {
    report(Code::kTransformArguments, call.arguments[0].span(),
           fmt::format("{} is no code, Coding or CodeableConcept", to_text(from->type)));
    return;
  }
  out.op = plan::Op::kTranslate;
  out.codes = code_table(*map, *tables, kind->output, *from, call.name.span);
  for (const auto& target : out.codes->targets) {
    const bool plain = kind->output == plan::TranslateOutput::kCode;
    if (kind->output == plan::TranslateOutput::kSystem ||
        kind->output == plan::TranslateOutput::kDisplay) {
      break;
    }
    if (!check_code(where, plain ? std::string_view() : std::string_view(target.system),
                    target.code, call.name.span)) {
      return;
    }
  }
  out.reads_source = from->kind == plan::Value::Kind::kVariable;
  out.arguments.push_back(std::move(*from));
  out.type = {.fhir = definitions::find_type(kind->type)};
  (void)settle(out, where, out.type, call.name.span);
}

}  // namespace kap::mappings
