#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/search/query.h"
#include "gateway/store/index/snapshot.h"

namespace kap::gateway::store {

/// Terms of one shape of a parameter, one after the other in the direction of a sort.
class TermStream {
 public:
  /// What of a term behind the prefix is the value.
  enum class Shape : std::uint8_t {
    kText,   // all of it
    kToken,  // code, NUL, system; a code that was cut stands for all that begin with it
    kSpan,   // two numbers, low and high
  };
  struct Layout {
    std::string prefix;  // of every term
    std::string kind{};  // what the value's key begins with: quantities by whether units compare
    Shape shape = Shape::kText;
    /// Of kSpan, backwards: how far at most a high end lies above its low end; nothing: no bound.
    std::optional<std::int64_t> longest = 0;
    bool is_date = false;
  };

  TermStream(Layout layout, Snapshot::Direction direction);

  /// Begins at this key (backward: ends there) instead of at the first.
  void start_at(std::string_view key);
  /// Reads the next term unless one is there; to call before the others.
  [[nodiscard]] Status fill(Snapshot& snapshot);
  [[nodiscard]] bool is_empty() const { return !head_.has_value(); }
  /// What the head's value sorts by, and what neither it nor any later one comes before.
  [[nodiscard]] std::string key() const;
  [[nodiscard]] std::string bound() const;
  [[nodiscard]] std::string take();

 private:
  Layout layout_;
  Snapshot::Direction direction_;
  TermRange range_;  // what was not read yet
  std::optional<std::string> head_;
};

/// The streams that hold all values of a sort key; `after`: the value of the row to go on after.
/// Empty: the index is not in that order.
[[nodiscard]] Result<std::vector<TermStream>> make_term_streams(
    Snapshot& snapshot, TypeNumber type, const fhir::search::SortKey& key,
    const fhir::search::IndexEntry* after);

}  // namespace kap::gateway::store
