#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/json/value.h"

namespace kap::fhir::terminology {

/// http://hl7.org/fhir/R4/valueset-concept-map-equivalence.html
enum class Equivalence : std::uint8_t {
  kRelatedTo,
  kEquivalent,
  kEqual,
  kWider,
  kSubsumes,
  kNarrower,
  kSpecializes,
  kInexact,
  kUnmatched,
  kDisjoint,
};

[[nodiscard]] std::string_view to_code(Equivalence equivalence);

/// http://hl7.org/fhir/R4/valueset-conceptmap-unmapped-mode.html; kNone: no `unmapped` stated.
enum class UnmappedMode : std::uint8_t { kNone, kProvided, kFixed, kOtherMap };

/// Owned by its ConceptMap.
struct ConceptMapTarget {
  std::string system;  // the group's target system
  std::string code;    // empty with kUnmatched
  std::string display;
  Equivalence equivalence = Equivalence::kEquivalent;
};

struct ConceptMapElement {
  std::string code;
  std::string display;
  std::vector<ConceptMapTarget> targets;  // `unmatched` and `disjoint` ones too, as written
};

struct ConceptMapGroup {
  std::string source_system;
  std::string target_system;
  std::vector<ConceptMapElement> elements;
  UnmappedMode unmapped = UnmappedMode::kNone;
  ConceptMapTarget fixed;                                       // of kFixed
  std::string other_map_url;                                    // of kOtherMap
  std::unordered_map<std::string_view, std::uint32_t> by_code;  // views into elements

  /// nullptr where the group says nothing about the code.
  [[nodiscard]] const ConceptMapElement* find(std::string_view code) const;
};

/// What a code became. `display` is empty where the map states none.
struct Translation {
  std::string_view system;
  std::string_view code;
  std::string_view display;
  Equivalence equivalence = Equivalence::kEquivalent;
};

/// An R4 ConceptMap, http://hl7.org/fhir/R4/conceptmap.html, as hash tables. Immutable after
/// parse; move-only, because its tables point into itself.
class ConceptMap {
 public:
  /// Refused with the element path: no url, no group, a code twice in one group, an element without
  /// a target, a target without a code that is not `unmatched`, an unknown equivalence or mode,
  /// `dependsOn` and `product` (they need more than one code to decide). A group without source or
  /// target system maps plain codes.
  [[nodiscard]] static Result<ConceptMap> parse(const json::Value& resource);

  ConceptMap(ConceptMap&&) noexcept = default;
  ConceptMap& operator=(ConceptMap&&) noexcept = default;
  ConceptMap(const ConceptMap&) = delete;
  ConceptMap& operator=(const ConceptMap&) = delete;
  ~ConceptMap() = default;

  [[nodiscard]] const std::string& url() const { return url_; }
  /// The canonical URLs of the value sets; empty where the map does not state them.
  [[nodiscard]] const std::string& source_value_set() const { return source_; }
  [[nodiscard]] const std::string& target_value_set() const { return target_; }
  [[nodiscard]] const std::vector<ConceptMapGroup>& groups() const { return groups_; }

 private:
  ConceptMap() = default;
  std::string url_;
  std::string source_;
  std::string target_;
  std::vector<ConceptMapGroup> groups_;
};

}  // namespace kap::fhir::terminology
