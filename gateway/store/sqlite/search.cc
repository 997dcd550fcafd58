#include <string>
#include <utility>
#include <vector>

#include "gateway/store/index/cursor.h"
#include "gateway/store/index/evaluation.h"
#include "gateway/store/index/includes.h"
#include "gateway/store/index/search_rows.h"
#include "gateway/store/sqlite/backend.h"
#include "gateway/store/sqlite/snapshot.h"

namespace kap::gateway::store::sqlite {
namespace {

/// What a cursor belongs to: the type and the parameters that took effect.
std::string identity_of(const fhir::search::Query& criteria) {
  std::string out = "search\n" + criteria.type;
  for (const auto& other : criteria.others) out.append(1, ',').append(other.type);
  if (criteria.compartment.has_value())
    out.append("\n/")
        .append(criteria.compartment->code)
        .append("/")
        .append(criteria.compartment->id);
  for (const auto& [name, value] : criteria.used) {
    out.append(1, '\n').append(std::to_string(name.size())).append(1, ':').append(name);
    out.append(std::to_string(value.size())).append(1, ':').append(value);
  }
  return out;
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
  SqliteSnapshot snapshot(*reader, dictionary_, visibility, cursor.as_of, &query.permit());
  Evaluation evaluation(snapshot, page.deadline, page.effort);
  KAP_CHECK_OK(evaluation.check_deadline());
  KAP_TRY(const auto rows,
          find_rows(snapshot, evaluation, criteria, page, cursor.as_of, cursor.last.value));
  SearchPage out{.as_of = cursor.as_of};
  out.total = rows.total;
  std::vector<VersionFacts> matches;
  for (const auto& row : rows.rows) {
    KAP_TRY(auto resource, snapshot.resource(row.facts.seq));
    out.matches.push_back(std::move(resource));
    matches.push_back(row.facts);
  }
  KAP_TRY(const auto included, find_included(snapshot, evaluation, criteria.includes, matches));
  for (const auto seq : included) {
    KAP_TRY(auto resource, snapshot.resource(seq));
    out.included.push_back(std::move(resource));
  }
  if (rows.has_more && !matches.empty()) {
    out.next =
        encode_cursor({.as_of = cursor.as_of, .last = {matches.back().seq}}, identity, secret_);
  }
  return out;
}

}  // namespace kap::gateway::store::sqlite
