#pragma once

#include <optional>
#include <span>

#include "fhir/path/item.h"

namespace kap::fhir::path {

/// FHIRPath N1 section 6.1 `=`: nothing where the operands' precision or units do not tell.
[[nodiscard]] std::optional<bool> equal(const Item& left, const Item& right);
/// Of collections: same size, same order.
[[nodiscard]] std::optional<bool> equal(std::span<const Item> left, std::span<const Item> right);

/// FHIRPath N1 section 6.1 `~`.
[[nodiscard]] bool equivalent(const Item& left, const Item& right);
[[nodiscard]] bool equivalent(std::span<const Item> left, std::span<const Item> right);

/// Whether `=` says true for one of them.
[[nodiscard]] bool contains(std::span<const Item> items, const Item& item);

enum class Order : std::uint8_t { kLess, kEqual, kGreater, kUnknown, kIncomparable };
/// FHIRPath N1 section 6.2; kUnknown is the empty collection, kIncomparable an error.
[[nodiscard]] Order order(const Item& left, const Item& right);

}  // namespace kap::fhir::path
