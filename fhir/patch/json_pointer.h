#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kap::fhir::patch {

/// A JSON Pointer (RFC 6901): the names and indices that lead from the root to a value; none is the
/// whole document.
struct JsonPointer {
  std::vector<std::string> tokens;

  /// Nothing where the text is not empty and does not begin with `/`, or where a `~` is followed by
  /// neither 0 nor 1.
  [[nodiscard]] static std::optional<JsonPointer> parse(std::string_view text);

  /// Whether this leads to something that holds what `other` leads to.
  [[nodiscard]] bool is_proper_prefix_of(const JsonPointer& other) const;
};

/// The index a token states: digits without a leading zero (RFC 6901, section 4).
[[nodiscard]] std::optional<std::size_t> parse_array_index(std::string_view token);

/// The first `count` tokens as text for a diagnostic. A token that does not look like an element
/// name or an index is shown as `…`: it may hold anything.
[[nodiscard]] std::string to_shown(const JsonPointer& pointer, std::size_t count);

}  // namespace kap::fhir::patch
