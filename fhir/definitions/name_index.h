#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

/// Open-addressing tables from names to places in an array: a slot holds the place + 1, 0 is empty,
/// the number of slots is a power of two and at least twice the number of names.
namespace kap::fhir::definitions {

/// The last 8 bytes of a text of 8 and more; a shorter one is read in two overlapping halves.
[[nodiscard]] inline std::uint64_t tail_word(const char* data, std::size_t size) {
  if (size >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + size - 8, 8);
    return word;
  }
  if (size >= 4) {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, data, 4);
    std::memcpy(&last, data + size - 4, 4);
    return (std::uint64_t{first} << 32U) | last;
  }
  if (size == 0) return 0;
  const auto byte = [&](std::size_t at) {
    return std::uint64_t{static_cast<unsigned char>(data[at])};
  };
  return (byte(0) << 16U) | (byte(size / 2) << 8U) | byte(size - 1);
}

[[nodiscard]] inline std::size_t hash_name(std::string_view name) {
  constexpr std::uint64_t kMix = 0xD6E8FEB86659FD93U;
  std::uint64_t hash = name.size() * 0x9E3779B97F4A7C15U;
  const char* data = name.data();
  for (std::size_t at = 0; at + 8 < name.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + at, 8);
    hash = (std::rotl(hash, 27) ^ word) * kMix;
  }
  hash = (std::rotl(hash, 27) ^ tail_word(data, name.size())) * kMix;
  return static_cast<std::size_t>(hash ^ (hash >> 32U));
}

[[nodiscard]] inline std::size_t slots_for(std::size_t names) {
  return std::bit_ceil(names * 2 + 1);
}

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
