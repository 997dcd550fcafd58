#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/json/value.h"
#include "fhir/terminology/terminology.h"
#include "gateway/service/operation.h"

/// What the terminology operations take alike, http://hl7.org/fhir/R4/terminology-service.html.
namespace kap::gateway::service {

/// A code as the caller states it; views into the parameters.
struct GivenCode {
  std::string_view system = {};
  std::string_view code = {};
  std::string_view display = {};
  std::string_view version = {};  // of the system
};

/// Whether the parameter `system` belongs to `code`, or the operation has one system.
enum class PlainCode : std::uint8_t { kNeedsSystem, kAlone };

/// The codes of exactly one of `code` (with `system`), `coding` and `codeableConcept`.
/// kInvalidRequest for none or several, for a code without a system and for a Coding without code.
[[nodiscard]] Result<std::vector<GivenCode>> read_codes(const OperationParameters& parameters,
                                                        PlainCode plain = PlainCode::kNeedsSystem);

/// kNotSupported for the first of these parameters that was given: the definition has it, the
/// gateway cannot answer by it, and it must not be ignored.
[[nodiscard]] Status refuse_given(const OperationParameters& parameters,
                                  std::initializer_list<std::string_view> names);
/// kNotSupported for a language other than English: displays are here in English alone.
[[nodiscard]] Status check_language(const OperationParameters& parameters);

/// A canonical as url and version; the version is empty where there is none.
struct Canonical {
  std::string_view url = {};
  std::string_view version = {};
};
[[nodiscard]] Canonical split_canonical(std::string_view text);

/// A ValueSet, CodeSystem or ConceptMap of the shipped terminology or of the R4 package.
struct Artifact {
  std::string url;
  std::string version;
  /// The resource; nullptr for what is here as a table alone (the package's value sets).
  const fhir::json::Value* resource = nullptr;
};

/// What the call is about: its instance, or the canonical in the parameter `url`, at the version
/// that `version_parameter` names. kInvalidRequest for both or none, kNotFound otherwise.
[[nodiscard]] Result<Artifact> find_artifact(const fhir::terminology::Terminology& terminology,
                                             const OperationCall& call,
                                             std::string_view version_parameter);

/// A name to show for a code system: its title or name, else what its url ends in.
[[nodiscard]] std::string name_of_system(const fhir::terminology::Terminology& terminology,
                                         std::string_view system);
/// The concept in the hierarchy of a CodeSystem, or nullptr, and the code above it.
struct FoundConcept {
  const fhir::json::Value* item = nullptr;
  std::string_view parent = {};
};
[[nodiscard]] FoundConcept find_in_hierarchy(const fhir::json::Value& code_system,
                                             std::string_view code);

/// Whether a display is one that the concept has, whatever the case.
[[nodiscard]] bool is_display(std::string_view given, std::string_view known);

}  // namespace kap::gateway::service
