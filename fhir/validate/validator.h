#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/limits.h"
#include "fhir/base/result.h"
#include "fhir/json/value.h"
#include "fhir/terminology/terminology.h"
#include "fhir/validate/findings.h"

namespace kap::fhir::validate {

/// What a Validator is made of. What it points to must outlive it.
struct ValidatorOptions {
  /// The CodeSystems and ValueSets that come with the gateway, over those of the tables; optional.
  const terminology::Terminology* terminology = nullptr;
  /// For constraints that ask for the time (`now()`, `today()`); the system's own by default.
  const Clock* clock = nullptr;
  /// Canonical URLs of profiles that every resource of their type must meet, whether it claims
  /// them or not; with or without `|version`.
  std::vector<std::string> profiles{};
};

/// What the resource is checked for, http://hl7.org/fhir/R4/valueset-resource-validation-mode.html.
enum class Mode : std::uint8_t {
  kProfile,  // nothing but what it says
  kCreate,   // as the body of a create
  kUpdate,   // as the body of an update: it needs its id
  kDelete,   // nothing of its content counts
};

struct ValidateOptions {
  /// Canonical URLs of further profiles that the resource must meet.
  std::span<const std::string> profiles{};
  Mode mode = Mode::kProfile;
  /// Checking stops once so many errors were found; the last one then says so.
  std::size_t max_issues = 100;
  /// The JSON text that the document was parsed from; then each issue has its line and column,
  /// unless the text is over 1 MiB.
  std::string_view source{};
};

/// What was found: of the structure first, then all else, each in the order of the resource.
struct Report {
  std::vector<Finding> findings;

  [[nodiscard]] bool has_errors() const;
  /// Of the errors alone, as the refusal of a write: kUnprocessable (422). Needs has_errors().
  [[nodiscard]] Outcome to_outcome() const;
};

class Definitions;

/// Checks resources against FHIR R4: structure, invariants (FHIRPath constraints, best practices as
/// warnings), bindings, extensions, references within the instance, and the profiles that the
/// resource claims in `meta.profile` or that the options name
/// (http://hl7.org/fhir/R4/validation.html). Immutable; may be used by many threads at once. What
/// it compiles, it compiles at the first use of a type or profile.
///
/// Severities: without a terminology server a code of a system that is not here is a warning; so is
/// a profile that is not known. An unknown extension is an information, an unknown modifier
/// extension an error.
class Validator {
 public:
  explicit Validator(ValidatorOptions options = {});
  ~Validator();
  Validator(Validator&&) noexcept;
  Validator& operator=(Validator&&) noexcept;

  [[nodiscard]] Report validate(const json::Document& document,
                                const ValidateOptions& options = {}) const;
  [[nodiscard]] Report validate(const json::Value& resource,
                                const ValidateOptions& options = {}) const;

 private:
  std::unique_ptr<const Definitions> definitions_;
};

}  // namespace kap::fhir::validate
