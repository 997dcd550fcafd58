#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "fhir/definitions/search_parameters.h"
#include "fhir/path/item.h"
#include "fhir/path/moment.h"
#include "fhir/search/index_entry.h"

namespace kap::fhir::search {

/// Appends the entries of one item for a parameter of that type
/// (http://hl7.org/fhir/R4/search.html, sections 3.1.1.4.8 to 3.1.1.5.6).
void convert(const path::Item& item, definitions::SearchType type, std::vector<EntryValue>& out);

/// A literal reference: relative (`Patient/1`, `Patient/1/_history/2`) or a URL; nothing for a
/// fragment.
[[nodiscard]] std::optional<ReferenceEntry> parse_reference(std::string_view text);
/// The resource type that a reference names, relative or absolute; empty: none.
[[nodiscard]] std::string_view referenced_type(std::string_view text);

[[nodiscard]] DateEntry to_date(const path::Moment& moment);

}  // namespace kap::fhir::search
