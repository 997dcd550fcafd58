#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/json/value.h"
#include "fhir/terminology/terminology.h"

/// CodeSystems and ValueSets that were added, as tables. Internal to this folder.
namespace kap::fhir::terminology {

/// Concepts in their order, found by code. Move-only: its tables point into itself.
class ConceptTable {
 public:
  ConceptTable() = default;
  ConceptTable(ConceptTable&&) noexcept = default;
  ConceptTable& operator=(ConceptTable&&) noexcept = default;
  ConceptTable(const ConceptTable&) = delete;
  ConceptTable& operator=(const ConceptTable&) = delete;
  ~ConceptTable() = default;

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  /// False where the code is there already. `parent`: the place of what it stands below.
  bool add(std::string_view system, std::string_view code, std::string_view display,
           std::size_t parent = kNone);
  /// A concept's place, and that of the one it stands below.
  [[nodiscard]] std::size_t place(std::string_view code) const;
  [[nodiscard]] std::size_t parent(std::size_t place) const { return parents_[place]; }
  [[nodiscard]] const Concept* find(std::string_view code) const;
  [[nodiscard]] const std::vector<Concept>& all() const { return concepts_; }

 private:
  std::string_view keep(std::string_view text);

  std::deque<std::string> texts_;
  std::vector<Concept> concepts_;
  std::vector<std::size_t> parents_;
  std::unordered_map<std::string_view, std::size_t> by_code_;
};

struct CodeSystemTable {
  std::string url;
  ConceptTable concepts;
};

/// One `include` or `exclude` of a ValueSet.
struct Inclusion {
  std::string system;  // empty: only value sets are named
  bool is_whole_system = false;
  ConceptTable concepts;  // unless the whole system
  std::vector<std::string> value_sets;
};

struct ValueSetTable {
  std::string url;
  std::vector<Inclusion> includes;
  std::vector<Inclusion> excludes;
};

/// Refused: no url, `content` other than `complete`, a code twice.
[[nodiscard]] Result<CodeSystemTable> parse_code_system(const json::Value& resource);
/// Refused: no url, no include, a filter.
[[nodiscard]] Result<ValueSetTable> parse_value_set(const json::Value& resource);

}  // namespace kap::fhir::terminology
