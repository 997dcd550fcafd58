#include <string_view>
#include <unordered_set>
#include <vector>

#include "fhir/path/equality.h"
#include "fhir/path/evaluation.h"

namespace kap::fhir::path {
namespace {

/// From this many items on, strings are found by hash instead of one by one.
constexpr std::size_t kMany = 32;

/// Strings equal only strings, so that they need not be compared with anything else.
class LargeSet {
 public:
  LargeSet(Evaluation& evaluation, const PlanNode& node) : evaluation_(evaluation), node_(node) {}

  /// False: the budget is spent. `added`: the item was not there yet.
  [[nodiscard]] bool add(const Item& item, bool& added) {
    const Item value = to_value(item);
    if (value.is(ItemKind::kString)) {
      added = !strings_.contains(value.as_string());
      if (added) {
        kept_.push_back(value);
        strings_.insert(kept_.back().as_string());
      }
      return evaluation_.spend(node_, 1);
    }
    added = !contains(others_, item);
    if (!evaluation_.spend(node_, others_.size() + 1)) return false;
    if (added) others_.push_back(item);
    return true;
  }

 private:
  Evaluation& evaluation_;
  const PlanNode& node_;
  std::vector<Item> kept_;  // hold the texts that strings_ views
  std::unordered_set<std::string_view> strings_;
  std::vector<Item> others_;
};

bool append_many(Evaluation& evaluation, const PlanNode& node, std::span<const Item> items,
                 Collection& out) {
  LargeSet known(evaluation, node);
  bool added = false;
  for (const Item& item : out)
    if (!known.add(item, added)) return false;
  for (const Item& item : items) {
    if (!known.add(item, added)) return false;
    if (added) out.push_back(item);
  }
  return true;
}

}  // namespace

bool append_distinct(Evaluation& evaluation, const PlanNode& node, std::span<const Item> items,
                     Collection& out) {
  if (out.size() + items.size() >= kMany) return append_many(evaluation, node, items, out);
  for (const Item& item : items) {
    if (!evaluation.spend(node, out.size())) return false;
    if (!contains(out, item)) out.push_back(item);
  }
  return true;
}

}  // namespace kap::fhir::path
