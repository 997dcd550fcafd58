// Random resources, changes and queries; every answer is compared with the reference semantics of
// fhir/search/match.h over a plain list in memory.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/search/index_entry.h"
#include "fhir/search/match.h"
#include "fhir/search/query.h"
#include "gateway/store/index/entries.h"
#include "tests/contract/random_resources.h"
#include "tests/contract/store_fixture.h"

namespace kap::gateway::store {
namespace {

using contract::Dice;
using contract::permit;
using contract::random_criterion;
using contract::random_encounter;
using contract::random_members;
using contract::random_sort;
using contract::random_time;
using contract::random_url;
using contract::unit_of;
namespace search = fhir::search;

struct Stored {
  std::string type;
  std::string id;
  Instant last_updated;
  std::string clinic;
  security::Sensitivity sensitivity;
  std::vector<search::IndexEntry> all;  // composites included
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

class StoreDifferential : public contract::StoreContract {
 protected:
  void change(Dice& dice) {
    WriteUnit unit = unit_of({}, dice.pick({"clinic-a", "clinic-b"}));
    for (int i = 0; i < 12; ++i) {
      const auto type = dice.pick({"Observation", "Observation", "Observation", "Patient",
                                   "RiskAssessment", "Encounter", "QuestionnaireResponse"});
      // An id belongs to one clinic.
      const auto id = unit.clinic.text().substr(7) + std::to_string(dice.up_to(60));
      const bool taken = std::ranges::any_of(unit.resources, [&](const auto& write) {
        return write.type == type && write.id.text() == id;
      });
      if (taken) continue;
      const auto name = std::string(type).append("/").append(id);
      if (model_.contains(name) && dice.one_in(6)) {
        ResourceWrite removal{.operation = ResourceWrite::Operation::kDelete, .type = type};
        removal.id = ResourceId(id);
        unit.resources.push_back(std::move(removal));
        model_.erase(name);
        continue;
      }
      unit.resources.push_back(make(dice, type, id, unit.clinic.text()));
    }
    clock_.advance(std::chrono::hours(7));
    const auto outcome = submit(unit);
    ASSERT_EQ(outcome.status, WriteStatus::kWritten);
    for (const auto& write : unit.resources) {
      const auto found = model_.find(write.type + "/" + write.id.text());
      if (found != model_.end()) found->second.last_updated = outcome.last_updated;
    }
  }

  ResourceWrite make(Dice& dice, const std::string& type, const std::string& id,
                     const std::string& clinic) {
    ResourceWrite write{.type = type, .id = ResourceId(id)};
    write.body = R"({"resourceType":")" + type + R"(","id":")" + id + R"(","meta":{)";
    write.meta_offset = write.body.size();
    write.body += R"("source":")" + random_url(dice) + R"("},)" + random_members(dice, type) + "}";
    if (dice.one_in(5)) write.sensitivity = security::sensitivity::kSubstanceUse;
    const auto document = fhir::json::parse(write.body);
    EXPECT_TRUE(document.has_value()) << write.body;
    write.index = *search::extract(document->root);
    model_[type + "/" + id] = {
        .type = type,
        .id = id,
        .last_updated = {},
        .clinic = clinic,
        .sensitivity = write.sensitivity,
        .all = *search::extract(document->root, search::Composites::kExtract)};
    return write;
  }

  bool is_visible(const Stored& one, const contract::Sight& sight) const {
    return !one.sensitivity.intersects(sight.denied) &&
           std::ranges::find(sight.clinics, one.clinic) != sight.clinics.end();
  }

  /// Local references of a resource by a parameter, as `Type/id`.
  static std::vector<std::string> references(const Stored& one, std::uint16_t parameter) {
    std::vector<std::string> out;
    for (const auto& entry : one.all) {
      const auto* reference = std::get_if<search::ReferenceEntry>(&entry.value);
      if (entry.parameter == parameter && reference != nullptr && !reference->id.empty())
        out.push_back(reference->type + "/" + reference->id);
    }
    return out;
  }

  /// The resource and what is above or below it, found by following every link there is.
  std::set<std::string> along(const std::string& from, search::Modifier modifier,
                              const contract::Sight& sight) {
    const auto type = from.substr(0, from.find('/'));
    const auto part_of = search::part_of_parameter(type)->id;
    std::set<std::string> found{from};
    for (std::size_t before = 0; before != found.size();) {
      before = found.size();
      for (const auto& [name, one] : model_) {
        if (one.type != type || !is_visible(one, sight)) continue;
        for (const auto& parent : references(one, part_of)) {
          if (modifier == search::Modifier::kBelow && found.contains(parent)) found.insert(name);
          if (modifier == search::Modifier::kAbove && found.contains(name)) found.insert(parent);
        }
      }
    }
    return found;
  }

  /// The reference semantics, and what they leave open: links to other resources.
  bool holds(const Stored& one, const search::Criterion& criterion, const contract::Sight& sight) {
    if (criterion.direction == search::Criterion::Direction::kForward) {
      for (const auto& chain : criterion.chains) {
        for (const auto& name : references(one, criterion.parameter->id)) {
          const auto target = model_.find(name);
          if (target != model_.end() && target->second.type == chain.type &&
              is_visible(target->second, sight) &&
              holds(target->second, chain.criterion.front(), sight))
            return true;
        }
      }
      return false;
    }
    if (criterion.direction == search::Criterion::Direction::kReverse) {
      const auto self = one.type + "/" + one.id;
      return std::ranges::any_of(model_, [&](const auto& pair) {
        const Stored& source = pair.second;
        const auto links = references(source, criterion.parameter->id);
        return source.type == criterion.chains.front().type && is_visible(source, sight) &&
               std::ranges::find(links, self) != links.end() &&
               holds(source, criterion.chains.front().criterion.front(), sight);
      });
    }
    if (criterion.is_hierarchical()) {
      for (const auto& value : criterion.values) {
        const auto& reference = std::get<search::ReferenceValue>(value);
        const auto wanted = along(reference.type + "/" + reference.id, criterion.modifier, sight);
        for (const auto& name : references(one, criterion.parameter->id))
          if (wanted.contains(name)) return true;
      }
      return false;
    }
    return search::matches(
        search::Candidate{.id = one.id, .last_updated = one.last_updated, .entries = one.all},
        criterion);
  }

  /// Answers the query from the model, in no order.
  std::vector<std::string> expected(const std::string& type,
                                    const std::vector<search::Criterion>& criteria,
                                    const contract::Sight& sight) {
    std::vector<std::string> out;
    for (const auto& [name, one] : model_) {
      if (one.type != type || !is_visible(one, sight)) continue;
      if (std::ranges::all_of(criteria,
                              [&](const auto& criterion) { return holds(one, criterion, sight); }))
        out.push_back(name);
    }
    return out;
  }

  std::vector<std::string> expected(const search::Query& query, const contract::Sight& sight) {
    auto out = expected(query.type, query.criteria, sight);
    for (const auto& other : query.others)
      for (auto& name : expected(other.type, other.criteria, sight)) out.push_back(std::move(name));
    std::ranges::sort(out);
    return out;
  }

  /// What a resource sorts by: its smallest value upwards, its largest downwards, of the model.
  std::optional<std::string> sort_value(const Stored& one, const search::SortKey& key) {
    if (key.parameter->code == "_id") return one.id;
    if (key.parameter->code == "_lastUpdated") return fmt_time(one.last_updated);
    const bool up = key.order == search::SortKey::Order::kAscending;
    std::optional<std::string> best;
    for (const auto& entry : one.all) {
      if (entry.parameter != key.parameter->id || !is_sortable(entry.value)) continue;
      auto bytes = sort_bytes(entry.value, up ? SortEnd::kLow : SortEnd::kHigh);
      if (!best || (up ? bytes < *best : bytes > *best)) best = std::move(bytes);
    }
    return best;
  }
  static std::string fmt_time(Instant at) {
    std::string out = std::to_string(at.time_since_epoch().count());
    return std::string(20 - out.size(), '0') + out;
  }

  void check_order(const std::vector<std::string>& found, const search::Query& query,
                   const std::string& text) {
    for (std::size_t i = 1; i < found.size(); ++i) {
      const Stored& left = model_.at(found[i - 1]);
      const Stored& right = model_.at(found[i]);
      for (std::size_t k = 0; k < query.sort.size(); ++k) {
        const auto a = sort_value(left, keys_for(query, left.type)[k]);
        const auto b = sort_value(right, keys_for(query, right.type)[k]);
        if (a == b) continue;
        const bool up = query.sort[k].order == search::SortKey::Order::kAscending;
        const bool in_order = !b.has_value() || (a.has_value() && (up ? *a < *b : *a > *b));
        EXPECT_TRUE(in_order) << text << ": " << found[i - 1] << " before " << found[i];
        break;
      }
    }
  }
  static const std::vector<search::SortKey>& keys_for(const search::Query& query,
                                                      const std::string& type) {
    for (const auto& other : query.others)
      if (other.type == type) return other.sort;
    return query.sort;
  }

  search::QueryOptions options() const {
    return {.handling = search::Handling::kStrict,
            .now = clock_.now(),
            .terminology = &contract::random_terminology()};
  }

  /// Small enough that every way to an answer is gone.
  static SearchEffort effort(Dice& dice) {
    if (dice.one_in(2)) return {};
    const auto few = [&] { return static_cast<std::size_t>(dice.up_to(dice.one_in(2) ? 4 : 40)); };
    return {.few_candidates = few(),
            .probed_postings = few(),
            .probed_links = few(),
            .sorted_rows = few(),
            .looked_at = few() * few()};
  }

  void ask(Dice& dice) {
    const auto type = dice.pick({"Observation", "Observation", "Observation", "Patient",
                                 "Encounter", "RiskAssessment", "QuestionnaireResponse"});
    Pairs pairs;
    for (int i = dice.up_to(3); i > (dice.one_in(4) ? 0 : -1); --i)
      pairs.push_back(random_criterion(dice, type));
    if (dice.one_in(8)) pairs.emplace_back("_source", random_url(dice));
    if (dice.one_in(8)) pairs.emplace_back("_id", "a1,a2,b3,b4");
    if (dice.one_in(6)) pairs.emplace_back("_lastUpdated", random_time(dice));
    if (dice.one_in(2)) pairs.emplace_back("_sort", random_sort(dice, type));
    check(dice, search::parse_query(type, pairs, options()), pairs, type);
  }

  /// Several types at once, in a compartment or not.
  void ask_several(Dice& dice) {
    const std::vector<std::string_view> types{"Observation", "Encounter", "Patient"};
    Pairs pairs;
    if (dice.one_in(3)) pairs.emplace_back("_lastUpdated", random_time(dice));
    if (dice.one_in(3)) pairs.emplace_back("_source", random_url(dice));
    if (dice.one_in(2)) pairs.emplace_back("_sort", dice.pick({"-_id", "_id", "-_lastUpdated"}));
    auto with = options();
    if (dice.one_in(2))
      with.compartment = search::Compartment{.code = dice.pick({"Patient", "Encounter"}),
                                             .id = random_encounter(dice)};
    check(dice, search::parse_query(types, pairs, with), pairs, "several");
  }

  void check(Dice& dice, const Result<search::Query>& criteria, const Pairs& pairs,
             std::string text) {
    if (!criteria.has_value()) return;  // a modifier that the grammar refuses
    for (const auto& [name, value] : pairs)
      text.append(" & ").append(name).append("=").append(value);
    ++asked_;
    const contract::Sight sight{.clinics = dice.one_in(2)
                                               ? std::vector<std::string>{"clinic-a"}
                                               : std::vector<std::string>{"clinic-a", "clinic-b"},
                                .denied = dice.one_in(2) ? security::sensitivity::kSubstanceUse
                                                         : security::sensitivity::kNone};
    const bool is_counted = dice.one_in(2);
    PageOptions page{
        .count = static_cast<std::size_t>(1 + dice.up_to(40)),
        .total = is_counted ? PageOptions::Total::kAccurate : PageOptions::Total::kIfCheap,
        .effort = effort(dice)};
    std::vector<std::string> found;
    std::optional<std::uint64_t> total;
    do {
      const auto result = store().search(Query(permit(sight), *criteria, page));
      ASSERT_TRUE(result.has_value()) << text << ": " << result.error().summary();
      for (const auto& match : result->matches) found.push_back(match.type + "/" + match.id.text());
      total = result->total;
      ASSERT_LE(found.size(), model_.size()) << text;
      page.cursor = result->next.value_or("");
    } while (!page.cursor.empty());
    check_order(found, *criteria, text);
    std::ranges::sort(found);
    answered_ += found.empty() ? 0 : 1;
    EXPECT_EQ(found, expected(*criteria, sight)) << text;
    if (is_counted || total.has_value()) EXPECT_EQ(total, found.size()) << text;
  }

  std::map<std::string, Stored> model_;
  int asked_ = 0;
  int answered_ = 0;  // with something
};

TEST_P(StoreDifferential, AnswersAsTheReferenceDoes) {
  for (const unsigned seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
    Dice dice(seed);
    backend_ = GetParam().make();
    store_ = backend_->open(clock_);
    model_.clear();
    for (int round = 0; round < 40 && !HasFailure(); ++round) {
      change(dice);
      for (int i = 0; i < 25 && !HasFailure(); ++i) ask(dice);
      for (int i = 0; i < 4 && !HasFailure(); ++i) ask_several(dice);
    }
  }
  EXPECT_GT(asked_, 2'000);
  EXPECT_GT(answered_, 1'000);
}

KAP_EVERY_BACKEND(StoreDifferential);

}  // namespace
}  // namespace kap::gateway::store
