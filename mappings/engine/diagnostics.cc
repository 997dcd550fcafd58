#include "mappings/engine/diagnostics.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace kap::mappings {
namespace {

constexpr std::array kCodes = {
    CodeInfo{Code::kUnexpectedCharacter, "a character that no token begins with"},
    CodeInfo{Code::kUnterminatedText, "a string, name or comment that does not end"},
    CodeInfo{Code::kUnexpectedToken, "not what the grammar has at this place"},
    CodeInfo{Code::kBadEscape, "an escape that the grammar does not have"},
    CodeInfo{Code::kMapTooLarge, "the map is larger than the limit"},
    CodeInfo{Code::kNoGroup, "the map has no group"},
    CodeInfo{Code::kNestingTooDeep, "rules are nested deeper than the limit"},
    CodeInfo{Code::kBadMetadata, "a metadata line that is not name = value"},
    CodeInfo{Code::kNoUrl, "the map has no url"},
    CodeInfo{Code::kDuplicateGroup, "two groups in scope have one name"},
    CodeInfo{Code::kUnknownGroup, "no group of that name in this map and its imports"},
    CodeInfo{Code::kUnknownVariable, "no variable of that name in scope"},
    CodeInfo{Code::kDuplicateVariable, "a variable hides another one of the same rule or group"},
    CodeInfo{Code::kUnknownStructure, "no structure definition with that url"},
    CodeInfo{Code::kUnknownImport, "no map with that url"},
    CodeInfo{Code::kDuplicateMap, "two maps have one url"},
    CodeInfo{Code::kExtendsCycle, "a group extends itself"},
    CodeInfo{Code::kExtendsParameters, "the parameters differ from those of the extended group"},
    CodeInfo{Code::kDuplicateDefaultGroup, "two default groups for the same types"},
    CodeInfo{Code::kConstantCycle, "constants that need each other"},
    CodeInfo{Code::kDuplicateName, "a name is declared twice"},
    CodeInfo{Code::kUnknownType, "no type of that name"},
    CodeInfo{Code::kUnknownElement, "the type has no such element"},
    CodeInfo{Code::kArgumentCount, "a group call with too few or too many arguments"},
    CodeInfo{Code::kArgumentMode, "a source is passed as a target or the other way round"},
    CodeInfo{Code::kArgumentType, "an argument does not have the parameter's type"},
    CodeInfo{Code::kChoiceNeedsType, "a choice element is created without its type"},
    CodeInfo{Code::kNotAllowedType, "the element does not allow this type"},
    CodeInfo{Code::kNoConversion, "the source's type does not convert to the target's"},
    CodeInfo{Code::kSourceIsTarget, "a rule reads from a variable that is not a source"},
    CodeInfo{Code::kTargetIsSource, "a rule writes to a variable that is not a target"},
    CodeInfo{Code::kAbstractType, "an abstract type cannot be created"},
    CodeInfo{Code::kNoChildren, "a primitive value has no such child"},
    CodeInfo{Code::kTypeFilterNeverMatches, "the element never has the type that is asked for"},
    CodeInfo{Code::kUnknownTransform, "no transform of that name"},
    CodeInfo{Code::kTransformArguments, "wrong arguments of a transform"},
    CodeInfo{Code::kBadExpression, "a FHIRPath expression with an error"},
    CodeInfo{Code::kNeedsAlias, "a value that goes nowhere needs a variable"},
    CodeInfo{Code::kBadLiteral, "the literal is not a valid value of the target's type"},
    CodeInfo{Code::kTransformResult, "the transform's result does not fit the target"},
    CodeInfo{Code::kNotSupportedTransform, "the transform is known but cannot be run here"},
    CodeInfo{Code::kUnknownConceptMap, "no ConceptMap with that url"},
    CodeInfo{Code::kCodeNotInValueSet, "the code is not in the value set bound to the element"},
    CodeInfo{Code::kConceptMapIncomplete, "the ConceptMap lacks codes the source can have"},
    CodeInfo{Code::kConceptMapSyntax, "an embedded concept map with an error"},
    CodeInfo{Code::kImplicitMultiMatch, "a list goes into an element that holds one value"},
    CodeInfo{Code::kListModeOnSingle, "a list mode on an element that is no list"},
    CodeInfo{Code::kCardinalityNeverHolds, "the stated cardinality can never hold"},
    CodeInfo{Code::kUnmappedCode, "a code that the ConceptMap does not translate"},
    CodeInfo{Code::kAssignedTwice, "an element that holds one value was assigned twice"},
    CodeInfo{Code::kSourceCardinality, "the source does not have the stated cardinality"},
    CodeInfo{Code::kCheckFailed, "a check of the map is false"},
    CodeInfo{Code::kEvaluationFailed, "a FHIRPath expression failed"},
    CodeInfo{Code::kConversionFailed, "a value could not be converted"},
    CodeInfo{Code::kStepLimit, "the run took more rules than the limit"},
    CodeInfo{Code::kDepthLimit, "groups called each other deeper than the limit"},
    CodeInfo{Code::kOutputLimit, "the output is larger than the limit"},
    CodeInfo{Code::kNoResourceId, "a resource without id"},
    CodeInfo{Code::kInvalidValue, "a value that its FHIR type does not allow"},
    CodeInfo{Code::kDuplicateResource, "two resources of one type with the same id"},
    CodeInfo{Code::kNoMeta, "a resource whose meta has no member"},
};

std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above + 1, row[j - 1] + 1});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::span<const CodeInfo> all_codes() { return kCodes; }

std::string_view title(Code code) {
  const auto* found = std::ranges::find(kCodes, code, &CodeInfo::code);
  return found == kCodes.end() ? std::string_view() : found->title;
}

void Diagnostics::add(Diagnostic diagnostic) {
  const bool known = std::ranges::any_of(items_, [&](const Diagnostic& item) {
    return item.code == diagnostic.code && item.span.at == diagnostic.span.at &&
           item.file == diagnostic.file && item.message == diagnostic.message;
  });
  if (!known) items_.push_back(std::move(diagnostic));
}

bool Diagnostics::has_errors() const {
  return std::ranges::any_of(
      items_, [](const Diagnostic& item) { return item.severity == Diagnostic::Severity::kError; });
}

std::string render(const Diagnostic& item) {
  std::string out =
      fmt::format("{}:{}:{}: {} M{}: {}\n", item.file, item.span.at.line, item.span.at.column,
                  item.severity == Diagnostic::Severity::kError ? "error" : "warning",
                  static_cast<int>(item.code), item.message);
  if (!item.source_line.empty()) {
    const std::string number = fmt::format("{:5}", item.span.at.line);
    out += fmt::format("{} | {}\n", number, item.source_line);
    std::string under;
    const std::size_t column = item.span.at.column == 0 ? 0 : item.span.at.column - 1;
    for (std::size_t i = 0; i < column && i < item.source_line.size(); ++i) {
      under += item.source_line[i] == '\t' ? '\t' : ' ';
    }
    const std::size_t room =
        item.source_line.size() > column ? item.source_line.size() - column : 1;
    under += '^';
    under.append(std::min<std::size_t>(room, std::max<std::size_t>(item.span.length, 1)) - 1, '~');
    out += fmt::format("{} | {}\n", std::string(number.size(), ' '), under);
  }
  if (!item.hint.empty()) out += fmt::format("      = {}\n", item.hint);
  return out;
}

std::string Diagnostics::render() const {
  std::string out;
  for (const Diagnostic& item : items_) out += mappings::render(item);
  return out;
}

Outcome Diagnostics::to_outcome() const {
  std::vector<Issue> issues;
  for (const Diagnostic& item : items_) {
    issues.push_back(
        {.severity = item.severity == Diagnostic::Severity::kError ? IssueSeverity::kError
                                                                   : IssueSeverity::kWarning,
         .code = IssueType::kInvalid,
         .diagnostics = fmt::format("M{} {}:{}:{}: {}{}{}", static_cast<int>(item.code), item.file,
                                    item.span.at.line, item.span.at.column, item.message,
                                    item.hint.empty() ? "" : "; ", item.hint),
         .expression = {},
         .position = item.span.at});
  }
  return {Category::kInvalidRequest, std::move(issues)};
}

std::string_view line_of(std::string_view text, std::uint32_t line) {
  std::size_t begin = 0;
  for (std::uint32_t i = 1; i < line; ++i) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) return {};
    begin = end + 1;
  }
  std::string_view found = text.substr(begin, text.find('\n', begin) - begin);
  if (found.ends_with('\r')) found.remove_suffix(1);
  return found;
}

std::string_view nearest(std::string_view name, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t best_distance = name.size() / 3 + 2;
  for (const std::string_view candidate : candidates) {
    const std::size_t d = distance(name, candidate);
    if (d < best_distance) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

}  // namespace kap::mappings
