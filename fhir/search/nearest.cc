#include "fhir/search/nearest.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace kap::fhir::search {
namespace {

constexpr std::size_t kMostNamed = 3;
constexpr std::size_t kLongest = 64;

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// Levenshtein distance without regard to case.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t replaced = diagonal + (fold(left[i]) == fold(right[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string_view> nearest(std::string_view name,
                                      std::span<const std::string_view> known) {
  if (name.empty() || name.size() > kLongest) return {};
  std::vector<std::pair<std::size_t, std::string_view>> ranked;
  for (const std::string_view candidate : known) {
    std::size_t away = distance(name, candidate);
    if (candidate.starts_with(name) || name.starts_with(candidate))
      away = std::min<std::size_t>(away, 1);
    if (away <= std::max<std::size_t>(2, name.size() / 3)) ranked.emplace_back(away, candidate);
  }
  std::ranges::sort(ranked);
  std::vector<std::string_view> out;
  for (const auto& [away, candidate] : ranked)
    if (out.size() < kMostNamed) out.push_back(candidate);
  return out;
}

}  // namespace kap::fhir::search
