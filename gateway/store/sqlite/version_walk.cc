#include "gateway/store/sqlite/version_walk.h"

#include <algorithm>

#include "gateway/store/sqlite/rows.h"

namespace kap::gateway::store::sqlite {
namespace {

// A page usually ends within the first rows of a lane; a long walk reads ever more at once.
constexpr std::int64_t kFirstChunk = 8;
constexpr std::int64_t kMaxChunk = 512;

}  // namespace

Result<std::optional<std::int64_t>> ResourceWalk::next() {
  const auto seq = next_;
  if (!seq.has_value()) return seq;
  auto& statement = database_.prepared("SELECT previous FROM version WHERE seq = ?").with(*seq);
  const ResetAtExit reset(statement);
  KAP_TRY(const bool found, statement.step());
  if (found) {
    next_ = statement.optional_integer(0);
  } else {
    next_.reset();
  }
  return seq;
}

TypeWalk::TypeWalk(Database& database, const std::vector<std::int64_t>& clinics,
                   const std::vector<std::int64_t>& types, std::int64_t first, std::int64_t end)
    : database_(database), first_(first) {
  for (const auto clinic : clinics) {
    for (const auto type : types) {
      lanes_.push_back({.clinic = clinic, .type = type, .end = end, .chunk = kFirstChunk});
    }
  }
}

Status TypeWalk::fill(Lane& lane) {
  auto& statement = database_.prepared(
      "SELECT seq FROM version WHERE clinic = ? AND type = ? AND seq >= ? AND seq < ? "
      "ORDER BY seq DESC LIMIT ?");
  statement.with(lane.clinic, lane.type, first_, lane.end, lane.chunk);
  const ResetAtExit reset(statement);
  for (;;) {
    KAP_TRY(const bool row, statement.step());
    if (!row) break;
    lane.ahead.push_back(statement.integer(0));
  }
  const bool is_last = static_cast<std::int64_t>(lane.ahead.size()) < lane.chunk;
  lane.end = is_last ? first_ : lane.ahead.back();
  lane.chunk = std::min(lane.chunk * 4, kMaxChunk);
  return {};
}

Result<std::optional<std::int64_t>> TypeWalk::next() {
  Lane* newest = nullptr;
  for (auto& lane : lanes_) {
    if (lane.ahead.empty() && lane.end > first_) KAP_CHECK_OK(fill(lane));
    if (lane.ahead.empty()) continue;
    if (newest == nullptr || newest->ahead.front() < lane.ahead.front()) newest = &lane;
  }
  if (newest == nullptr) return std::nullopt;
  const auto seq = newest->ahead.front();
  newest->ahead.pop_front();
  return seq;
}

Result<std::int64_t> first_written_since(Database& database, std::int64_t milliseconds) {
  KAP_TRY(const auto last, last_sequence(database));
  std::int64_t low = 0;  // everything below was written before
  std::int64_t high = last.value + 1;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    auto& statement = database.prepared(
        "SELECT seq, last_updated FROM version WHERE seq >= ? ORDER BY seq LIMIT 1");
    statement.with(middle);
    const ResetAtExit reset(statement);
    KAP_TRY(const bool found, statement.step());
    if (found && statement.integer(1) < milliseconds) {
      low = statement.integer(0) + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace kap::gateway::store::sqlite
