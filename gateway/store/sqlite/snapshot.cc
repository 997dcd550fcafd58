#include "gateway/store/sqlite/snapshot.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "gateway/store/index/entries.h"
#include "gateway/store/index/postings.h"

namespace kap::gateway::store::sqlite {
namespace {

Outcome damaged() {
  return {Category::kInternal, IssueType::kException, "a stored version is damaged"};
}

}  // namespace

std::optional<TypeNumber> SqliteSnapshot::type_number(std::string_view type) const {
  const auto number = dictionary_.find(Dictionary::Space::kType, type);
  if (!number.has_value()) return std::nullopt;
  return static_cast<TypeNumber>(*number);
}

std::string SqliteSnapshot::type_name(TypeNumber type) const {
  return dictionary_.name(Dictionary::Space::kType, type);
}

Status SqliteSnapshot::scan(const TermRange& range, const Visit& visit) {
  auto& statement = database_.prepared(
      "SELECT term, first, more FROM posting WHERE term >= ? AND term < ? ORDER BY term, first");
  statement.with(Blob{range.first}, Blob{range.end});
  const ResetAtExit reset(statement);
  for (;;) {
    KAP_TRY(const bool row, statement.step());
    if (!row) return {};
    const auto first = statement.integer(1);
    if (first > as_of_.value) continue;
    KAP_TRY(const Next next, visit(statement.bytes(0), first, statement.bytes(2)));
    if (next == Next::kStop) return {};
  }
}

Result<SeqSet> SqliteSnapshot::carriers(std::string_view term, std::int64_t after,
                                        std::size_t count) {
  // Rows of a term do not overlap: each holds the versions of one commit. The one that begins at
  // or before `after` may go on behind it.
  auto& statement = database_.prepared(
      "SELECT first, more FROM posting WHERE term = ?1 AND first >= coalesce("
      "(SELECT max(first) FROM posting WHERE term = ?1 AND first <= ?2), 0) ORDER BY first");
  statement.with(Blob{term}, after);
  const ResetAtExit reset(statement);
  SeqSet out;
  while (out.size() < count) {
    KAP_TRY(const bool row, statement.step());
    if (!row || statement.integer(0) > as_of_.value) break;
    if (!decode_postings(statement.integer(0), statement.bytes(1), out))
      return std::unexpected(damaged());
    if (out.front() <= after) std::erase_if(out, [&](std::int64_t seq) { return seq <= after; });
  }
  std::erase_if(out, [&](std::int64_t seq) { return seq > as_of_.value; });
  return out;
}

Result<SeqSet> SqliteSnapshot::carriers_before(std::string_view term, std::int64_t before,
                                               std::size_t count) {
  auto& statement = database_.prepared(
      "SELECT first, more FROM posting WHERE term = ? AND first < ? ORDER BY first DESC");
  const std::int64_t end = std::min(before, as_of_.value + 1);
  statement.with(Blob{term}, end);
  const ResetAtExit reset(statement);
  SeqSet out;
  SeqSet row_seqs;
  while (out.size() < count) {
    KAP_TRY(const bool row, statement.step());
    if (!row) break;
    row_seqs.clear();
    if (!decode_postings(statement.integer(0), statement.bytes(1), row_seqs))
      return std::unexpected(damaged());
    std::erase_if(row_seqs, [&](std::int64_t seq) { return seq >= end; });
    out.insert(out.end(), row_seqs.rbegin(), row_seqs.rend());
  }
  return out;
}

Result<std::optional<std::string>> SqliteSnapshot::next_term(const TermRange& range,
                                                             Direction direction) {
  auto& statement = database_.prepared(
      direction == Direction::kForward
          ? "SELECT term FROM posting WHERE term >= ? AND term < ? ORDER BY term LIMIT 1"
          : "SELECT term FROM posting WHERE term >= ? AND term < ? ORDER BY term DESC LIMIT 1");
  statement.with(Blob{range.first}, Blob{range.end});
  const ResetAtExit reset(statement);
  KAP_TRY(const bool row, statement.step());
  if (!row) return std::nullopt;
  return std::string(statement.bytes(0));
}

Result<std::vector<Snapshot::IdRow>> SqliteSnapshot::ids(TypeNumber type, std::string_view id,
                                                         Direction direction, std::size_t count) {
  std::vector<IdRow> out;
  {
    auto& statement = database_.prepared(
        direction == Direction::kForward
            ? "SELECT id FROM resource WHERE type = ? AND id >= ? ORDER BY id LIMIT ?"
            : "SELECT id FROM resource WHERE type = ? AND id <= ? ORDER BY id DESC LIMIT ?");
    // No id has a character behind `~`.
    const std::string_view from = id.empty() && direction == Direction::kBackward ? "~" : id;
    statement.with(std::int64_t{type}, from, static_cast<std::int64_t>(count));
    const ResetAtExit reset(statement);
    for (;;) {
      KAP_TRY(const bool row, statement.step());
      if (!row) break;
      out.push_back({.id = std::string(statement.bytes(0)), .seq = {}});
    }
  }
  for (IdRow& row : out) {
    KAP_TRY(row.seq, find(type, row.id));
  }
  return out;
}

Result<std::optional<VersionFacts>> SqliteSnapshot::visible(std::int64_t seq) {
  if (seq > as_of_.value) return std::nullopt;
  VersionFacts facts;
  std::optional<std::int64_t> replaced_by;
  {
    auto& statement = database_.prepared(
        "SELECT replaced_by, deleted, type, clinic, sensitivity, patient, last_updated, id "
        "FROM version WHERE seq = ?");
    statement.with(seq);
    const ResetAtExit reset(statement);
    KAP_TRY(const bool found, statement.step());
    if (!found) return std::nullopt;
    replaced_by = statement.optional_integer(0);
    const security::Sensitivity sensitivity(static_cast<std::uint32_t>(statement.integer(4)));
    if ((replaced_by.has_value() && *replaced_by <= as_of_.value) || statement.integer(1) != 0 ||
        !visibility_.shows(statement.integer(3), sensitivity, statement.bytes(5))) {
      return std::nullopt;
    }
    facts = {.seq = seq,
             .type = static_cast<TypeNumber>(statement.integer(2)),
             .id = std::string(statement.bytes(7)),
             .last_updated = Instant(std::chrono::milliseconds(statement.integer(6)))};
  }
  if (!shows(facts.type)) return std::nullopt;
  if (replaced_by.has_value()) {
    // Replaced since the search began: hidden if the current version is.
    KAP_TRY(const auto current, find_current(database_, facts.type, facts.id));
    if (!current.has_value()) return std::unexpected(damaged());
    KAP_TRY(const auto row, find_version(database_, dictionary_, *current));
    if (!row.has_value()) return std::unexpected(damaged());
    if (!visibility_.shows(row->clinic, row->sensitivity, row->patient)) return std::nullopt;
  }
  return facts;
}

Result<std::int64_t> SqliteSnapshot::first_since(Instant time) {
  const std::int64_t wanted = time.time_since_epoch().count();
  std::int64_t low = 1;
  std::int64_t high = as_of_.value + 1;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    auto& statement = database_.prepared(
        "SELECT seq, last_updated FROM version WHERE seq >= ? ORDER BY seq LIMIT 1");
    statement.with(middle);
    const ResetAtExit reset(statement);
    KAP_TRY(const bool row, statement.step());
    if (!row || statement.integer(1) >= wanted) {
      high = middle;
    } else {
      low = statement.integer(0) + 1;
    }
  }
  return low;
}

bool SqliteSnapshot::shows(TypeNumber type) {
  if (scopes_ == nullptr) return true;
  const auto known = shown_types_.find(type);
  if (known != shown_types_.end()) return known->second;
  const auto name = type_name(type);
  const bool shown = scopes_->allows(name, security::Interaction::kRead) ||
                     scopes_->allows(name, security::Interaction::kSearch);
  return shown_types_.emplace(type, shown).first->second;
}

Result<VersionFacts> SqliteSnapshot::facts(std::int64_t seq) {
  KAP_TRY(const auto row, find_version(database_, dictionary_, seq));
  if (!row.has_value()) return std::unexpected(damaged());
  return VersionFacts{.seq = seq,
                      .type = static_cast<TypeNumber>(row->type),
                      .id = row->id,
                      .last_updated = Instant(std::chrono::milliseconds(row->last_updated))};
}

Result<std::optional<std::int64_t>> SqliteSnapshot::find(TypeNumber type, std::string_view id) {
  KAP_TRY(auto seq, find_current(database_, type, id));
  while (seq.has_value() && *seq > as_of_.value) {
    auto& statement = database_.prepared("SELECT previous FROM version WHERE seq = ?").with(*seq);
    const ResetAtExit reset(statement);
    KAP_TRY(const bool found, statement.step());
    if (!found) return std::nullopt;
    seq = statement.optional_integer(0);
  }
  return seq;
}

Result<std::vector<fhir::search::IndexEntry>> SqliteSnapshot::entries(std::int64_t seq) {
  auto& statement = database_.prepared("SELECT entries FROM content WHERE seq = ?").with(seq);
  const ResetAtExit reset(statement);
  KAP_TRY(const bool found, statement.step());
  if (!found) return std::unexpected(damaged());
  auto entries = decode_entries(statement.bytes(0));
  if (!entries.has_value()) return std::unexpected(damaged());
  return std::move(*entries);
}

Result<std::string> SqliteSnapshot::body(std::int64_t seq) {
  KAP_TRY(auto found, resource(seq));
  return std::move(found.body);
}

Result<StoredResource> SqliteSnapshot::resource(std::int64_t seq) {
  KAP_TRY(const auto row, find_version(database_, dictionary_, seq));
  if (!row.has_value()) return std::unexpected(damaged());
  return to_resource(database_, dictionary_, *row);
}

}  // namespace kap::gateway::store::sqlite
