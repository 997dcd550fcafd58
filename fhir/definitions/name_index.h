#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

/// Open-addressing tables from names to places in an array: a slot holds the place + 1, 0 is empty,
/// the number of slots is a power of two and at least twice the number of names.
namespace kap::fhir::definitions {

[[nodiscard]] inline std::size_t hash_name(std::string_view name) {
  std::uint64_t hash = name.size() * 0x9E3779B97F4A7C15U;
  const char* at = name.data();
  std::size_t left = name.size();
  for (; left >= 8; left -= 8, at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    hash = (std::rotl(hash, 27) ^ word) * 0xD6E8FEB86659FD93U;
  }
  std::uint64_t word = 0;
  std::memcpy(&word, at, left);
  hash = (std::rotl(hash, 27) ^ word) * 0xD6E8FEB86659FD93U;
  return static_cast<std::size_t>(hash ^ (hash >> 32U));
}

[[nodiscard]] inline std::size_t slots_for(std::size_t names) { return std::bit_ceil(names * 2 + 1); }

/// `slots` must be zeroed. Where a name is there twice, the first keeps its slot.
template <class Item, class NameOf>
void index_names(std::span<const Item> items, std::span<std::uint16_t> slots, NameOf name_of) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::size_t slot = hash_name(name_of(items[i])) & (slots.size() - 1);
    while (slots[slot] != 0) slot = (slot + 1) & (slots.size() - 1);
    slots[slot] = static_cast<std::uint16_t>(i + 1);
  }
}

/// The first item of that name for which `accept` holds, or nullptr.
template <class Item, class NameOf, class Accept>
const Item* find_name(std::span<const Item> items, std::span<const std::uint16_t> slots,
                      std::string_view name, NameOf name_of, Accept accept) {
  if (slots.empty()) return nullptr;
  for (std::size_t slot = hash_name(name) & (slots.size() - 1); slots[slot] != 0;
       slot = (slot + 1) & (slots.size() - 1)) {
    const Item& item = items[slots[slot] - 1U];
    if (name_of(item) == name && accept(item)) return &item;
  }
  return nullptr;
}

template <class Item, class NameOf>
const Item* find_name(std::span<const Item> items, std::span<const std::uint16_t> slots,
                      std::string_view name, NameOf name_of) {
  return find_name(items, slots, name, name_of, [](const Item&) { return true; });
}

}  // namespace kap::fhir::definitions
