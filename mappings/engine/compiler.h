#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "mappings/engine/ast.h"
#include "mappings/engine/compile.h"
#include "mappings/engine/plan.h"

namespace kap::mappings {

/// Checks maps and makes their plan in one walk. A group is compiled for each list of types it is
/// called with.
class Compiler {
 public:
  Compiler(const CompileOptions& options, Diagnostics& diagnostics);
  [[nodiscard]] std::shared_ptr<const plan::Program> run(std::span<const MapText> maps);

 private:
  /// A variable in scope. Sources and targets have names of their own, as in other engines.
  struct Binding {
    std::string name;
    ast::Parameter::Mode mode{};
    Type type;
    plan::Variable variable = 0;
    bool is_value = false;  // a target's primitive value, readable as a source
    bool is_resource_node = false;
  };
  struct GroupRef {
    std::uint32_t map = 0;
    const ast::Group* group = nullptr;
  };
  struct Instance {
    const ast::Group* group = nullptr;
    std::vector<Type> types;
    std::uint32_t index = 0;
  };
  struct MapInfo {
    ast::Map map;
    std::vector<std::uint32_t> scope;  // itself and what it imports
    std::unordered_map<std::string, Type> structures;
    std::vector<std::pair<std::string, std::uint16_t>> constants;
    std::unordered_map<std::string, std::string> concept_maps;  // `#name` -> url in own terminology
  };
  /// What a group body needs while it is compiled; saved and restored around nested instances.
  struct Body {
    plan::Group* group = nullptr;
    std::uint32_t map = 0;
    std::vector<Binding> scope;
    std::uint32_t next_variable = 0;
    std::vector<std::vector<std::pair<std::string, plan::Variable>>> shares;  // by open block
    std::size_t depth = 0;
  };
  struct RuleContext {
    const ast::Rule* rule = nullptr;
    Type focus;  // of the first source's element
    plan::Variable focus_variable = plan::kNoVariable;
    bool is_list = false;  // may apply more than once by its own sources
    bool has_where = false;
    /// Variables that name a new element each time the rule applies.
    std::vector<plan::Variable> fresh;
  };
  /// Where a target's value goes.
  struct Place {
    Type parent;
    std::optional<Child> child;  // nothing: the context itself, or the alias alone
    bool to_alias = false;       // no path: the value is the alias's alone
    bool known = true;
    Span span;
  };

  // compile_map.cc
  void load(std::span<const MapText> maps);
  void resolve_imports();
  void resolve_structures(MapInfo& info);
  void check_names(MapInfo& info);
  void declare_constants(std::uint32_t map);
  void constant_values(std::uint32_t map);
  [[nodiscard]] Type structure_type(std::string_view url) const;
  [[nodiscard]] Type find_type(std::string_view name) const;
  Type type_name(const ast::Name& name);
  void check_default_groups();
  void compile_entries();
  void check_unused_groups();

  // compile_group.cc
  [[nodiscard]] std::optional<GroupRef> find_group(std::string_view name) const;
  [[nodiscard]] std::optional<GroupRef> default_group(const Type& source, const Type& target,
                                                      bool choice) const;
  std::vector<Type> parameter_types(const GroupRef& ref);
  std::uint32_t instantiate(const GroupRef& ref, std::vector<Type> types);
  void body(const ast::Group& group, plan::Group& out);
  void extend(const ast::Group& group, plan::Group& out);
  void block(const std::vector<ast::Rule>& rules, std::vector<plan::Rule>& out,
             std::vector<plan::Variable>& shares);
  void rule(const ast::Rule& rule, plan::Rule& out);
  bool simple_form(const ast::Rule& rule, plan::Rule& out, const RuleContext& context);
  void call(const ast::Call& call, plan::Rule& out);
  std::optional<Binding> argument(const ast::Argument& argument, const ast::Parameter& parameter);

  // compile_source.cc
  void source(const ast::Source& source, plan::Rule& rule, RuleContext& context);
  void read(const ast::Source& source, plan::Source& out, Type& type, bool& is_list);
  void filter(const ast::Source& source, plan::Source& out, Type& type, const Child* child);
  void cardinality(const ast::Source& source, plan::Source& out, std::uint32_t max);
  plan::Condition condition(const std::optional<ast::Expression>& text, const Type& focus);
  std::shared_ptr<const plan::Expression> expression(const ast::Expression& text,
                                                     const Type& focus);
  void referenced(std::string_view text, std::vector<std::string>& names, std::vector<Type>& types,
                  plan::Expression& out, const Span& span);

  // compile_target.cc
  void target(const ast::Target& target, plan::Rule& rule, RuleContext& context);
  bool place(const ast::Target& target, plan::Target& out, Place& where);
  void list_mode(const ast::Target& target, plan::Target& out, const Place& where,
                 const RuleContext& context);
  void bind(const ast::Target& target, plan::Target& out, const Place& where, RuleContext& context);
  void create(plan::Target& out, const Place& where, std::string_view type, const Span& span);
  void autocreate(plan::Target& out, const Place& where, const Span& span);
  /// Finds the slot for a value of `type` and adds it to the path; false after a diagnostic.
  bool settle(plan::Target& out, const Place& where, const Type& type, const Span& span);
  bool settle_primitive(plan::Target& out, const Place& where, const Type& type, const Span& span);
  void literal(plan::Target& out, const Place& where, const ast::Literal& literal);
  bool check_code(const Place& where, std::string_view system, std::string_view code,
                  const Span& span);
  void copy(plan::Target& out, const Place& where, plan::Value value, const Span& span);
  void evaluate(plan::Target& out, const Place& where, const ast::Expression& text,
                const Type& focus, plan::Variable context);

  // compile_transform.cc and compile_build.cc
  void transform(const ast::Transform& transform, plan::Target& out, const Place& where,
                 const RuleContext& context);
  void transform_call(const ast::Call& call, plan::Target& out, const Place& where,
                      const RuleContext& context);
  std::optional<plan::Value> value(const ast::Argument& argument);
  std::optional<plan::Value> value(const ast::Path& path);
  std::optional<std::string> text_argument(const ast::Call& call, std::size_t index,
                                           std::string_view what);
  bool arity(const ast::Call& call, std::size_t least, std::size_t most, std::string_view usage);
  void text_transform(const ast::Call& call, plan::Target& out, const Place& where, plan::Op op,
                      std::string_view result);
  void cast(const ast::Call& call, plan::Target& out, const Place& where);
  void translate(const ast::Call& call, plan::Target& out, const Place& where);
  void reference(const ast::Call& call, plan::Target& out, const Place& where);
  void build(const ast::Call& call, plan::Target& out, const Place& where);
  void build_steps(std::string_view name, std::vector<plan::Value> values, plan::Target& out);
  void add_step(plan::Target& out, const Type& parent_type, std::int16_t parent,
                std::string_view name, std::optional<plan::Value> value);

  // compile_codes.cc
  const fhir::terminology::ConceptMap* concept_map(
      std::string_view url, const fhir::terminology::Terminology*& terminology) const;
  std::shared_ptr<const plan::CodeTable> code_table(
      const fhir::terminology::ConceptMap& map, const fhir::terminology::Terminology& terminology,
      plan::TranslateOutput output, const plan::Value& source, const Span& span);
  void embedded_concept_maps(MapInfo& info);

  // Diagnostics
  void report(Code code, const Span& span, std::string message, std::string hint = {},
              Diagnostic::Severity severity = Diagnostic::Severity::kError);
  [[nodiscard]] plan::Origin origin(const Span& span) const;
  void unknown_element(const Type& type, const ast::Name& name);

  // Scope
  [[nodiscard]] const Binding* find(std::string_view name, ast::Parameter::Mode mode) const;
  plan::Variable declare(const ast::Name& name, ast::Parameter::Mode mode, const Type& type,
                         bool is_value = false);
  plan::Variable hidden_variable();
  [[nodiscard]] MapInfo& map() { return *maps_[body_.map]; }
  [[nodiscard]] const MapInfo& map() const { return *maps_[body_.map]; }
  [[nodiscard]] bool strict() const {
    return options_.strictness == CompileOptions::Strictness::kStrict;
  }

  const CompileOptions& options_;
  Diagnostics& diagnostics_;
  std::shared_ptr<plan::Program> program_;
  std::vector<std::unique_ptr<MapInfo>> maps_;
  std::vector<Instance> instances_;
  std::vector<const ast::Group*> compiled_groups_;
  Body body_;
};

/// What makes a JSON string or bare value of a literal text.
[[nodiscard]] std::string json_text(definitions::Primitive primitive, std::string_view text);

}  // namespace kap::mappings
