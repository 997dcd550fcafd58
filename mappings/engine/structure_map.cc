#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "fhir/json/print.h"
#include "fhir/json/value.h"
#include "mappings/engine/print_map.h"

namespace kap::mappings {
namespace {

using fhir::json::Document;
using fhir::json::Value;

/// Builds an R4 StructureMap, http://hl7.org/fhir/R4/structuremap.html.
class Converter {
 public:
  explicit Converter(const ast::Map& map) : map_(map) {}

  std::string run() {
    document_.root = Document::object();
    Value& root = document_.root;
    text(root, "resourceType", "StructureMap");
    concept_maps(root);
    text(root, "url", map_.url.text);
    text(root, "name", map_.name.text);
    metadata(root);
    Value structures = Document::array();
    for (const ast::Structure& item : map_.structures) {
      static constexpr std::array<std::string_view, 4> kModes = {"source", "queried", "target",
                                                                 "produced"};
      Value one = Document::object();
      text(one, "url", item.url.text);
      text(one, "mode", kModes[static_cast<std::size_t>(item.mode)]);
      if (item.alias) text(one, "alias", item.alias->text);
      if (!item.comments.after.empty()) text(one, "documentation", item.comments.after);
      document_.append(structures, one);
    }
    add_list(root, "structure", structures);
    Value imports = Document::array();
    for (const ast::Import& item : map_.imports) {
      document_.append(imports, document_.string(item.url.text));
    }
    add_list(root, "import", imports);
    Value groups = Document::array();
    for (const ast::Group& item : map_.groups) document_.append(groups, group(item));
    add_list(root, "group", groups);
    return fhir::json::to_text(root);
  }

 private:
  void text(Value& object, std::string_view name, std::string_view value) {
    document_.add(object, name, document_.string(value));
  }
  void add_list(Value& object, std::string_view name, const Value& list) {
    if (!list.items().empty()) document_.add(object, name, list);
  }

  /// Metadata of one part beside url and name; R4 wants a status.
  void metadata(Value& root) {
    bool status = false;
    for (const ast::Metadata& item : map_.metadata) {
      if (item.name.parts.size() != 1 || !item.value) continue;
      const std::string& name = item.name.parts.front().text;
      if (name == "url" || name == "name") continue;
      status = status || name == "status";
      const bool boolean = item.value->kind == ast::Literal::Kind::kBoolean;
      document_.add(
          root, name,
          boolean ? Value(item.value->text == "true") : document_.string(item.value->text));
    }
    if (!status) text(root, "status", "draft");
  }

  void concept_maps(Value& root) {
    Value contained = Document::array();
    for (const ast::ConceptMap& item : map_.concept_maps) {
      Value one = Document::object();
      text(one, "resourceType", "ConceptMap");
      text(one, "id", item.url.text.starts_with('#') ? item.url.text.substr(1) : item.url.text);
      text(one, "status", "active");
      Value groups = Document::array();
      for (const auto& prefix : item.prefixes) {
        Value group = Document::object();
        Value elements = Document::array();
        std::string target;
        for (const auto& line : item.lines) {
          if (line.source_prefix.text != prefix.name.text) continue;
          document_.append(elements, concept_line(item, line, target));
        }
        if (elements.items().empty()) continue;
        text(group, "source", prefix.url.text);
        text(group, "target", target);
        document_.add(group, "element", elements);
        document_.append(groups, group);
      }
      add_list(one, "group", groups);
      document_.append(contained, one);
    }
    add_list(root, "contained", contained);
  }

  Value concept_line(const ast::ConceptMap& item, const ast::ConceptMap::Line& line,
                     std::string& target_url) {
    static constexpr std::pair<std::string_view, std::string_view> kRelations[] = {
        {"-", "equivalent"}, {"==", "equal"},       {"!=", "disjoint"},
        {"--", "unmatched"}, {"<=", "wider"},       {"<-", "subsumes"},
        {">=", "narrower"},  {">-", "specializes"}, {"~", "inexact"}};
    Value element = Document::object();
    text(element, "code", line.source_code.text);
    Value target = Document::object();
    if (line.target_code) {
      text(target, "code", line.target_code->text);
      for (const auto& prefix : item.prefixes) {
        if (prefix.name.text == line.target_prefix->text) target_url = prefix.url.text;
      }
    }
    for (const auto& [symbol, code] : kRelations) {
      if (line.relation.text == symbol) text(target, "equivalence", code);
    }
    Value targets = Document::array();
    document_.append(targets, target);
    document_.add(element, "target", targets);
    return element;
  }

  Value group(const ast::Group& from) {
    static constexpr std::array<std::string_view, 3> kTypes = {"none", "types", "type-and-types"};
    Value out = Document::object();
    text(out, "name", from.name.text);
    if (from.extends) text(out, "extends", from.extends->text);
    text(out, "typeMode", kTypes[static_cast<std::size_t>(from.default_for)]);
    if (!from.comments.after.empty()) text(out, "documentation", from.comments.after);
    Value inputs = Document::array();
    for (const ast::Parameter& parameter : from.parameters) {
      Value one = Document::object();
      text(one, "name", parameter.name.text);
      if (parameter.type) text(one, "type", parameter.type->text);
      text(one, "mode", parameter.mode == ast::Parameter::Mode::kSource ? "source" : "target");
      document_.append(inputs, one);
    }
    document_.add(out, "input", inputs);
    Value rules = Document::array();
    for (const ast::Rule& one : from.rules) document_.append(rules, rule(one));
    add_list(out, "rule", rules);
    return out;
  }

  Value rule(const ast::Rule& from) {
    Value out = Document::object();
    text(out, "name", from.name ? from.name->text : fmt::format("rule{}", ++rules_));
    // The simple form states its variables, as StructureMap has no other way to say it.
    const bool simple = from.sources.size() == 1 && from.targets.size() == 1 &&
                        from.calls.empty() && !from.has_block && !from.sources[0].alias &&
                        !from.targets[0].alias && !from.targets[0].transform;
    Value sources = Document::array();
    for (const ast::Source& one : from.sources) document_.append(sources, source(one, simple));
    document_.add(out, "source", sources);
    Value targets = Document::array();
    for (const ast::Target& one : from.targets) document_.append(targets, target(one, simple));
    add_list(out, "target", targets);
    Value rules = Document::array();
    for (const ast::Rule& one : from.rules) document_.append(rules, rule(one));
    add_list(out, "rule", rules);
    Value calls = Document::array();
    for (const ast::Call& call : from.calls) {
      Value one = Document::object();
      text(one, "name", call.name.text);
      Value variables = Document::array();
      for (const ast::Argument& argument : call.arguments) {
        document_.append(variables, document_.string(argument.kind == ast::Argument::Kind::kVariable
                                                         ? argument.variable.text()
                                                         : argument.literal.text));
      }
      document_.add(one, "variable", variables);
      document_.append(calls, one);
    }
    add_list(out, "dependent", calls);
    if (!from.comments.after.empty()) text(out, "documentation", from.comments.after);
    return out;
  }

  Value source(const ast::Source& from, bool simple) {
    static constexpr std::array<std::string_view, 6> kLists = {"",     "first",    "not_first",
                                                               "last", "not_last", "only_one"};
    Value out = Document::object();
    text(out, "context", from.path.parts.front().text);
    if (from.cardinality) {
      document_.add(out, "min", document_.number(static_cast<std::int64_t>(from.cardinality->min)));
      text(out, "max",
           from.cardinality->max ? fmt::format("{}", *from.cardinality->max) : std::string("*"));
    }
    if (from.type) text(out, "type", from.type->text);
    if (from.default_value) text(out, "defaultValueString", from.default_value->text);
    if (from.path.parts.size() > 1) text(out, "element", from.path.parts[1].text);
    if (from.list != ast::SourceList::kNone) {
      text(out, "listMode", kLists[static_cast<std::size_t>(from.list)]);
    }
    if (from.alias) text(out, "variable", from.alias->text);
    if (!from.alias && simple) text(out, "variable", "vvv");
    if (from.where) text(out, "condition", from.where->text);
    if (from.check) text(out, "check", from.check->text);
    if (from.log) text(out, "logMessage", from.log->text);
    return out;
  }

  void parameter(Value& list, std::string_view type, const Value& value) {
    Value one = Document::object();
    document_.add(one, fmt::format("value{}", type), value);
    document_.append(list, one);
  }

  void literal(Value& list, const ast::Literal& from) {
    using Kind = ast::Literal::Kind;
    switch (from.kind) {
      case Kind::kBoolean:
        parameter(list, "Boolean", Value(from.text == "true"));
        break;
      case Kind::kInteger:
        parameter(list, "Integer", document_.number(from.text));
        break;
      case Kind::kDecimal:
        parameter(list, "Decimal", document_.number(from.text));
        break;
      default:
        parameter(list, "String", document_.string(from.text));
        break;
    }
  }

  void transform(Value& out, const ast::Transform& from) {
    Value parameters = Document::array();
    std::string name = "copy";
    switch (from.kind) {
      case ast::Transform::Kind::kLiteral:
        literal(parameters, from.literal);
        break;
      case ast::Transform::Kind::kCopy:
        parameter(parameters, "Id", document_.string(from.copy.text()));
        break;
      case ast::Transform::Kind::kExpression:
        name = "evaluate";
        parameter(parameters, "String", document_.string(from.expression.text));
        break;
      case ast::Transform::Kind::kCall:
        name = from.call.name.text;
        for (const ast::Argument& argument : from.call.arguments) {
          if (argument.kind == ast::Argument::Kind::kLiteral) {
            literal(parameters, argument.literal);
          } else if (argument.kind == ast::Argument::Kind::kVariable) {
            parameter(parameters, "Id", document_.string(argument.variable.text()));
          } else {
            parameter(parameters, "String", document_.string(argument.expression.text));
          }
        }
        break;
    }
    text(out, "transform", name);
    add_list(out, "parameter", parameters);
  }

  Value target(const ast::Target& from, bool simple) {
    static constexpr std::array<std::string_view, 6> kLists = {"",     "first",  "share",
                                                               "last", "single", "collate"};
    Value out = Document::object();
    if (from.path) {
      text(out, "context", from.path->parts.front().text);
      text(out, "contextType", "variable");
      std::string element;
      for (std::size_t i = 1; i < from.path->parts.size(); ++i) {
        element += (element.empty() ? "" : ".") + from.path->parts[i].text;
      }
      if (!element.empty()) text(out, "element", element);
    }
    if (from.alias) text(out, "variable", from.alias->text);
    if (!from.alias && simple) text(out, "variable", "vvv");
    if (from.list != ast::TargetList::kNone) {
      Value modes = Document::array();
      document_.append(modes, document_.string(kLists[static_cast<std::size_t>(from.list)]));
      document_.add(out, "listMode", modes);
    }
    if (from.share) text(out, "listRuleId", from.share->text);
    if (from.transform) transform(out, *from.transform);
    if (!from.transform && simple) text(out, "transform", "create");
    return out;
  }

  const ast::Map& map_;
  Document document_;
  int rules_ = 0;
};

}  // namespace

std::string to_structure_map(const ast::Map& map) { return Converter(map).run(); }

}  // namespace kap::mappings
