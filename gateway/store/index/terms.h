#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/search/index_entry.h"
#include "fhir/search/query.h"
#include "gateway/store/index/term_batch.h"

namespace kap::gateway::store {

/// A backend's number of a resource type.
using TypeNumber = std::uint16_t;

/// Terms are the keys of the inverted index: type, parameter, kind of value, value; bytes whose
/// order is the order of the values. Long text is cut (see DecodedTerm::cut).

/// Adds the terms of one version. Entries of composite parameters have none: their criteria are
/// answered from the terms of their components.
void add_terms(TermBatch& batch, TypeNumber type, const std::optional<std::string>& patient,
               std::span<const fhir::search::IndexEntry> entries, std::int64_t seq);

/// The first of the terms that an entry's value has.
[[nodiscard]] std::string term_of(TypeNumber type, std::uint16_t parameter,
                                  const fhir::search::EntryValue& value);

/// What every version of a type that is not a tombstone carries.
[[nodiscard]] std::string type_term(TypeNumber type);
/// What every version of a type in a patient's compartment carries.
[[nodiscard]] std::string compartment_term(TypeNumber type, std::string_view patient);
/// What a version carries that points to `target_type/target_id` by the parameter.
[[nodiscard]] std::string reference_term(TypeNumber type, std::uint16_t parameter,
                                         std::string_view target_type, std::string_view target_id);

/// Terms from `first` on and before `end`.
struct TermRange {
  std::string first;
  std::string end;
};

/// All terms that begin with `prefix`.
[[nodiscard]] TermRange starting_with(std::string prefix);
/// All terms of a parameter.
[[nodiscard]] TermRange all_terms(TypeNumber type, std::uint16_t parameter);
/// The terms of a parameter that stand beside its values: what is_sortable leaves out.
[[nodiscard]] std::vector<TermRange> unsortable_terms(TypeNumber type, std::uint16_t parameter);
/// Ranges that hold every term that can match the value, and few others.
[[nodiscard]] std::vector<TermRange> ranges_of(TypeNumber type, std::uint16_t parameter,
                                               const fhir::search::Value& value,
                                               fhir::search::Modifier modifier);

struct DecodedTerm {
  fhir::search::EntryValue value;
  bool cut = false;  // not the whole value
};
/// Nothing for bytes that are no term of a search parameter.
[[nodiscard]] std::optional<DecodedTerm> decode_term(std::string_view term);

}  // namespace kap::gateway::store
