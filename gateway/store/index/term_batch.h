#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"

namespace kap::gateway::store {

/// The terms of the versions that one commit writes, gathered so that a term that many of them
/// carry becomes one row, and so that rows go to the clustered table in key order.
class TermBatch {
 public:
  /// `seq` never falls from call to call. A term given twice for a version counts once.
  void add(std::string_view term, std::int64_t seq);
  /// Calls `write(term, seqs)` for each term in ascending order and clears the batch.
  [[nodiscard]] Status drain(
      const std::function<Status(std::string_view, std::span<const std::int64_t>)>& write);
  void clear();

 private:
  struct Term {
    std::uint64_t prefix;  // the first eight bytes, so that most comparisons touch nothing else
    std::int64_t seq;
    std::uint32_t offset;
    std::uint32_t size;
  };
  [[nodiscard]] std::string_view text(const Term& term) const {
    return std::string_view(bytes_).substr(term.offset, term.size);
  }

  std::string bytes_;
  std::vector<Term> terms_;
};

}  // namespace kap::gateway::store
