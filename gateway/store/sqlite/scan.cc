#include "gateway/store/sqlite/scan.h"

#include <algorithm>
#include <utility>

#include "gateway/store/index/postings.h"

namespace kap::gateway::store::sqlite {
namespace {

using Versions = ScanQuery::Versions;
using Compartment = ScanQuery::Compartment;

constexpr std::size_t kStepRows = 4096;  // looked at before the connection goes back

Outcome damaged() {
  return {Category::kInternal, IssueType::kException, "a stored version is damaged"};
}

std::int64_t last_of(const ScanQuery::Options& options) {
  return std::min(options.until.value_or(options.as_of).value, options.as_of.value);
}

/// Columns of `version` in the order that to_row_view reads them.
#define KAP_SCAN_COLUMNS \
  "SELECT v.replaced_by, v.deleted, v.type, v.clinic, v.sensitivity, v.patient, v.id"
constexpr int kScanColumns = 7;

RowView to_row_view(const Statement& row) {
  return {.replaced_by = row.optional_integer(0),
          .deleted = row.integer(1) != 0,
          .type = row.integer(2),
          .clinic = row.integer(3),
          .sensitivity = security::Sensitivity(static_cast<std::uint32_t>(row.integer(4))),
          .patient = row.bytes(5),
          .id = row.bytes(6)};
}

bool contains(const SeqSet& set, std::int64_t seq) { return std::ranges::binary_search(set, seq); }

}  // namespace

SqliteScan::SqliteScan(ReaderPool& readers, const Dictionary& dictionary, ScanQuery query)
    : readers_(readers),
      dictionary_(dictionary),
      query_(std::move(query)),
      visibility_(query_.predicates(), dictionary) {
  if (!query_.options().patients.has_value()) return;
  for (const auto& patient : *query_.options().patients) patients_.push_back(patient.text());
  std::ranges::sort(patients_);
}

Result<Scan::Progress> SqliteScan::step(Bodies bodies, const Visit& visit) {
  KAP_TRY(auto reader, readers_.lease());
  KAP_TRY(auto transaction, Transaction::begin(*reader, Transaction::Kind::kRead));
  SqliteSnapshot snapshot(*reader, dictionary_, visibility_, query_.options().as_of,
                          &query_.permit());
  if (!is_planned_) {
    KAP_CHECK_OK(plan(snapshot));
    is_planned_ = true;
  }
  Evaluation evaluation(snapshot, Deadline::max());
  for (std::size_t looked_at = 0; next_ < candidates_.size() && looked_at < kStepRows;
       ++looked_at) {
    KAP_TRY(const bool goes_on, visit_one(*reader, evaluation, candidates_[next_], bodies, visit));
    ++next_;
    if (!goes_on) break;
  }
  return next_ < candidates_.size() ? Progress::kMore : Progress::kDone;
}

Status SqliteScan::plan(SqliteSnapshot& snapshot) {
  const auto& options = query_.options();
  if (options.versions == Versions::kDeleted) {
    KAP_TRY(candidates_, deleted(snapshot.database()));
    return {};
  }
  KAP_TRY(candidates_, matching(snapshot));
  const auto until = last_of(options);
  std::erase_if(candidates_,
                [&](std::int64_t seq) { return seq <= options.after.value || seq > until; });
  return {};
}

Result<SeqSet> SqliteScan::matching(SqliteSnapshot& snapshot) {
  const auto& options = query_.options();
  const auto type = snapshot.type_number(query_.type());
  SeqSet owned;
  if (!type.has_value()) return owned;
  if (options.patients.has_value()) {
    for (const auto& patient : patients_) {
      KAP_TRY(const auto of_one, postings(snapshot, compartment_term(*type, patient)));
      owned.insert(owned.end(), of_one.begin(), of_one.end());
    }
    normalize(owned);
  }
  if (options.any_of.empty()) {
    if (options.patients.has_value()) return owned;
    return postings(snapshot, type_term(*type));
  }
  SeqSet all;
  Evaluation evaluation(snapshot, Deadline::max());
  for (const auto& query : options.any_of) {
    KAP_TRY(auto plan, evaluation.plan(query->type, query->criteria));
    all.insert(all.end(), plan.candidates.begin(), plan.candidates.end());
    plans_.push_back(std::move(plan));
  }
  normalize(all);
  return options.patients.has_value() ? intersection(all, owned) : all;
}

Result<SeqSet> SqliteScan::deleted(Database& database) {
  SeqSet out;
  const auto type = dictionary_.find(Dictionary::Space::kType, query_.type());
  if (!type.has_value()) return out;
  auto& statement = database
                        .prepared(
                            "SELECT seq FROM version WHERE seq > ? AND seq <= ? AND deleted = 1 "
                            "AND type = ? ORDER BY seq")
                        .with(query_.options().after.value, last_of(query_.options()), *type);
  const ResetAtExit reset(statement);
  for (;;) {
    KAP_TRY(const bool row, statement.step());
    if (!row) return out;
    out.push_back(statement.integer(0));
  }
}

Result<SeqSet> SqliteScan::postings(SqliteSnapshot& snapshot, std::string term) {
  SeqSet out;
  auto end = term + '\0';
  KAP_CHECK_OK(snapshot.scan(
      {.first = std::move(term), .end = std::move(end)},
      [&](std::string_view, std::int64_t first, std::string_view more) -> Result<Snapshot::Next> {
        if (!decode_postings(first, more, out)) return std::unexpected(damaged());
        return Snapshot::Next::kGoOn;
      }));
  normalize(out);
  return out;
}

Result<bool> SqliteScan::accepts(Evaluation& evaluation, std::int64_t seq) {
  for (const auto& plan : plans_) {
    if (!contains(plan.candidates, seq)) continue;
    KAP_TRY(const auto facts, evaluation.accept(plan, seq));
    if (facts.has_value()) return true;
  }
  return plans_.empty();
}

Result<bool> SqliteScan::is_shown(Database& database, const RowView& row) const {
  if (!visibility_.shows(row.clinic, row.sensitivity, row.patient)) return false;
  if (!row.replaced_by.has_value()) return true;
  // Replaced since: hidden if the current version is.
  KAP_TRY(const auto current, find_current(database, row.type, row.id));
  if (!current.has_value()) return std::unexpected(damaged());
  KAP_TRY(const auto now, find_version(database, dictionary_, *current));
  if (!now.has_value()) return std::unexpected(damaged());
  return visibility_.shows(now->clinic, now->sensitivity, now->patient);
}

Result<bool> SqliteScan::visit_one(Database& database, Evaluation& evaluation, std::int64_t seq,
                                   Bodies bodies, const Visit& visit) {
  const auto& options = query_.options();
  KAP_TRY(const bool is_accepted, accepts(evaluation, seq));
  if (!is_accepted) return true;
  const bool has_body = bodies == Bodies::kRead && options.versions == Versions::kLive;
  auto& statement = has_body
                        ? database.prepared(KAP_SCAN_COLUMNS
                                            ", c.codec, c.key_id, c.body "
                                            "FROM version v JOIN content c ON c.seq = v.seq "
                                            "WHERE v.seq = ?")
                        : database.prepared(KAP_SCAN_COLUMNS " FROM version v WHERE v.seq = ?");
  statement.with(seq);
  const ResetAtExit reset(statement);
  KAP_TRY(const bool found, statement.step());
  if (!found) return std::unexpected(damaged());
  const RowView row = to_row_view(statement);
  const bool is_current = !row.replaced_by.has_value() || *row.replaced_by > options.as_of.value;
  const bool is_wanted = row.deleted == (options.versions == Versions::kDeleted);
  if (!is_current || !is_wanted) return true;
  if (options.compartment == Compartment::kOwned && row.patient.empty()) return true;
  if (options.patients.has_value() && !std::ranges::binary_search(patients_, row.patient))
    return true;
  KAP_TRY(const bool shown, is_shown(database, row));
  if (!shown) return true;
  std::string_view body;
  if (has_body) {
    KAP_TRY(body, body_view(statement, kScanColumns));
  }
  return visit({.seq = {seq}, .id = row.id, .body = body});
}

}  // namespace kap::gateway::store::sqlite
