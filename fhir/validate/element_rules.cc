#include <fmt/format.h>

#include <cstdint>

#include "fhir/definitions/code_systems.h"
#include "fhir/path/decimal.h"
#include "fhir/validate/inspection.h"

/// What R4 says of single datatypes and elements in its text, beyond their constraints.
namespace kap::fhir::validate {
namespace {

using definitions::TypeDef;

constexpr std::string_view kUris = "urn:ietf:rfc:3986";

bool is_absolute(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon < text.find_first_of("/?#");
}

/// How many bytes a base64 text stands for.
std::int64_t decoded_size(std::string_view text) {
  std::int64_t digits = 0;
  for (const char c : text) {
    const bool is_digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                          (c >= '0' && c <= '9') || c == '+' || c == '/';
    if (is_digit) ++digits;
  }
  return digits * 3 / 4;
}

struct Types {
  const TypeDef* identifier = definitions::find_type("Identifier");
  const TypeDef* attachment = definitions::find_type("Attachment");
  const TypeDef* include = definitions::find_type("ValueSet.compose.include");
  const TypeDef* coding = definitions::find_type("Coding");
  const TypeDef* quantity = definitions::find_type("Quantity");
  const TypeDef* structure = definitions::find_type("StructureDefinition");
};

}  // namespace

void Inspection::code(const json::Value& value, const Place& place) {
  const std::string_view system = value.string("system");
  const std::string_view code = value.string("code");
  if (!system.starts_with("http") || code.empty()) return;
  const auto [known, is_new] = codes_.try_emplace({system, code}, true);
  if (is_new) {
    known->second =
        definitions::find_in_code_system(system, code) != definitions::CodeKnowledge::kUnknown;
  }
  if (known->second) return;
  // The systems of FHIR itself are of its version; those of terminology.hl7.org have grown since.
  const bool is_of_fhir = system.starts_with("http://hl7.org/fhir/");
  findings_->add({.severity = is_of_fhir ? IssueSeverity::kError : IssueSeverity::kWarning,
                  .code = IssueType::kNotFound,
                  .constraint = {},
                  .profile = {}},
                 place, fmt::format("{} has no such code", system));
}

void Inspection::datatype(const Node& node, const Place& place) {
  static const Types kTypes;
  if (node.value == nullptr) return;
  const json::Value& value = *node.value;
  const auto at = [&](std::string_view name) {
    return Place{.parent = &place, .name = name, .of_type = {}};
  };
  if (node.type == kTypes.coding || node.type == kTypes.quantity) {
    code(value, at("code"));
  } else if (node.type == kTypes.identifier) {
    // http://hl7.org/fhir/R4/datatypes.html#identifier
    const std::string_view text = value.string("value");
    if (value.string("system") != kUris || text.empty() || is_absolute(text)) return;
    findings_->add(IssueType::kValue, at("value"),
                   "must be an absolute URI where the system is urn:ietf:rfc:3986");
  } else if (node.type == kTypes.attachment) {
    // http://hl7.org/fhir/R4/datatypes-definitions.html#Attachment.size
    const json::Value* size = value.find("size");
    const std::string_view data = value.string("data");
    if (size == nullptr || data.empty()) return;
    const auto stated = path::Decimal::parse(size->text());
    if (!stated || stated->to_integer() == decoded_size(data)) return;
    findings_->add(IssueType::kValue, at("size"), "must be the number of bytes that data holds");
  } else if (node.type == kTypes.include) {
    // http://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.compose.include.system
    const std::string_view system = value.string("system");
    if (system.empty()) return;
    if (!is_absolute(system)) {
      findings_->add(IssueType::kValue, at("system"), "must be an absolute URI");
    } else if (system.find('|') != std::string_view::npos) {
      findings_->add(IssueType::kValue, at("system"),
                     "has no version within it: write that into version");
    }
  } else if (node.type == kTypes.structure) {
    // http://hl7.org/fhir/R4/structuredefinition-definitions.html#StructureDefinition.kind
    const std::string_view kind = value.string("kind");
    if (value.string("derivation") != "constraint" || kind.empty() || kind == "resource") return;
    if (definitions::find_resource_type(value.string("type")) == nullptr) return;
    findings_->add(IssueType::kValue, at("kind"),
                   "must be resource, the kind of the type that is constrained");
  }
}

}  // namespace kap::fhir::validate
