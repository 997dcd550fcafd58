// What searches cost beside few and beside many patients: the store is filled directly, the same
// searches run over both, and p50, p99 and the growth of p50 are printed.
// Arguments: [patients of the small store] [patients of the large store] [searches of each kind]

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <future>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/search/query.h"
#include "gateway/security/permit/permit.h"
#include "gateway/store/sqlite/sqlite_store.h"

namespace kap::gateway::security {

/// Stands in for gateway/security's, which alone can make a Permit.
class Authorizer {
 public:
  static Permit permit() {
    return {Principal{.kind = Principal::Kind::kClient, .id = "bench"},
            Predicates{.clinics = {ClinicId("clinic-a")}, .denied = {}, .patient = {}},
            *parse_scopes("system/*.rs")};
  }
};

}  // namespace kap::gateway::security

namespace kap::gateway::store {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr int kObservations = 6;      // of each patient
constexpr int kPatientsPerUnit = 40;  // one unit, one transaction at most
constexpr int kUnitsUnderWay = 16;
constexpr std::string_view kCodes[] = {"8867-4", "8480-6", "8462-4", "59408-5", "9279-1", "8310-5"};

void add(WriteUnit& unit, const std::string& type, const std::string& id,
         const std::string& members, const std::string& patient) {
  ResourceWrite write{.type = type, .id = ResourceId(id)};
  if (!patient.empty()) write.patient = ResourceId(patient);
  write.body = R"({"resourceType":")" + type + R"(","id":")" + id + R"(","meta":{)";
  write.meta_offset = write.body.size();
  write.body += R"("source":"urn:kap:bench"},)" + members + "}";
  const auto document = fhir::json::parse(write.body);
  if (!document.has_value()) std::abort();
  auto entries = fhir::search::extract(document->root);
  if (!entries.has_value()) std::abort();
  write.index = std::move(*entries);
  unit.resources.push_back(std::move(write));
}

/// A patient, a visit with a practitioner of a few, and vital signs of it at times of their own.
void add_patient(WriteUnit& unit, int number, std::mt19937& dice) {
  const auto id = fmt::format("p{}", number);
  add(unit, "Patient", id,
      fmt::format(R"("identifier":[{{"system":"urn:mrn","value":"{0}"}}],"name":[{{"family":)"
                  R"("Family{0}","given":["Given{1}"]}}],"gender":"{2}","birthDate":"19{3}-05-17")",
                  number, number % 100, number % 2 == 0 ? "male" : "female", 40 + number % 60),
      id);
  const auto visit = fmt::format("e{}", number);
  add(unit, "Encounter", visit,
      fmt::format(R"("status":"finished","class":{{"code":"AMB"}},"subject":{{"reference":)"
                  R"("Patient/{}"}},"participant":[{{"individual":{{"reference":)"
                  R"("Practitioner/d{}"}}}}])",
                  id, number % 50),
      id);
  for (int i = 0; i < kObservations; ++i) {
    const unsigned day = 1 + dice() % 28;
    add(unit, "Observation", fmt::format("o{}.{}", number, i),
        fmt::format(R"("status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":)"
                    R"("{}","display":"Vital sign"}}]}},"subject":{{"reference":"Patient/{}"}},)"
                    R"("encounter":{{"reference":"Encounter/{}"}},"effectiveDateTime":)"
                    R"("20{:02}-{:02}-{:02}T{:02}:{:02}:00Z","valueQuantity":{{"value":{},)"
                    R"("unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}})",
                    kCodes[i], id, visit, 10 + dice() % 15, 1 + dice() % 12, day, dice() % 24,
                    dice() % 60, 50 + dice() % 80),
        id);
  }
}

double fill(Store& store, int patients) {
  std::mt19937 dice(7);
  std::vector<std::future<Result<WriteOutcome>>> pending;
  const auto settle = [&pending] {
    for (auto& one : pending)
      if (!one.get().has_value()) std::abort();
    pending.clear();
  };
  const auto begin = SteadyClock::now();
  for (int next = 0; next < patients;) {
    WriteUnit unit{.clinic = ClinicId("clinic-a")};
    if (next == 0)
      for (int i = 0; i < 50; ++i)
        add(unit, "Practitioner", fmt::format("d{}", i), R"("active":true)", {});
    for (int i = 0; i < kPatientsPerUnit && next < patients; ++i) add_patient(unit, next++, dice);
    pending.push_back(store.submit(std::move(unit)));
    if (pending.size() == kUnitsUnderWay) settle();
  }
  settle();
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

struct Kind {
  std::string name;
  std::string type;
  std::function<Pairs(int patient)> parameters;
  enum class Aim : std::uint8_t { kGrowth, kNone } aim = Aim::kGrowth;
  bool is_count = false;
};

std::vector<Kind> kinds() {
  const auto mrn = [](int patient) { return fmt::format("urn:mrn|{}", patient); };
  const auto ref = [](int patient) { return fmt::format("Patient/p{}", patient); };
  return {
      {"token and date by patient", "Observation",
       [=](int p) -> Pairs {
         return {{"patient", ref(p)}, {"code", "http://loinc.org|8867-4"}, {"date", "ge2010"}};
       }},
      {"chained: patient.identifier", "Observation",
       [=](int p) -> Pairs { return {{"patient.identifier", mrn(p)}, {"code", "8867-4"}}; }},
      {"_include of subject and encounter", "Observation",
       [=](int p) -> Pairs {
         return {{"patient", ref(p)},
                 {"_include", "Observation:subject"},
                 {"_include", "Observation:encounter"}};
       }},
      {"reverse-chained: _has by identifier", "Patient",
       [=](int p) -> Pairs {
         return {{"identifier", mrn(p)}, {"_has:Observation:patient:code", "8867-4"}};
       }},
      {"reverse-chained: a page of very many", "Patient",
       [](int) -> Pairs {
         return {{"_has:Observation:patient:code", "8867-4"}, {"_count", "20"}};
       }},
      {"count of a patient's", "Observation",
       [=](int p) -> Pairs { return {{"patient", ref(p)}, {"_summary", "count"}}; },
       Kind::Aim::kGrowth, true},
      {"a page of very many: code", "Observation",
       [](int) -> Pairs { return {{"code", "http://loinc.org|8867-4"}, {"_count", "20"}}; }},
      {"the latest of very many: code, _sort=-date", "Observation",
       [](int) -> Pairs {
         return {{"code", "http://loinc.org|8867-4"}, {"_sort", "-date"}, {"_count", "20"}};
       }},
      {"_sort=-_lastUpdated", "Observation",
       [](int) -> Pairs { return {{"_sort", "-_lastUpdated"}, {"_count", "20"}}; }},
      {"_sort=family,-birthdate", "Patient",
       [](int) -> Pairs { return {{"_sort", "family,-birthdate"}, {"_count", "20"}}; }},
      {"count of all of a code (grows with them)", "Observation",
       [](int) -> Pairs { return {{"code", "http://loinc.org|8867-4"}}; }, Kind::Aim::kNone, true},
      {"name:contains=a", "Patient", [](int) -> Pairs { return {{"name:contains", "a"}}; },
       Kind::Aim::kNone},
  };
}

struct Times {
  double p50 = 0;
  double p99 = 0;
};

Times measure(const Store& store, const Kind& kind, int patients, int searches) {
  const auto permit = security::Authorizer::permit();
  SystemClock clock;
  std::mt19937 dice(11);
  std::vector<double> times;
  const auto give_up = SteadyClock::now() + std::chrono::seconds(3);
  for (int i = 0; i < searches && SteadyClock::now() < give_up; ++i) {
    const auto parameters =
        kind.parameters(static_cast<int>(dice() % static_cast<unsigned>(patients)));
    const auto begin = SteadyClock::now();
    const auto query = fhir::search::parse_query(kind.type, parameters, {.now = clock.now()});
    if (!query.has_value()) std::abort();
    PageOptions page{.count = query->count.value_or(50), .total = PageOptions::Total::kIfCheap};
    if (kind.is_count) {
      page.total = PageOptions::Total::kAccurate;
      page.rows = PageOptions::Rows::kNone;
    }
    const auto found = store.search(Query(permit, *query, page));
    times.push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count());
    if (!found.has_value() || (found->matches.empty() && found->total.value_or(0) == 0))
      std::abort();
  }
  std::ranges::sort(times);
  return {.p50 = times[times.size() / 2], .p99 = times[times.size() * 99 / 100]};
}

void run(int small, int large, int searches) {
  const auto folder = std::filesystem::temp_directory_path() / "kap-bench-search-growth";
  std::filesystem::remove_all(folder);
  std::vector<std::vector<Times>> times;
  SystemClock clock;
  for (const int patients : {small, large}) {
    std::filesystem::create_directories(folder);
    {
      auto store = open_sqlite({.path = folder / "store.db", .clock = &clock});
      if (!store.has_value()) std::abort();
      const double seconds = fill(**store, patients);
      fmt::print(stderr, "{} patients, {} resources, filled in {:.1f} s\n", patients,
                 patients * (kObservations + 2), seconds);
      std::vector<Times> of_store;
      for (const Kind& kind : kinds())
        of_store.push_back(measure(**store, kind, patients, searches));
      times.push_back(std::move(of_store));
    }
    std::filesystem::remove_all(folder);
  }
  const auto all = kinds();
  for (std::size_t i = 0; i < all.size(); ++i) {
    fmt::print("{}|{:.3f}|{:.3f}|{:.3f}|{:.3f}|{:.2f}|{}\n", all[i].name, times[0][i].p50,
               times[0][i].p99, times[1][i].p50, times[1][i].p99, times[1][i].p50 / times[0][i].p50,
               all[i].aim == Kind::Aim::kGrowth ? "growth" : "none");
  }
}

}  // namespace
}  // namespace kap::gateway::store

int main(int argc, char** argv) {
  const auto argument = [&](int place, int otherwise) {
    return argc > place ? std::atoi(argv[place]) : otherwise;
  };
  kap::gateway::store::run(std::max(1, argument(1, 1'000)), std::max(1, argument(2, 64'000)),
                           std::max(10, argument(3, 500)));
}
