// Random resources, changes and queries; every answer is compared with the reference semantics of
// fhir/search/match.h over a plain list in memory.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/search/index_entry.h"
#include "fhir/search/match.h"
#include "fhir/search/query.h"
#include "tests/contract/store_fixture.h"

namespace kap::gateway::store {
namespace {

using contract::permit;
using contract::unit_of;
namespace search = fhir::search;

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  int up_to(int end) { return static_cast<int>(engine_() % static_cast<unsigned>(end)); }
  bool one_in(int n) { return up_to(n) == 0; }
  std::string pick(const std::vector<std::string>& from) {
    return from[static_cast<std::size_t>(up_to(static_cast<int>(from.size())))];
  }

 private:
  std::mt19937 engine_;
};

const std::vector<std::string> kDates = {"2023",
                                         "2024",
                                         "2024-02",
                                         "2024-02-29",
                                         "2024-03-01",
                                         "2024-03-01T10:00:00Z",
                                         "2024-03-01T10:00:00.500+02:00",
                                         "1970-01-01",
                                         "1931-07-01T00:00:00Z"};
const std::vector<std::string> kCodes = {"8480-6", "8462-4", "a", "ab", "A"};
const std::vector<std::string> kSystems = {"http://loinc.org", "urn:x", "urn:x:y"};
const std::vector<std::string> kUnits = {"mg", "g", "ug", "mm[Hg]", "{score}"};
const std::vector<std::string> kNumbers = {"0",   "1",     "1.0",   "1.00", "-3",
                                           "100", "99.99", "0.001", "1000", "5e2"};
const std::vector<std::string> kNames = {"Müller",
                                         "muller",
                                         "MULLER",
                                         "Mull",
                                         "O'Neil",
                                         "Ada Lovelace",
                                         std::string(130, 'x'),
                                         std::string(130, 'x') + "y"};
const std::vector<std::string> kPatients = {"p0", "p1", "p2", "p3"};
const std::vector<std::string> kUrls = {"http://example.org/a", "http://example.org/a/b",
                                        "http://example.org/ab", "urn:oid:1.2.3"};

std::string coding(Dice& dice) {
  std::string out = "{";
  if (!dice.one_in(3)) out += R"("system":")" + dice.pick(kSystems) + R"(",)";
  return out + R"("code":")" + dice.pick(kCodes) + "\"}";
}

std::string observation(Dice& dice) {
  std::string out = R"("status":")" + dice.pick({"final", "amended", "preliminary"}) + "\"";
  out +=
      R"(,"code":{"coding":[)" + coding(dice) + (dice.one_in(3) ? "," + coding(dice) : "") + "]}";
  if (!dice.one_in(5)) {
    out += R"(,"subject":{"reference":")" +
           dice.pick({"Patient/p0", "Patient/p1", "Patient/p2", "Group/p1",
                      "http://example.org/fhir/Patient/p1"}) +
           R"("})";
  }
  switch (dice.up_to(4)) {
    case 0:
      out += R"(,"effectiveDateTime":")" + dice.pick(kDates) + "\"";
      break;
    case 1:
      out += R"(,"effectivePeriod":{"start":")" + dice.pick(kDates) + "\"}";
      break;
    case 2:
      out += R"(,"effectivePeriod":{"end":")" + dice.pick(kDates) + "\"}";
      break;
    default:
      break;
  }
  if (!dice.one_in(3)) {
    out += R"(,"valueQuantity":{"value":)" + dice.pick(kNumbers);
    if (!dice.one_in(3)) {
      const auto unit = dice.pick(kUnits);
      out += R"(,"unit":")" + unit + R"(","system":"http://unitsofmeasure.org","code":")" + unit +
             "\"";
    }
    out += "}";
  }
  return out;
}

std::string patient(Dice& dice) {
  std::string out = R"("active":)" + std::string(dice.one_in(2) ? "true" : "false");
  if (!dice.one_in(4))
    out += R"(,"birthDate":")" + dice.pick({"1980", "1980-05", "1980-05-17"}) + "\"";
  if (!dice.one_in(4)) {
    out += R"(,"name":[{"family":")" + dice.pick(kNames) + R"(","given":[")" + dice.pick(kNames) +
           "\"]}]";
  }
  if (dice.one_in(2)) {
    out += R"(,"identifier":[{"system":")" + dice.pick(kSystems) + R"(","value":")" +
           dice.pick(kCodes) + "\"}]";
  }
  if (dice.one_in(2))
    out += R"(,"generalPractitioner":[{"reference":"Practitioner/)" + dice.pick(kPatients) + "\"}]";
  return out;
}

std::string risk(Dice& dice) {
  return R"("status":"final","subject":{"reference":"Patient/)" + dice.pick(kPatients) +
         R"("},"prediction":[{"probabilityDecimal":)" +
         dice.pick({"0", "0.5", "0.50", "1", "0.333"}) + R"(}])" +
         (dice.one_in(2) ? R"(,"meta2":0)" : "");
}

struct Stored {
  std::string type;
  std::string id;
  Instant last_updated;
  std::string clinic;
  security::Sensitivity sensitivity;
  std::vector<search::IndexEntry> all;  // composites included
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::pair<std::string, std::string> observation_criterion(Dice& dice) {
  const auto prefix = dice.pick({"", "", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"});
  switch (dice.up_to(12)) {
    case 0:
      return {"status" + dice.pick({"", "", ":not"}),
              dice.pick({"final", "amended,preliminary", "x"})};
    case 1:
      return {"code", dice.pick(kCodes)};
    case 2:
      return {"code" + dice.pick({"", ":not"}), dice.pick(kSystems) + "|" + dice.pick(kCodes)};
    case 3:
      return {"code", dice.one_in(2) ? "|" + dice.pick(kCodes) : dice.pick(kSystems) + "|"};
    case 4:
      return {"subject", dice.pick({"p1", "Patient/p1", "Patient/p0,Patient/p2", "Group/p1",
                                    "http://example.org/fhir/Patient/p1"})};
    case 5:
      return {"patient", dice.pick({"p1", "Patient/p0", "p9"})};
    case 6:
    case 7:
      return {"date", prefix + dice.pick(kDates) +
                          (dice.one_in(3) ? "," + prefix + dice.pick(kDates) : "")};
    case 8:
      return {"value-quantity", prefix + dice.pick(kNumbers)};
    case 9:
      return {"value-quantity", prefix + dice.pick(kNumbers) +
                                    (dice.one_in(2) ? "|http://unitsofmeasure.org|" : "||") +
                                    dice.pick(kUnits)};
    case 10:
      return {dice.pick({"date", "subject", "value-quantity"}) + ":missing",
              dice.pick({"true", "false"})};
    default:
      return {"code-value-quantity", dice.pick(kCodes) + "$" + prefix + dice.pick(kNumbers)};
  }
}

std::pair<std::string, std::string> patient_criterion(Dice& dice) {
  switch (dice.up_to(7)) {
    case 0:
      return {"family", dice.pick({"mul", "Mull", "müll", "x", std::string(100, 'x'),
                                   std::string(130, 'x')})};
    case 1:
      return {dice.pick({"family", "given", "name"}) + ":exact", dice.pick(kNames)};
    case 2:
      return {"name:contains", dice.pick({"ull", "NEIL", "love", "xy", "q"})};
    case 3:
      return {"birthdate", dice.pick({"", "gt", "le", "sa", "ne"}) +
                               dice.pick({"1980", "1980-05", "1980-05-18"})};
    case 4:
      return {"identifier", dice.pick({"", "|", "urn:x|", "urn:x:y|"}) + dice.pick(kCodes)};
    case 5:
      return {"active", dice.pick({"true", "false"})};
    default:
      return {"general-practitioner" + dice.pick({"", ":missing"}), "true"};
  }
}

std::pair<std::string, std::string> risk_criterion(Dice& dice) {
  if (dice.one_in(2)) {
    return {"probability", dice.pick({"", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"}) +
                               dice.pick({"0", "0.5", "0.50", "1", "0.333", "0.3"})};
  }
  return {"subject", "Patient/" + dice.pick(kPatients)};
}

class StoreDifferential : public contract::StoreContract {
 protected:
  void change(Dice& dice) {
    WriteUnit unit = unit_of({}, dice.pick({"clinic-a", "clinic-b"}));
    for (int i = 0; i < 12; ++i) {
      const auto type = dice.pick({"Observation", "Observation", "Patient", "RiskAssessment"});
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
    write.body += R"("source":")" + dice.pick(kUrls) + R"("},)" +
                  (type == "Observation" ? observation(dice)
                   : type == "Patient"   ? patient(dice)
                                         : risk(dice)) +
                  "}";
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

  /// Answers the query from the model, in no order.
  std::vector<std::string> expected(const search::Query& query, const contract::Sight& sight) {
    std::vector<std::string> out;
    for (const auto& [name, one] : model_) {
      if (one.type != query.type || one.sensitivity.intersects(sight.denied) ||
          std::ranges::find(sight.clinics, one.clinic) == sight.clinics.end()) {
        continue;
      }
      const search::Candidate candidate{
          .id = one.id, .last_updated = one.last_updated, .entries = one.all};
      if (search::matches(candidate, query)) out.push_back(one.id);
    }
    std::ranges::sort(out);
    return out;
  }

  void ask(Dice& dice) {
    const auto type = dice.pick({"Observation", "Observation", "Patient", "RiskAssessment"});
    Pairs pairs;
    for (int i = dice.up_to(3); i >= 0; --i) {
      pairs.push_back(type == "Observation" ? observation_criterion(dice)
                      : type == "Patient"   ? patient_criterion(dice)
                                            : risk_criterion(dice));
    }
    if (dice.one_in(8)) pairs.emplace_back("_source", dice.pick(kUrls));
    if (dice.one_in(8)) pairs.emplace_back("_id", "a1,a2,b3,b4");
    if (dice.one_in(8)) pairs.emplace_back("_lastUpdated", "gt2023-11-20");
    std::string text = type;
    for (const auto& [name, value] : pairs)
      text.append(" & ").append(name).append("=").append(value);
    if (dice.one_in(3)) pairs.emplace_back("_sort", dice.pick({"-_id", "_lastUpdated"}));
    const auto criteria = search::parse_query(
        type, pairs, {.handling = search::Handling::kStrict, .now = clock_.now()});
    if (!criteria.has_value()) return;  // a modifier that the grammar refuses
    ++asked_;
    const contract::Sight sight{.clinics = dice.one_in(2)
                                               ? std::vector<std::string>{"clinic-a"}
                                               : std::vector<std::string>{"clinic-a", "clinic-b"},
                                .denied = dice.one_in(2) ? security::sensitivity::kSubstanceUse
                                                         : security::sensitivity::kNone};
    PageOptions page{.count = static_cast<std::size_t>(1 + dice.up_to(40)),
                     .total = PageOptions::Total::kAccurate};
    std::vector<std::string> found;
    std::uint64_t total = 0;
    do {
      const auto result = store().search(Query(permit(sight), *criteria, page));
      ASSERT_TRUE(result.has_value()) << text << ": " << result.error().summary();
      for (const auto& match : result->matches) found.push_back(match.id.text());
      total = result->total.value_or(0);
      page.cursor = result->next.value_or("");
    } while (!page.cursor.empty());
    std::ranges::sort(found);
    answered_ += found.empty() ? 0 : 1;
    EXPECT_EQ(found, expected(*criteria, sight)) << text;
    EXPECT_EQ(total, found.size()) << text;
  }

  std::map<std::string, Stored> model_;
  int asked_ = 0;
  int answered_ = 0;  // with something
};

TEST_P(StoreDifferential, AnswersAsTheReferenceDoes) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    Dice dice(seed);
    backend_ = GetParam().make();
    store_ = backend_->open(clock_);
    model_.clear();
    for (int round = 0; round < 40 && !HasFailure(); ++round) {
      change(dice);
      for (int i = 0; i < 25 && !HasFailure(); ++i) ask(dice);
    }
  }
  EXPECT_GT(asked_, 2'000);
  EXPECT_GT(answered_, 1'000);
}

KAP_EVERY_BACKEND(StoreDifferential);

}  // namespace
}  // namespace kap::gateway::store
