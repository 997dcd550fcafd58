#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gateway/store/index/cursor.h"
#include "gateway/store/index/evaluation.h"
#include "gateway/store/index/includes.h"
#include "gateway/store/index/order.h"
#include "gateway/store/sqlite/backend.h"
#include "gateway/store/sqlite/snapshot.h"

namespace kap::gateway::store::sqlite {
namespace {

using fhir::search::SortKey;

/// What a cursor belongs to: the type and the parameters that took effect.
std::string identity_of(const fhir::search::Query& criteria) {
  std::string out = "search\n" + criteria.type;
  for (const auto& [name, value] : criteria.used) {
    out.append(1, '\n').append(std::to_string(name.size())).append(1, ':').append(name);
    out.append(std::to_string(value.size())).append(1, ':').append(value);
  }
  return out;
}

/// The rows of one page, and what is known of the others.
struct Rows {
  std::vector<VersionFacts> page;
  std::uint64_t total = 0;
  bool more = false;
};

/// In the order of the commit sequence; stops early unless everything is to be counted.
Result<Rows> unsorted_rows(Evaluation& evaluation, const Evaluation::Plan& plan,
                           const PageOptions& page, Sequence last, std::size_t count) {
  Rows rows;
  std::size_t looked_at = 0;
  const bool count_all = page.total == PageOptions::Total::kAccurate;
  for (const auto seq : plan.candidates) {
    if (++looked_at % 256 == 0) KAP_CHECK_OK(evaluation.check_deadline());
    if (!count_all && (rows.more || seq <= last.value)) {
      if (rows.more) break;
      continue;
    }
    KAP_TRY(auto facts, evaluation.accept(plan, seq));
    if (!facts.has_value()) continue;
    ++rows.total;
    if (seq <= last.value) continue;
    if (rows.page.size() < count) {
      rows.page.push_back(std::move(*facts));
    } else {
      rows.more = true;
    }
  }
  return rows;
}

Result<Rows> sorted_rows(Evaluation& evaluation, SqliteSnapshot& snapshot,
                         const Evaluation::Plan& plan, const std::vector<SortKey>& keys,
                         Sequence last, std::size_t count) {
  KAP_TRY(auto accepted, evaluation.accept_all(plan));
  std::vector<std::pair<SortRow, std::size_t>> order;
  order.reserve(accepted.size());
  std::optional<SortRow> after;
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    if (i % 256 == 0) KAP_CHECK_OK(evaluation.check_deadline());
    KAP_TRY(auto row, sort_row(snapshot, accepted[i], keys));
    if (accepted[i].seq == last.value) after = row;
    order.emplace_back(std::move(row), i);
  }
  if (last.value > 0 && !after.has_value()) {
    // The last row of the page before is no longer visible; its keys still say where it stood.
    KAP_TRY(const auto resource, snapshot.resource(last.value));
    KAP_TRY(after, sort_row(snapshot,
                            {.seq = last.value,
                             .id = resource.id.text(),
                             .last_updated = resource.last_updated},
                            keys));
  }
  const auto before = [&](const auto& left, const auto& right) {
    return comes_before(left.first, right.first, keys);
  };
  std::ranges::sort(order, before);
  auto begin = order.begin();
  if (after.has_value()) {
    begin = std::ranges::find_if(
        order, [&](const auto& row) { return comes_before(*after, row.first, keys); });
  }
  Rows rows{.page = {}, .total = accepted.size()};
  for (; begin != order.end() && rows.page.size() < count; ++begin) {
    rows.page.push_back(std::move(accepted[begin->second]));
  }
  rows.more = begin != order.end();
  return rows;
}

}  // namespace

Result<SearchPage> Backend::search(const Query& query) const {
  const auto& criteria = query.criteria();
  const auto& page = query.page();
  const auto identity = identity_of(criteria);
  const Visibility visibility(query.predicates(), dictionary_);
  KAP_TRY(auto reader, search_readers_.lease(page.deadline));
  KAP_TRY(auto transaction, Transaction::begin(*reader, Transaction::Kind::kRead));
  Cursor cursor;
  if (page.cursor.empty()) {
    KAP_TRY(cursor.as_of, last_sequence(*reader));
  } else {
    KAP_TRY(cursor, parse_cursor(page.cursor, identity, secret_));
  }
  SqliteSnapshot snapshot(*reader, dictionary_, visibility, cursor.as_of);
  Evaluation evaluation(snapshot, page.deadline);
  KAP_CHECK_OK(evaluation.check_deadline());
  KAP_TRY(const auto plan, evaluation.plan(criteria.type, criteria.criteria));
  const std::size_t count = page.rows == PageOptions::Rows::kNone ? 0 : page.count;
  KAP_TRY(auto rows,
          criteria.sort.empty() || count == 0
              ? unsorted_rows(evaluation, plan, page, cursor.last, count)
              : sorted_rows(evaluation, snapshot, plan, criteria.sort, cursor.last, count));
  SearchPage out{.as_of = cursor.as_of};
  if (page.total == PageOptions::Total::kAccurate) out.total = rows.total;
  for (const auto& facts : rows.page) {
    KAP_TRY(auto resource, snapshot.resource(facts.seq));
    out.matches.push_back(std::move(resource));
  }
  KAP_TRY(const auto included, find_included(snapshot, evaluation, criteria.includes, rows.page));
  for (const auto seq : included) {
    KAP_TRY(auto resource, snapshot.resource(seq));
    out.included.push_back(std::move(resource));
  }
  if (rows.more && !rows.page.empty()) {
    out.next =
        encode_cursor({.as_of = cursor.as_of, .last = {rows.page.back().seq}}, identity, secret_);
  }
  return out;
}

}  // namespace kap::gateway::store::sqlite
