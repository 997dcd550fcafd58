#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mappings/engine/diagnostics.h"

/// The syntax tree of the FHIR Mapping Language: R4 (http://hl7.org/fhir/R4/mapping-language.html),
/// R5 and the current guide (https://build.fhir.org/ig/HL7/mapping-language-ig). It keeps what the
/// text says; what names mean is the checker's business.
namespace kap::mappings::ast {

/// Comments that belong to an item: whole lines before it, and the one after it on its line.
struct Comments {
  std::vector<std::string> before;
  std::string after;
};

struct Name {
  std::string text;
  Span span;
};

/// `a.b.c`; backticks are already gone.
struct Path {
  std::vector<Name> parts;
  [[nodiscard]] const Span& span() const { return parts.front().span; }
  [[nodiscard]] std::string text() const;
};

/// FHIRPath as written, without the parentheses around it.
struct Expression {
  std::string text;
  Span span;  // where `text` begins
};

struct Literal {
  enum class Kind : std::uint8_t { kString, kBoolean, kInteger, kDecimal, kMoment } kind{};
  std::string text;  // unescaped; of a moment without the @
  Span span;
};

/// A parameter of a transform or group call.
struct Argument {
  enum class Kind : std::uint8_t { kLiteral, kVariable, kExpression } kind{};
  Literal literal;
  Path variable;          // one part, or R4's context.element
  Expression expression;  // of evaluate()
  [[nodiscard]] const Span& span() const;
};

struct Call {
  Name name;
  std::vector<Argument> arguments;
};

struct Transform {
  enum class Kind : std::uint8_t { kLiteral, kCopy, kCall, kExpression } kind{};
  Literal literal;
  Path copy;
  Call call;
  Expression expression;
  [[nodiscard]] const Span& span() const;
};

enum class SourceList : std::uint8_t { kNone, kFirst, kNotFirst, kLast, kNotLast, kOnlyOne };
enum class TargetList : std::uint8_t { kNone, kFirst, kShare, kLast, kSingle, kCollate };

struct Source {
  Path path;  // context, then at most one element in R4; deeper paths are refused by the checker
  std::optional<Name> type;
  struct Cardinality {
    std::uint32_t min = 0;
    std::optional<std::uint32_t> max;  // nothing: *
    Span span;
  };
  std::optional<Cardinality> cardinality;
  std::optional<Expression> default_value;
  SourceList list = SourceList::kNone;
  std::optional<Name> alias;
  std::optional<Expression> where;
  std::optional<Expression> check;
  std::optional<Expression> log;
};

struct Target {
  std::optional<Path> path;  // absent: the transform's value goes into the alias alone
  std::optional<Transform> transform;
  std::optional<Name> alias;
  TargetList list = TargetList::kNone;
  std::optional<Name> share;  // of kShare
  Span span;
};

struct Rule {
  std::vector<Source> sources;
  std::vector<Target> targets;
  std::vector<Call> calls;
  bool has_block = false;  // `then { }`, even with no rule in it
  std::vector<Rule> rules;
  std::optional<Name> name;
  Span span;
  Comments comments;
  std::vector<std::string> end_comments;  // before the closing brace
};

struct Parameter {
  enum class Mode : std::uint8_t { kSource, kTarget } mode{};
  Name name;
  std::optional<Name> type;
};

struct Group {
  Name name;
  std::vector<Parameter> parameters;
  std::optional<Name> extends;
  enum class Default : std::uint8_t { kNone, kTypes, kTypePlus } default_for = Default::kNone;
  std::vector<Rule> rules;
  Comments comments;
  std::vector<std::string> end_comments;
};

enum class ModelMode : std::uint8_t { kSource, kQueried, kTarget, kProduced };

struct Structure {
  Name url;
  std::optional<Name> alias;
  ModelMode mode{};
  Comments comments;
};

struct Import {
  Name url;  // `*` matches any text
  Comments comments;
};

struct Constant {
  Name name;
  Expression value;
  Comments comments;
};

struct Metadata {
  Path name;
  std::optional<Literal> value;
  bool is_markdown = false;
  Comments comments;
};

struct ConceptMap {
  struct Prefix {
    Name name;
    Name url;
  };
  struct Line {
    Name source_prefix;
    Name source_code;
    Name relation;  // `-`, `==`, `!=`, `<=`, `>=`, `<-`, `>-`, `~`, `--`
    std::optional<Name> target_prefix;
    std::optional<Name> target_code;
  };
  Name url;  // `#name` or, in the current guide, `name`
  std::vector<Prefix> prefixes;
  std::vector<Name> unmapped_provided;  // prefixes
  std::vector<Line> lines;
  Comments comments;
};

struct Map {
  std::string file;
  std::string source;  // the text
  Name url;
  Name name;
  /// Which of the two header forms was used, for printing it again.
  enum class Header : std::uint8_t { kMap, kMetadata } header = Header::kMetadata;
  Comments header_comments;
  std::vector<Metadata> metadata;
  std::vector<ConceptMap> concept_maps;
  std::vector<Structure> structures;
  std::vector<Import> imports;
  std::vector<Constant> constants;
  std::vector<Group> groups;
  std::vector<std::string> end_comments;
};

}  // namespace kap::mappings::ast
