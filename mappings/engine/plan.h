#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/path/expression.h"
#include "fhir/terminology/terminology.h"
#include "mappings/engine/ast.h"
#include "mappings/engine/slots.h"
#include "mappings/engine/types.h"

/// What the checker makes of a map: every name resolved, constants folded. Immutable while running.
namespace kap::mappings::plan {

using Variable = std::uint16_t;
inline constexpr Variable kNoVariable = 0xFFFF;

/// Where something stands in a map, for diagnostics and explain.
struct Origin {
  std::uint32_t map = 0;  // index in Program::files
  Span span;
};

/// A FHIRPath expression with the variables it names, in the order of its variable list.
struct Expression {
  std::optional<fhir::path::Expression> compiled;
  std::vector<Variable> variables;
  std::vector<std::uint16_t> constants;  // indexes of Program::constants, after the variables
  Origin origin;
};

/// A condition that compares fields of the clinic contract directly, without FHIRPath.
struct Predicate;

struct Condition {
  std::shared_ptr<const Expression> expression;
  std::shared_ptr<const Predicate> direct;  // nullptr: use the expression
  [[nodiscard]] bool stated() const { return expression != nullptr; }
};

/// Something that yields primitive values, or one element.
struct Value {
  enum class Kind : std::uint8_t {
    kConstant,  // `text`
    kVariable,  // a source, or an alias of a target's value
    kField,     // `variable`.`field` of a clinic message
    kChild,     // `variable`.`name` by the model
    kExpression,
    kNamedConstant,  // let
  } kind = Kind::kConstant;
  definitions::Primitive primitive = definitions::Primitive::kNone;  // kNone: known when running
  std::string text = {};
  Variable variable = kNoVariable;
  const ClinicField* field = nullptr;
  std::uint16_t constant = 0;
  std::shared_ptr<const Expression> expression = {};
  Type type = {};
};

enum class Read : std::uint8_t {
  kSelf,         // the context
  kValue,        // `value` of a primitive: itself
  kClinicField,  // `field`
  kModel,        // `name` by the model
};

struct Source {
  Variable context = 0;
  Read read = Read::kSelf;
  const ClinicField* field = nullptr;
  std::string name;
  std::string type_filter;
  Variable variable = kNoVariable;  // the element goes there; always set where something reads it
  std::optional<ast::Source::Cardinality> cardinality;
  std::shared_ptr<const Expression> default_value;
  ast::SourceList list = ast::SourceList::kNone;
  Condition where;
  Condition check;
  std::shared_ptr<const Expression> log;
  bool plain = false;       // no part beside the context, the element and the alias
  bool only_where = false;  // plain but for `where`
  Origin origin;
};

enum class Op : std::uint8_t {
  kContext,   // no element, no transform: the alias is the context
  kCreate,    // a new object; an empty primitive where the type is one
  kConstant,  // `bytes`, finished JSON
  kValue,     // arguments[0] with conversion to the slot's primitive
  kCopyTree,  // the element with all below it
  kDynamic,   // arguments[0] into a choice, its type known when running
  kTruncate,
  kEscape,
  kCast,
  kAppend,
  kTranslate,
  kReference,
  kPointer,
  kDateOp,
  kUuid,
  kBuild,         // `build`: cc, c, qty, id, cp
  kQuantityText,  // qty(text)
  kContactText,   // cp(text)
};

/// One node of a tree that cc() and its like make.
struct BuildStep {
  std::int16_t parent = -1;  // step index; -1: the value itself
  const MemberSlot* slot = nullptr;
  std::optional<Value> value;  // nothing: an object
};

enum class TranslateOutput : std::uint8_t { kCode, kSystem, kDisplay, kCoding, kCodeableConcept };

/// A ConceptMap as the runtime asks it: one lookup per source code, an index per enum number.
struct CodeTable {
  struct Target {
    bool found = false;
    std::string system;
    std::string code;
    std::string display;
    std::string bytes;  // finished JSON for kCoding and kCodeableConcept, else quoted text
  };
  const fhir::terminology::ConceptMap* map = nullptr;
  const fhir::terminology::Terminology* terminology = nullptr;
  std::string url;
  TranslateOutput output = TranslateOutput::kCode;
  const ClinicEnum* enumeration = nullptr;
  std::vector<Target> by_enum;  // index in enumeration->values
  std::vector<Target> targets;
  std::unordered_map<std::string_view, std::uint32_t> by_code;
  std::deque<std::string> codes;
};

struct PathStep {
  const MemberSlot* slot = nullptr;
};

struct Target {
  Variable context = kNoVariable;
  std::vector<PathStep> path;  // objects on the way, then the leaf
  Op op = Op::kContext;
  std::vector<Value> arguments;
  std::string bytes;
  std::vector<BuildStep> build;
  std::shared_ptr<const CodeTable> codes;
  Type type;  // of what is created
  std::shared_ptr<const Expression> expression;
  Variable variable = kNoVariable;
  ast::TargetList list = ast::TargetList::kNone;
  Variable share = kNoVariable;
  /// The slots of a choice by FHIR type name, for kDynamic.
  std::vector<std::pair<std::string, const MemberSlot*>> choices;
  bool fits = false;          // no check of the value is needed
  bool reads_source = false;  // arguments[0] is an element whose path names the value
  Origin origin;
};

struct Call {
  std::uint32_t group = 0;          // index in Program::groups
  std::vector<Variable> arguments;  // argument i goes to variable i of the group
  Origin origin;
};

struct Rule {
  std::vector<Source> sources;
  std::vector<Target> targets;
  std::vector<Call> calls;
  std::vector<Rule> rules;
  std::vector<Variable> shares;  // emptied when `rules` begin
  Origin origin;
  std::string name;
};

struct Group {
  std::string name;
  std::vector<Type> parameters;
  std::vector<ast::Parameter::Mode> modes;
  std::vector<Rule> rules;
  std::vector<Variable> shares;
  std::vector<Call> before;  // groups it extends
  std::uint32_t variables = 0;
  Origin origin;
  bool runnable = true;  // every type is known
};

struct Constant {
  std::string name;
  std::optional<Value> literal;
  std::shared_ptr<const Expression> expression;
};

struct Entry {
  std::string url;
  std::string name;
  std::uint32_t group = 0;
  Type source;
  Type target;
};

struct File {
  std::string name;
  std::string text;
};

struct Program {
  std::vector<File> files;
  std::deque<Group> groups;
  std::vector<Constant> constants;
  std::vector<Entry> entries;  // one a map, in the order they were given
  SlotTable slots;
  fhir::terminology::Terminology terminology;  // embedded concept maps
};

}  // namespace kap::mappings::plan
