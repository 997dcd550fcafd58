#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fhir/definitions/profiles.h"
#include "mappings/engine/compiler.h"
#include "mappings/engine/parser.h"

namespace kap::mappings {
namespace {

bool matches(std::string_view pattern, std::string_view url) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == url;
  const std::string_view head = pattern.substr(0, star);
  const std::string_view tail = pattern.substr(star + 1);
  return url.size() >= head.size() + tail.size() && url.starts_with(head) && url.ends_with(tail);
}

std::string_view last_segment(std::string_view url) {
  return url.substr(url.find_last_of('/') + 1);
}

}  // namespace

Compiler::Compiler(const CompileOptions& options, Diagnostics& diagnostics)
    : options_(options), diagnostics_(diagnostics), program_(std::make_shared<plan::Program>()) {}

std::shared_ptr<const plan::Program> compile(std::span<const MapText> maps,
                                             const CompileOptions& options,
                                             Diagnostics& diagnostics) {
  return Compiler(options, diagnostics).run(maps);
}

std::shared_ptr<const plan::Program> Compiler::run(std::span<const MapText> maps) {
  load(maps);
  if (diagnostics_.has_errors()) return nullptr;
  resolve_imports();
  for (std::uint32_t i = 0; i < maps_.size(); ++i) {
    body_.map = i;
    resolve_structures(*maps_[i]);
    embedded_concept_maps(*maps_[i]);
    check_names(*maps_[i]);
    declare_constants(i);
  }
  for (std::uint32_t i = 0; i < maps_.size(); ++i) constant_values(i);
  check_default_groups();
  compile_entries();
  check_unused_groups();
  return diagnostics_.has_errors() ? nullptr : program_;
}

void Compiler::load(std::span<const MapText> maps) {
  for (const MapText& text : maps) {
    program_->files.push_back({.name = text.file, .text = text.text});
    auto info = std::make_unique<MapInfo>();
    std::optional<ast::Map> parsed = parse_map(text.text, text.file, diagnostics_);
    if (parsed) info->map = std::move(*parsed);
    maps_.push_back(std::move(info));
  }
  for (std::uint32_t i = 0; i < maps_.size(); ++i) {
    for (std::uint32_t j = 0; j < i; ++j) {
      if (maps_[i]->map.url.text.empty() || maps_[i]->map.url.text != maps_[j]->map.url.text) {
        continue;
      }
      body_.map = i;
      report(Code::kDuplicateMap, maps_[i]->map.url.span,
             fmt::format("{} has this url too", maps_[j]->map.file));
    }
  }
}

void Compiler::resolve_imports() {
  for (std::uint32_t i = 0; i < maps_.size(); ++i) {
    body_.map = i;
    for (const ast::Import& import : maps_[i]->map.imports) {
      const bool any = std::ranges::any_of(maps_, [&](const auto& other) {
        return other != maps_[i] && matches(import.url.text, other->map.url.text);
      });
      if (!any) {
        report(Code::kUnknownImport, import.url.span,
               fmt::format("no map with the url {} was given", import.url.text),
               "give the imported files in the same call");
      }
    }
    std::vector<std::uint32_t>& scope = maps_[i]->scope;
    scope.push_back(i);
    for (std::size_t next = 0; next < scope.size(); ++next) {
      for (const ast::Import& import : maps_[scope[next]]->map.imports) {
        for (std::uint32_t j = 0; j < maps_.size(); ++j) {
          if (matches(import.url.text, maps_[j]->map.url.text) && !std::ranges::count(scope, j)) {
            scope.push_back(j);
          }
        }
      }
    }
  }
}

Type Compiler::structure_type(std::string_view url) const {
  if (const ClinicMessage* message = ClinicSchema::get().find_url(url)) return {.message = message};
  static constexpr std::string_view kBases[] = {"http://hl7.org/fhir/StructureDefinition/",
                                                "http://hl7.org/fhir/4.0/StructureDefinition/"};
  for (const std::string_view base : kBases) {
    if (!url.starts_with(base)) continue;
    if (const auto* type = definitions::find_type(url.substr(base.size()))) return {.fhir = type};
  }
  if (const auto* profile = definitions::find_profile(url)) {
    return {.fhir = definitions::find_type(profile->type)};
  }
  return {};
}

void Compiler::resolve_structures(MapInfo& info) {
  for (const ast::Structure& structure : info.map.structures) {
    const Type type = structure_type(structure.url.text);
    if (!type.known()) {
      report(Code::kUnknownStructure, structure.url.span,
             fmt::format("no structure definition {}", structure.url.text),
             "known are R4's (http://hl7.org/fhir/StructureDefinition/…), US Core's profiles and "
             "the clinic's logical models in mappings/models");
      continue;
    }
    const std::string name =
        structure.alias ? structure.alias->text : std::string(last_segment(structure.url.text));
    const auto [place, is_new] = info.structures.emplace(name, type);
    if (!is_new && !(place->second == type)) {
      report(Code::kDuplicateName, structure.alias ? structure.alias->span : structure.url.span,
             fmt::format("{} already names {}", name, to_text(place->second)),
             "give one of them another alias");
    }
  }
}

Type Compiler::find_type(std::string_view name) const {
  const auto found = map().structures.find(std::string(name));
  if (found != map().structures.end()) return found->second;
  if (const auto* type = definitions::find_type(name)) return {.fhir = type};
  if (const auto* message = ClinicSchema::get().find(name)) return {.message = message};
  return {};
}

Type Compiler::type_name(const ast::Name& name) {
  const Type type = find_type(name.text);
  if (!type.known()) {
    std::vector<std::string_view> known;
    for (const auto& [alias, unused] : map().structures) known.emplace_back(alias);
    for (const auto& candidate : definitions::all_types()) known.push_back(candidate.name);
    const std::string_view near = nearest(name.text, known);
    report(Code::kUnknownType, name.span, fmt::format("there is no type {}", name.text),
           near.empty() ? "a type is an alias of `uses`, or one of R4"
                        : fmt::format("is {} meant?", near));
  }
  return type;
}

void Compiler::check_names(MapInfo& info) {
  std::vector<std::string_view> names;
  for (const ast::Group& group : info.map.groups) {
    if (std::ranges::count(names, group.name.text) != 0) {
      report(Code::kDuplicateGroup, group.name.span,
             fmt::format("this map already has a group {}", group.name.text),
             "give it another name");
    }
    names.push_back(group.name.text);
    for (std::size_t i = 0; i < group.parameters.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const ast::Parameter& left = group.parameters[i];
        const ast::Parameter& right = group.parameters[j];
        if (left.name.text == right.name.text && left.mode == right.mode) {
          report(Code::kDuplicateVariable, left.name.span,
                 fmt::format("the group already has a parameter {}", left.name.text));
        }
      }
    }
  }
}

void Compiler::declare_constants(std::uint32_t map) {
  for (const ast::Constant& constant : maps_[map]->map.constants) {
    for (const auto& [name, unused] : maps_[map]->constants) {
      if (name == constant.name.text) {
        report(Code::kDuplicateName, constant.name.span,
               fmt::format("this map already has a constant {}", name));
      }
    }
    maps_[map]->constants.emplace_back(constant.name.text,
                                       static_cast<std::uint16_t>(program_->constants.size()));
    program_->constants.push_back({.name = constant.name.text, .literal = {}, .expression = {}});
  }
}

void Compiler::constant_values(std::uint32_t map) {
  body_.map = map;
  body_.scope.clear();
  for (std::size_t i = 0; i < maps_[map]->map.constants.size(); ++i) {
    const ast::Constant& constant = maps_[map]->map.constants[i];
    plan::Constant& out = program_->constants[maps_[map]->constants[i].second];
    out.expression = expression(constant.value, {});
    if (out.expression == nullptr) continue;
    for (const std::uint16_t used : out.expression->constants) {
      if (used >= maps_[map]->constants[i].second) {
        report(Code::kConstantCycle, constant.name.span,
               fmt::format("{} needs a constant that is declared after it", constant.name.text),
               "declare constants before they are used");
      }
    }
  }
}

void Compiler::check_default_groups() {
  for (std::uint32_t i = 0; i < maps_.size(); ++i) {
    body_.map = i;
    for (const ast::Group& group : maps_[i]->map.groups) {
      if (group.default_for == ast::Group::Default::kNone) continue;
      const bool shape = group.parameters.size() == 2 && group.parameters[0].type &&
                         group.parameters[1].type &&
                         group.parameters[0].mode == ast::Parameter::Mode::kSource &&
                         group.parameters[1].mode == ast::Parameter::Mode::kTarget;
      if (!shape) {
        report(Code::kArgumentCount, group.name.span,
               "a default group has one source and one target, both with types",
               "group name(source a : A, target b : B) <<types>>");
        continue;
      }
      const Type source = find_type(group.parameters[0].type->text);
      const Type target = find_type(group.parameters[1].type->text);
      const auto other = default_group(source, target, false);
      if (other && other->group != &group) {
        report(Code::kDuplicateDefaultGroup, group.name.span,
               fmt::format("{} is the default group for these types too", other->group->name.text));
      }
    }
  }
}

}  // namespace kap::mappings
