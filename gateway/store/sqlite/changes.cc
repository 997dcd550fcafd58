#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "gateway/store/index/cursor.h"
#include "gateway/store/sqlite/backend.h"
#include "gateway/store/sqlite/rows.h"
#include "gateway/store/sqlite/scan.h"
#include "gateway/store/sqlite/visibility.h"

namespace kap::gateway::store::sqlite {
namespace {

constexpr std::string_view kChanges = "changes";  // what its tokens belong to
constexpr std::size_t kPageRows = 512;            // looked at for one page

/// The versions behind `after`, without their bodies.
Result<std::vector<VersionRow>> rows_after(Database& database, const Dictionary& dictionary,
                                           Sequence after) {
  std::vector<VersionRow> rows;
  KAP_CHECK_OK(read_versions(database, dictionary, after, kPageRows,
                             [&](VersionRow row) { rows.push_back(std::move(row)); }));
  return rows;
}

Result<bool> is_shown(Database& database, const Dictionary& dictionary,
                      const Visibility& visibility, const VersionRow& row) {
  if (!visibility.shows(row.clinic, row.sensitivity, row.patient)) return false;
  if (!row.replaced_by.has_value()) return true;
  KAP_TRY(const auto current, find_current(database, row.type, row.id));
  if (!current.has_value()) return false;
  KAP_TRY(const auto now, find_version(database, dictionary, *current));
  return now.has_value() && visibility.shows(now->clinic, now->sensitivity, now->patient);
}

}  // namespace

Result<ChangePage> Backend::changes(const security::Permit& permit,
                                    const ChangeOptions& options) const {
  const Visibility visibility(permit.predicates(), dictionary_);
  std::vector<std::int64_t> types;
  if (options.types.has_value()) {
    for (const auto& type : *options.types)
      if (const auto number = dictionary_.find(Dictionary::Space::kType, type))
        types.push_back(*number);
  }
  KAP_TRY(auto reader, search_readers_.lease());
  KAP_TRY(auto transaction, Transaction::begin(*reader, Transaction::Kind::kRead));
  ChangePage page{.changes = {}, .next = options.after};
  std::size_t bytes = 0;
  KAP_TRY(const auto rows, rows_after(*reader, dictionary_, options.after));
  for (const auto& row : rows) {
    if (page.changes.size() >= options.count || bytes >= options.bytes) return page;
    page.next = {row.seq};
    if (options.types.has_value() && std::ranges::find(types, row.type) == types.end()) continue;
    KAP_TRY(const bool shown, is_shown(*reader, dictionary_, visibility, row));
    if (!shown) continue;
    KAP_TRY(auto resource, to_resource(*reader, dictionary_, row));
    bytes += resource.body.size();
    page.changes.push_back(std::move(resource));
  }
  page.is_last = rows.size() < kPageRows;
  return page;
}

std::unique_ptr<Scan> Backend::scan(ScanQuery query) const {
  return std::make_unique<SqliteScan>(search_readers_, dictionary_, std::move(query));
}

Result<Sequence> Backend::sequence_at(Instant instant) const {
  KAP_TRY(auto reader, point_readers_.lease());
  KAP_TRY(auto transaction, Transaction::begin(*reader, Transaction::Kind::kRead));
  KAP_TRY(const auto last, last_sequence(*reader));
  // Later versions were not updated earlier, so that halving finds the place.
  std::int64_t low = 0;
  std::int64_t high = last.value;
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    auto& statement =
        (*reader)
            .prepared(
                "SELECT seq, last_updated FROM version WHERE seq <= ? ORDER BY seq DESC LIMIT 1")
            .with(middle);
    const ResetAtExit reset(statement);
    KAP_TRY(const bool row, statement.step());
    if (!row || Instant(std::chrono::milliseconds(statement.integer(1))) <= instant)
      low = middle;
    else
      high = statement.integer(0) - 1;
  }
  return Sequence{low};
}

std::string Backend::encode_place(Sequence place) const {
  return encode_cursor({.as_of = place, .last = place}, kChanges, secret_);
}

Result<Sequence> Backend::parse_place(std::string_view text) const {
  const auto cursor = parse_cursor(text, kChanges, secret_);
  if (!cursor.has_value())
    return fail(Category::kInvalidRequest, IssueType::kValue,
                "the token is not one that this server gave; begin without one");
  // So it is when an older state of the store was restored.
  if (cursor->last > writer_->state().last)
    return fail(Category::kInvalidRequest, IssueType::kValue,
                "the token is of a later state than this server's; begin without one");
  return cursor->last;
}

std::shared_ptr<void> Backend::on_commit(Wake wake) { return writer_->on_commit(std::move(wake)); }

}  // namespace kap::gateway::store::sqlite
