#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"

namespace kap::mappings {

/// A numbered finding about a map or a run of one. A number is never reused; the list with what
/// each means stands in docs/mapping-diagnostics.md, and a test keeps both the same.
enum class Code : std::uint16_t {
  // Syntax
  kUnexpectedCharacter = 101,
  kUnterminatedText = 102,
  kUnexpectedToken = 103,
  kBadEscape = 104,
  kMapTooLarge = 105,
  kNoGroup = 106,
  kNestingTooDeep = 107,
  kBadMetadata = 108,
  // Names
  kNoUrl = 201,
  kDuplicateGroup = 202,
  kUnknownGroup = 203,
  kUnknownVariable = 204,
  kDuplicateVariable = 205,
  kUnknownStructure = 206,
  kUnknownImport = 207,
  kDuplicateMap = 208,
  kExtendsCycle = 209,
  kExtendsParameters = 210,
  kDuplicateDefaultGroup = 211,
  kConstantCycle = 212,
  kDuplicateName = 213,
  // Types and paths
  kUnknownType = 301,
  kUnknownElement = 302,
  kArgumentCount = 303,
  kArgumentMode = 304,
  kArgumentType = 305,
  kChoiceNeedsType = 306,
  kNotAllowedType = 307,
  kNoConversion = 308,
  kSourceIsTarget = 309,
  kTargetIsSource = 310,
  kAbstractType = 311,
  kNoChildren = 312,
  kTypeFilterNeverMatches = 313,
  // Transforms and expressions
  kUnknownTransform = 401,
  kTransformArguments = 402,
  kBadExpression = 403,
  kNeedsAlias = 404,
  kBadLiteral = 405,
  kTransformResult = 406,
  kNotSupportedTransform = 407,
  // Terminology
  kUnknownConceptMap = 501,
  kCodeNotInValueSet = 502,
  kConceptMapIncomplete = 503,
  kConceptMapSyntax = 504,
  // Cardinality
  kImplicitMultiMatch = 601,
  kListModeOnSingle = 602,
  kCardinalityNeverHolds = 603,
  // Running a map
  kUnmappedCode = 701,
  kAssignedTwice = 702,
  kSourceCardinality = 703,
  kCheckFailed = 704,
  kEvaluationFailed = 705,
  kConversionFailed = 706,
  kStepLimit = 707,
  kDepthLimit = 708,
  kOutputLimit = 709,
  kNoResourceId = 710,
  kInvalidValue = 711,
  kDuplicateResource = 712,
  kNoMeta = 713,
};

struct CodeInfo {
  Code code;
  std::string_view title;
};

/// All numbers in their order.
[[nodiscard]] std::span<const CodeInfo> all_codes();
[[nodiscard]] std::string_view title(Code code);

/// A place in a map's text; columns count bytes.
struct Span {
  SourcePosition at;
  std::uint32_t length = 1;
};

struct Diagnostic {
  enum class Severity : std::uint8_t { kError, kWarning } severity = Severity::kError;
  Code code = Code::kUnexpectedToken;
  std::string file;
  Span span;
  std::string message;
  std::string hint;         // what would be right; may be empty
  std::string source_line;  // the text of the line, for the caret
};

/// The findings of one compilation, in the order they were found.
class Diagnostics {
 public:
  /// One that says the same of the same place is left out.
  void add(Diagnostic diagnostic);
  [[nodiscard]] const std::vector<Diagnostic>& items() const { return items_; }
  [[nodiscard]] bool has_errors() const;
  /// `file:line:column: error M302: message`, the source line, a caret below it, the hint.
  [[nodiscard]] std::string render() const;
  [[nodiscard]] Outcome to_outcome() const;

 private:
  std::vector<Diagnostic> items_;
};

[[nodiscard]] std::string render(const Diagnostic& diagnostic);
/// The line of `text` that a one-based number names, without its end.
[[nodiscard]] std::string_view line_of(std::string_view text, std::uint32_t line);
/// The name of `candidates` nearest to `name` by edit distance, or empty when none is near.
[[nodiscard]] std::string_view nearest(std::string_view name,
                                       std::span<const std::string_view> candidates);

}  // namespace kap::mappings
