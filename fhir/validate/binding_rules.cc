#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir/validate/inspection.h"

/// Bindings, http://hl7.org/fhir/R4/terminologies.html#strength.
namespace kap::fhir::validate {
namespace {

using definitions::BindingStrength;
using definitions::Primitive;

/// Their codes follow a grammar; that they are not in the tables says nothing.
bool has_grammar(std::string_view value_set) {
  static constexpr std::array<std::string_view, 6> kGrammars = {
      "http://hl7.org/fhir/ValueSet/mimetypes",     "http://www.rfc-editor.org/bcp/bcp13.txt",
      "http://hl7.org/fhir/ValueSet/all-languages", "http://hl7.org/fhir/ValueSet/languages",
      "http://hl7.org/fhir/ValueSet/ucum-units",    "http://hl7.org/fhir/ValueSet/currencies"};
  return std::ranges::find(kGrammars, value_set) != kGrammars.end();
}

/// There is a code to look at; without one only a CodeableConcept says what it should have said.
bool has_code(const Node& node) {
  if (node.value == nullptr) return false;
  if (node.type->primitive != Primitive::kNone) return node.value->is_string();
  if (node.type->name == "CodeableConcept") {
    return node.value->find("coding") != nullptr || node.value->find("extension") == nullptr;
  }
  return node.value->find("code") != nullptr;
}

std::string_view article_of(const Node& node) {
  return node.type->name == "CodeableConcept" ? "needs a coding of" : "must be a code of";
}

}  // namespace

void Inspection::bound(const BindingRule& rule, const Node& node, const Place& place) {
  if (!has_code(node) || has_grammar(rule.value_set)) return;
  const Membership found =
      definitions_.value_sets().find(rule.value_set, rule.package, *node.type, *node.value);
  if (found == Membership::kIn) return;
  const bool is_strict = rule.strength == BindingStrength::kRequired || rule.is_max;
  if (found == Membership::kUnknown) {
    findings_->add({.severity = IssueSeverity::kWarning,
                    .code = IssueType::kNotSupported,
                    .constraint = {},
                    .profile = rule.profile},
                   place,
                   fmt::format("whether this is a code of {} cannot be told here: the codes of its "
                               "system are not in the tables",
                               rule.value_set));
    return;
  }
  const Rule finding{.severity = is_strict ? IssueSeverity::kError : IssueSeverity::kWarning,
                     .code = IssueType::kCodeInvalid,
                     .constraint = {},
                     .profile = rule.profile};
  if (is_strict) {
    findings_->add(finding, place,
                   fmt::format("{} {}, with its system", article_of(node), rule.value_set));
  } else {
    findings_->add(finding, place,
                   fmt::format("should be a code of {}, unless none of them fits (extensible)",
                               rule.value_set));
  }
}

}  // namespace kap::fhir::validate
