#include "gateway/service/transaction_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "fhir/definitions/types.h"
#include "fhir/search/match.h"
#include "gateway/service/bundle_read.h"
#include "gateway/service/bundle_write.h"

namespace kap::gateway::service {
namespace {

std::string name_of(const WriteTarget& target) { return target.type + "/" + target.id.text(); }

/// A conditional create that found its resource writes nothing.
bool is_found(const TransactionWrite& write) {
  return write.target.interaction == WriteInteraction::kCreate && write.target.current;
}

/// A criterion that one token decides, such as an identifier: few entries hold its code.
const fhir::search::Criterion* find_token(const fhir::search::Query& query) {
  const auto found = std::ranges::find_if(query.criteria, [](const auto& one) {
    if (one.is_chained() || one.modifier != fhir::search::Modifier::kNone ||
        one.parameter == nullptr || one.parameter->code.starts_with('_') || one.values.size() != 1)
      return false;
    const auto* token = std::get_if<fhir::search::TokenValue>(&one.values.front());
    return token != nullptr && !token->code.empty();
  });
  return found == query.criteria.end() ? nullptr : &*found;
}

std::unexpected<Outcome> no_single_match(std::string_view how_many) {
  return fail(Category::kPreconditionFailed,
              how_many == "none" ? IssueType::kNotFound : IssueType::kMultipleMatches,
              fmt::format("it must match exactly one resource and matches {}", how_many));
}

}  // namespace

Status TransactionPlan::make(const std::vector<BundleEntry*>& ordered) {
  references_.undo();
  writes_.clear();
  identities_.clear();
  conditional_.clear();
  resolved_.clear();
  indexes_.clear();
  holders_.clear();
  expected_.clear();
  KAP_CHECK_OK(locate_all(ordered));
  KAP_CHECK_OK(rewrite_all());
  return plan_all();
}

Status TransactionPlan::note_identity(const TransactionWrite& write) {
  if (write.target.id.empty() || is_found(write)) return {};
  const auto [other, is_new] = identities_.emplace(name_of(write.target), write.entry->index);
  if (is_new) return {};
  return fail(Category::kInvalidRequest, IssueType::kDuplicate,
              fmt::format("this entry and Bundle.entry[{}] write the same resource; a transaction "
                          "writes each once",
                          other->second),
              path_of(*write.entry) + ".request.url");
}

/// Of two creates with the same criteria that match nothing yet, the second finds the first's.
void TransactionPlan::join_same_criteria(TransactionWrite& write) {
  const auto& entry = *write.entry;
  if (entry.method != EntryMethod::kPost || entry.if_none_exist.empty()) return;
  const auto [first, is_new] =
      conditional_.emplace(fmt::format("{}?{}", entry.type, entry.if_none_exist), &write);
  if (is_new) return;
  write.same = first->second;
  write.target = write.same->target;
}

/// What this transaction deletes does not keep it from being created anew. Deletions come first.
void TransactionPlan::ignore_deleted_match(TransactionWrite& write) const {
  if (!is_found(write) || !identities_.contains(name_of(write.target))) return;
  write.target.current.reset();
  write.target.name = WriteTarget::Name::kMade;
  write.target.id = writer_.ids.next();
}

Status TransactionPlan::locate_all(const std::vector<BundleEntry*>& ordered) {
  writes_.reserve(ordered.size());  // `same` points into it
  for (auto* entry : ordered) {
    if (is_read(*entry)) continue;
    auto& write = writes_.emplace_back(TransactionWrite{.entry = entry});
    KAP_TRY(write.target, locate_entry(permit_, writer_, *entry));
    ignore_deleted_match(write);
    join_same_criteria(write);
    if (write.same == nullptr) KAP_CHECK_OK(note_identity(write));
    if (entry->method != EntryMethod::kDelete && !entry->full_url.empty())
      references_.add(entry->full_url, name_of(write.target));
  }
  return {};
}

Status TransactionPlan::rewrite_all() {
  const BundleReferences::Resolve resolve = [this](std::string_view reference) {
    return this->resolve(reference);
  };
  for (auto& write : writes_) {
    if (write.entry->method == EntryMethod::kDelete || is_found(write) || write.same != nullptr)
      continue;
    KAP_CHECK_OK(references_.rewrite(*write.entry, resolve));
  }
  return {};
}

Result<std::string> TransactionPlan::resolve(std::string_view reference) {
  if (const auto known = resolved_.find(reference); known != resolved_.end()) return known->second;
  auto text = reference;
  if (text.starts_with(writer_.reader.base_url)) {
    text.remove_prefix(writer_.reader.base_url.size());
    if (text.starts_with('/')) text.remove_prefix(1);
  }
  const auto mark = text.find('?');
  const auto type = text.substr(0, mark);
  // A URL of somebody else may have a query, too.
  if (fhir::definitions::find_resource_type(type) == nullptr) return std::string(reference);
  KAP_TRY(const auto criteria, parse_criteria(text.substr(mark)));
  KAP_TRY(auto name, find_one(type, criteria));
  resolved_.emplace(std::string(reference), name);
  return name;
}

Result<std::string> TransactionPlan::find_one(std::string_view type, const Criteria& criteria) {
  KAP_TRY(auto match, find_match(permit_, writer_.reader, type, criteria));
  std::vector<std::string> names;
  if (match.found) {
    auto name = match.found->type + "/" + match.found->id.text();
    // What the transaction writes anew is judged by its new content.
    if (!identities_.contains(name)) names.push_back(std::move(name));
  }
  KAP_TRY(const auto added, find_among_entries(type, match.expected.criteria));
  names.insert(names.end(), added.begin(), added.end());
  if (names.empty()) return no_single_match("none");
  if (names.size() > 1) return no_single_match("more than one");
  expected_.push_back(std::move(match.expected));
  return std::move(names.front());
}

Result<const TransactionPlan::Index*> TransactionPlan::index_of(const TransactionWrite& write) {
  const auto known = indexes_.find(write.entry->index);
  if (known != indexes_.end()) return &known->second;
  KAP_TRY(auto index, fhir::search::extract(*write.entry->resource));
  return &indexes_.emplace(write.entry->index, std::move(index)).first->second;
}

bool TransactionPlan::has_new_content(const TransactionWrite& write, std::string_view type) {
  const bool has_content =
      write.entry->method == EntryMethod::kPost || write.entry->method == EntryMethod::kPut;
  return has_content && write.target.type == type && !is_found(write) && write.same == nullptr;
}

Result<const TransactionPlan::Holders*> TransactionPlan::holders_of(std::string_view type,
                                                                    std::uint16_t parameter) {
  auto key = std::pair(std::string(type), parameter);
  if (const auto known = holders_.find(key); known != holders_.end()) return &known->second;
  Holders holders;
  for (const auto& write : writes_) {
    if (!has_new_content(write, type)) continue;
    KAP_TRY(const auto* index, index_of(write));
    for (const auto& entry : *index) {
      const auto* token = std::get_if<fhir::search::TokenEntry>(&entry.value);
      if (entry.parameter != parameter || token == nullptr) continue;
      auto& all = holders[token->code];
      if (all.empty() || all.back() != &write) all.push_back(&write);
    }
  }
  return &holders_.emplace(std::move(key), std::move(holders)).first->second;
}

Result<std::vector<const TransactionWrite*>> TransactionPlan::candidates(
    std::string_view type, const fhir::search::Query& query) {
  std::vector<const TransactionWrite*> out;
  if (const auto* criterion = find_token(query)) {
    KAP_TRY(const auto* holders, holders_of(type, criterion->parameter->id));
    const auto& code = std::get<fhir::search::TokenValue>(criterion->values.front()).code;
    const auto found = holders->find(code);
    return found == holders->end() ? out : found->second;
  }
  for (const auto& write : writes_)
    if (has_new_content(write, type)) out.push_back(&write);
  return out;
}

Result<std::vector<std::string>> TransactionPlan::find_among_entries(
    std::string_view type, const fhir::search::Query& query) {
  std::vector<std::string> names;
  KAP_TRY(const auto writes, candidates(type, query));
  for (const auto* write : writes) {
    KAP_TRY(const auto* index, index_of(*write));
    const fhir::search::Candidate candidate{
        .id = write->target.id.text(), .last_updated = {}, .entries = *index};
    if (fhir::search::matches(candidate, query)) names.push_back(name_of(write->target));
  }
  return names;
}

Status TransactionPlan::plan_all() {
  WrittenTogether together;
  for (const auto& write : writes_)
    if (write.entry->method != EntryMethod::kDelete && write.target.type == "Patient")
      together.insert(name_of(write.target));
  const PlanOptions options{.together = &together};
  const TransactionWrite* first = nullptr;
  for (auto& write : writes_) {
    if (write.same != nullptr) continue;
    KAP_TRY(write.planned, plan_entry(permit_, writer_, *write.entry, write.target, options));
    if (!write.planned.write) continue;
    if (first == nullptr) first = &write;
    if (write.planned.clinic != first->planned.clinic)
      return fail(Category::kUnprocessable, IssueType::kBusinessRule,
                  fmt::format("this entry and Bundle.entry[{}] write in two clinics; a transaction "
                              "writes in one",
                              first->entry->index),
                  path_of(*write.entry));
  }
  return {};
}

store::WriteUnit TransactionPlan::take_unit() {
  store::WriteUnit unit;
  for (auto& write : writes_) {
    if (write.same != nullptr) continue;
    if (write.planned.write) write.place = unit.resources.size();
    move_into(unit, write.planned);
  }
  for (auto& match : expected_) unit.expected_matches.push_back(std::move(match));
  return unit;
}

}  // namespace kap::gateway::service
