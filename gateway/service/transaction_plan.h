#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/search/index_entry.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/bundle_references.h"
#include "gateway/service/bundle_request.h"
#include "gateway/service/plan_write.h"

namespace kap::gateway::service {

/// One writing entry of a transaction.
struct TransactionWrite {
  BundleEntry* entry = nullptr;
  WriteTarget target{};
  PlannedWrite planned{};
  std::optional<std::size_t> place{};      // of its write in the unit
  const TransactionWrite* same = nullptr;  // a conditional create of the same criteria before it
};

/// A transaction computed against the store's present state: first which resource each entry is
/// about, then what references become, then what is written.
class TransactionPlan {
 public:
  TransactionPlan(const security::Permit& permit, const Writer& writer, BundleRequest& request)
      : permit_(permit), writer_(writer), references_(request.document) {}

  /// May be called again: starts anew.
  [[nodiscard]] Status make(const std::vector<BundleEntry*>& ordered);

  [[nodiscard]] std::vector<TransactionWrite>& writes() { return writes_; }
  [[nodiscard]] store::WriteUnit take_unit();
  /// Whether the transaction writes the resource of that name, `Type/id`.
  [[nodiscard]] bool writes(std::string_view name) const { return identities_.contains(name); }

 private:
  [[nodiscard]] Status locate_all(const std::vector<BundleEntry*>& ordered);
  [[nodiscard]] Status note_identity(const TransactionWrite& write);
  void join_same_criteria(TransactionWrite& write);
  void ignore_deleted_match(TransactionWrite& write) const;
  [[nodiscard]] Status rewrite_all();
  [[nodiscard]] Status plan_all();

  [[nodiscard]] Result<std::string> resolve(std::string_view reference);
  [[nodiscard]] Result<std::string> find_one(std::string_view type, const Criteria& criteria);
  /// The entries whose new content the criteria match.
  [[nodiscard]] Result<std::vector<std::string>> find_among_entries(
      std::string_view type, const fhir::search::Query& query);
  /// Those of them that the search need look at.
  [[nodiscard]] Result<std::vector<const TransactionWrite*>> candidates(
      std::string_view type, const fhir::search::Query& query);
  [[nodiscard]] static bool has_new_content(const TransactionWrite& write, std::string_view type);
  /// Which entries of a type hold which code of a token parameter.
  using Holders = std::unordered_map<std::string, std::vector<const TransactionWrite*>>;
  [[nodiscard]] Result<const Holders*> holders_of(std::string_view type, std::uint16_t parameter);
  using Index = std::vector<fhir::search::IndexEntry>;
  [[nodiscard]] Result<const Index*> index_of(const TransactionWrite& write);

  const security::Permit& permit_;
  const Writer& writer_;
  BundleReferences references_;
  std::vector<TransactionWrite> writes_;
  std::map<std::string, std::size_t, std::less<>> identities_;  // `Type/id` to the entry's index
  std::map<std::string, const TransactionWrite*, std::less<>> conditional_;  // creates
  std::map<std::string, std::string, std::less<>> resolved_;  // conditional references
  std::map<std::pair<std::string, std::uint16_t>, Holders> holders_;
  std::map<std::size_t, Index> indexes_;        // of entries, by their index
  std::vector<store::ExpectedMatch> expected_;  // of conditional references
};

}  // namespace kap::gateway::service
