#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/json/value.h"

namespace kap::fhir::search {

/// Of a string parameter.
struct StringEntry {
  std::string normalized{};  // normalize(exact)
  std::string exact{};
  friend bool operator==(const StringEntry&, const StringEntry&) = default;
  friend auto operator<=>(const StringEntry&, const StringEntry&) = default;
};

/// Of a token parameter, and of a reference parameter the Reference.identifier (for :identifier).
struct TokenEntry {
  std::string system{};  // empty: none stated
  std::string code{};    // `true` and `false` for booleans
  friend bool operator==(const TokenEntry&, const TokenEntry&) = default;
  friend auto operator<=>(const TokenEntry&, const TokenEntry&) = default;
};

/// Of a reference parameter: a literal reference to a resource, or something else by its URL.
struct ReferenceEntry {
  std::string type{};     // `Patient`; empty where the URL names none
  std::string id{};       // empty where the URL names none
  std::string url{};      // absolute URL, canonical or `#fragment`; empty for a relative reference
  std::string version{};  // of a canonical, `1.0` of `http://example.org/a|1.0`
  friend bool operator==(const ReferenceEntry&, const ReferenceEntry&) = default;
  friend auto operator<=>(const ReferenceEntry&, const ReferenceEntry&) = default;
};

/// Milliseconds of UTC, half open; what is unbounded ends at the limits of the type. A date
/// without offset is read as UTC.
struct DateEntry {
  std::int64_t low = 0;
  std::int64_t high = 0;
  friend bool operator==(const DateEntry&, const DateEntry&) = default;
  friend auto operator<=>(const DateEntry&, const DateEntry&) = default;
};

/// A number is exact: low equals high. A Range has its own bounds, infinite where open.
struct NumberEntry {
  double low = 0;
  double high = 0;
  friend bool operator==(const NumberEntry&, const NumberEntry&) = default;
  friend auto operator<=>(const NumberEntry&, const NumberEntry&) = default;
};

struct QuantityEntry {
  NumberEntry value{};
  std::string system{};
  std::string code{};
  std::string unit{};
  /// The value in UCUM base units and the code of these; the code is empty where there are none.
  NumberEntry canonical{};
  std::string canonical_code{};
  friend bool operator==(const QuantityEntry&, const QuantityEntry&) = default;
  friend auto operator<=>(const QuantityEntry&, const QuantityEntry&) = default;
};

struct UriEntry {
  std::string value{};
  friend bool operator==(const UriEntry&, const UriEntry&) = default;
  friend auto operator<=>(const UriEntry&, const UriEntry&) = default;
};

/// Of a token parameter: what stands there to be read (for :text): the display of a Coding, the
/// text of a CodeableConcept or of Identifier.type.
struct TextEntry {
  std::string normalized{};
  friend bool operator==(const TextEntry&, const TextEntry&) = default;
  friend auto operator<=>(const TextEntry&, const TextEntry&) = default;
};

/// Of a token parameter, an Identifier by one coding of its type (for :of-type).
struct TypedIdentifierEntry {
  std::string system{};  // of the type
  std::string code{};    // of the type
  std::string value{};
  friend bool operator==(const TypedIdentifierEntry&, const TypedIdentifierEntry&) = default;
  friend auto operator<=>(const TypedIdentifierEntry&, const TypedIdentifierEntry&) = default;
};

/// Stores keep an entry's place among these: append, never reorder.
using EntryValue = std::variant<StringEntry, TokenEntry, ReferenceEntry, DateEntry, NumberEntry,
                                QuantityEntry, UriEntry, TextEntry, TypedIdentifierEntry>;

/// One row of the search index: a value that a parameter finds in a resource.
struct IndexEntry {
  std::uint16_t parameter = 0;  // SearchParameterDef::id
  /// Of a composite parameter: entries of one group belong together, `component` counts from 1.
  /// Otherwise both are 0.
  std::uint8_t component = 0;
  std::uint16_t group = 0;
  EntryValue value{};
  friend bool operator==(const IndexEntry&, const IndexEntry&) = default;
};

/// Whether the entries of composite parameters are wanted.
enum class Composites : std::uint8_t { kOmit, kExtract };

/// What every R4 search parameter of the resource's type finds in it, each value once, in the order
/// of the parameters' codes. `_id` and `_lastUpdated` are left out: the store keeps them as
/// columns. The expressions of a type are compiled at its first use and kept; load() does so for
/// all. A value that does not parse (a date that is none) yields no entry: validation judges it.
/// Errors: kUnprocessable for what is no resource; kTooCostly for one that exhausts the budget.
[[nodiscard]] Result<std::vector<IndexEntry>> extract(const json::Value& resource,
                                                      Composites composites = Composites::kOmit);

/// Compiles the expressions of all types; an error names the parameter that has none.
[[nodiscard]] Status load();

/// Lower case, accents off, white space collapsed: how string parameters compare.
[[nodiscard]] std::string normalize(std::string_view text);

}  // namespace kap::fhir::search
