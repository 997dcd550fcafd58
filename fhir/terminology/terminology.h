#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/json/value.h"
#include "fhir/terminology/concept_map.h"

namespace kap::fhir::terminology {

/// A concept of a local CodeSystem or an expanded value set.
struct Concept {
  std::string_view system;
  std::string_view code;
  std::string_view display;
};

/// What a code becomes by one ConceptMap, as a list of all that the map says of it.
struct Match {
  /// Empty system and code: the map states that there is no counterpart.
  Translation translation;
  /// The map that the match is from: the one asked, or one that it hands unmapped codes to.
  const ConceptMap* map = nullptr;
};

enum class Direction : std::uint8_t { kForward, kReverse };

/// What a validate_code found.
enum class Membership : std::uint8_t {
  kIn,
  kNotIn,
  kUnknown,  // the value set is not here, or its codes are not
};

/// The CodeSystems, ValueSets and ConceptMaps that were added, over the tables of the R4 package.
/// Fill it at start-up, then share it as const: no member function of a const one changes anything.
class Terminology {
 public:
  Terminology();
  ~Terminology();
  Terminology(Terminology&&) noexcept;
  Terminology& operator=(Terminology&&) noexcept;

  /// Adds a CodeSystem, ValueSet or ConceptMap, or a Bundle of them. `origin` (a file name) stands
  /// in front of the diagnostics. A url that is already there is refused.
  [[nodiscard]] Status add(std::string_view json_text, std::string_view origin);
  [[nodiscard]] Status add(const json::Value& resource, std::string_view origin);
  /// To call after the last add. Refused unless every `other-map` and every value set a ValueSet
  /// imports is there and none of them refer to each other in a circle.
  [[nodiscard]] Status check() const;

  /// nullptr when it is not here; `url` with or without `|version`.
  [[nodiscard]] const ConceptMap* find_concept_map(std::string_view url) const;
  [[nodiscard]] std::vector<const ConceptMap*> concept_maps() const;

  /// The one code that (system, code) becomes, http://hl7.org/fhir/R4/conceptmap.html. A code that
  /// the map calls `unmatched` or `disjoint` has no translation; for one it does not name the
  /// group's unmapped mode decides. An empty `system` stands for a plain `code`: every group is
  /// searched; an empty `target_system` for any. Errors: kNotFound for an unknown map;
  /// kUnprocessable with kCodeInvalid for a code without translation, kMultipleMatches for one with
  /// several. The views live as long as this object; with mode `provided` the code is the caller's.
  [[nodiscard]] Result<Translation> translate(std::string_view concept_map_url,
                                              std::string_view system, std::string_view code,
                                              std::string_view target_system = {}) const;
  [[nodiscard]] Result<Translation> translate(const ConceptMap& map, std::string_view system,
                                              std::string_view code,
                                              std::string_view target_system = {}) const;

  /// All that the map says of a code, `unmatched` and `disjoint` included, in the map's order. With
  /// kReverse the codes that become (system, code), their equivalence turned round. Views as above.
  [[nodiscard]] std::vector<Match> matches(const ConceptMap& map, std::string_view system,
                                           std::string_view code,
                                           std::string_view target_system = {},
                                           Direction direction = Direction::kForward) const;

  /// An empty `system` stands for a plain `code`.
  [[nodiscard]] Membership validate_code(std::string_view value_set_url, std::string_view system,
                                         std::string_view code) const;
  /// All concepts of a value set in its order; kNotFound where it is not here or not complete.
  [[nodiscard]] Result<std::vector<Concept>> expand(std::string_view value_set_url) const;
  /// The concept and, in a code system with a hierarchy, all above it (below it), itself first.
  /// kNotFound where the hierarchy of the system is not here, kUnprocessable/kCodeInvalid for a
  /// code that the system does not have.
  [[nodiscard]] Result<std::vector<Concept>> ancestors(std::string_view system,
                                                       std::string_view code) const;
  [[nodiscard]] Result<std::vector<Concept>> descendants(std::string_view system,
                                                         std::string_view code) const;
  /// The concept of a local CodeSystem (its display, that it exists), or nullptr.
  [[nodiscard]] const Concept* find_concept(std::string_view system, std::string_view code) const;
  /// As find_concept, and the codes of every value set of the R4 package.
  [[nodiscard]] const Concept* find_known_concept(std::string_view system,
                                                  std::string_view code) const;
  /// Whether every code of the system is here, so that a code that is not found does not exist.
  [[nodiscard]] bool is_complete(std::string_view system) const;

  /// The resource of that type that was added with that url (without `|version`), or nullptr.
  [[nodiscard]] const json::Value* find_resource(std::string_view type, std::string_view url) const;
  /// All that were added, in the order of type and url. They live as long as this object.
  [[nodiscard]] std::vector<const json::Value*> resources() const;

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

}  // namespace kap::fhir::terminology
