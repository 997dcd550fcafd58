#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// Reading of the embedded tables. They are part of the program, so that a broken one is a broken
/// invariant: it throws at start-up and no caller handles it.
namespace kap::fhir::definitions {

[[noreturn]] inline void broken_table(std::string_view line) {
  throw std::logic_error("fhir/definitions/data: cannot be read: " + std::string(line));
}

/// Takes the text up to `separator` from the front; all of it where there is no separator.
[[nodiscard]] inline std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view head = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return head;
}

/// Calls `row` with each line that is no comment.
template <class Row>
void for_each_row(std::string_view table, Row row) {
  while (!table.empty()) {
    const std::string_view line = take(table, '\n');
    if (!line.empty() && line.front() != '#') row(line);
  }
}

[[nodiscard]] inline unsigned to_number(std::string_view text) {
  unsigned value = 0;
  for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

/// Arrays and texts that live as long as the tables.
class Arena {
 public:
  template <class T>
  [[nodiscard]] std::span<T> array(std::size_t size) {
    if (size == 0) return {};
    T* data = std::pmr::polymorphic_allocator<T>(&memory_).allocate(size);
    std::uninitialized_value_construct_n(data, size);
    return {data, size};
  }
  template <class T>
  [[nodiscard]] std::span<T> copy(const std::vector<T>& items) {
    const std::span<T> place = array<T>(items.size());
    std::ranges::copy(items, place.begin());
    return place;
  }
  template <class T>
  [[nodiscard]] const T* keep(T item) {
    const std::span<T> place = array<T>(1);
    place.front() = item;
    return &place.front();
  }
  [[nodiscard]] std::string_view concat(std::string_view first, std::string_view second) {
    const std::span<char> place = array<char>(first.size() + second.size());
    std::ranges::copy(first, place.begin());
    std::ranges::copy(second, place.begin() + static_cast<std::ptrdiff_t>(first.size()));
    return {place.data(), place.size()};
  }
  /// The words of a cell.
  [[nodiscard]] std::span<const std::string_view> words(std::string_view cell) {
    if (cell.empty()) return {};
    const std::span<std::string_view> place =
        array<std::string_view>(1 + static_cast<std::size_t>(std::ranges::count(cell, ' ')));
    for (std::string_view& word : place) word = take(cell, ' ');
    return place;
  }

 private:
  std::pmr::monotonic_buffer_resource memory_{std::size_t{64} << 10U};
};

}  // namespace kap::fhir::definitions
