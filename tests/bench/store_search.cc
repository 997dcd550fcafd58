// How long reads and searches of the store take over 100,000 vital signs.

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "fhir/search/query.h"
#include "gateway/security/permit/permit.h"
#include "gateway/store/sqlite/sqlite_store.h"
#include "tests/bench/store_session.h"

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

using Clock = std::chrono::steady_clock;
using Pairs = std::vector<std::pair<std::string, std::string>>;

constexpr int kSessions = 1'000;
constexpr int kResources = 100;

void fill(Store& store) {
  std::vector<std::future<Result<WriteOutcome>>> pending;
  for (int i = 0; i < kSessions; ++i) {
    pending.push_back(store.submit(session_unit(i, kResources)));
    if (pending.size() < 32 && i + 1 < kSessions) continue;
    for (auto& one : pending) {
      if (!one.get().has_value()) std::abort();
    }
    pending.clear();
  }
}

void time_reads(const Store& store, const security::Permit& permit) {
  constexpr int kReads = 200'000;
  std::vector<ResourceId> ids;
  for (int i = 0; i < kSessions; ++i) ids.push_back(session_unit(i, 1).resources[0].id);
  std::size_t bytes = 0;
  const auto begin = Clock::now();
  for (int i = 0; i < kReads; ++i) {
    const auto found =
        store.read(permit, "Observation", ids[static_cast<std::size_t>(i * 7) % ids.size()]);
    if (!found.has_value()) std::abort();
    bytes += found->body.size();
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  fmt::print("read by id: {:.0f}/s on one thread, {:.0f} MB/s\n", kReads / seconds,
             static_cast<double>(bytes) / 1e6 / seconds);
}

void time_search(const Store& store, const security::Permit& permit, const Pairs& pairs,
                 const PageOptions& page = {}) {
  SystemClock clock;
  const auto query = fhir::search::parse_query("Observation", pairs, {.now = clock.now()});
  if (!query.has_value()) std::abort();
  constexpr int kTurns = 5;
  SearchPage found;
  const auto begin = Clock::now();
  for (int i = 0; i < kTurns; ++i) {
    auto result = store.search(Query(permit, *query, page));
    if (!result.has_value()) std::abort();
    found = std::move(*result);
  }
  const double milliseconds =
      std::chrono::duration<double, std::milli>(Clock::now() - begin).count() / kTurns;
  std::string text;
  for (const auto& [name, value] : pairs)
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
  fmt::print("{:9.2f} ms  {} ({} of {})\n", milliseconds, text, found.matches.size(),
             found.total.has_value() ? std::to_string(*found.total) : "?");
}

void run() {
  const auto folder = std::filesystem::temp_directory_path() / "kap-bench-search";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    SystemClock clock;
    auto store = open_sqlite({.path = folder / "store.db", .clock = &clock});
    if (!store.has_value()) std::abort();
    fill(**store);
    const auto permit = security::Authorizer::permit();
    const PageOptions count{.total = PageOptions::Total::kAccurate,
                            .rows = PageOptions::Rows::kNone};
    const PageOptions total{.total = PageOptions::Total::kAccurate};
    const std::string patient = session_unit(7, 1).resources[0].patient->text();
    time_reads(**store, permit);
    time_search(**store, permit, {{"patient", patient}});
    time_search(**store, permit, {{"patient", patient}}, total);
    time_search(**store, permit, {{"patient", patient}, {"_sort", "-date"}}, total);
    time_search(**store, permit, {{"patient", patient}, {"date", "ge2025-06"}, {"code", "8867-4"}});
    time_search(**store, permit, {{"code", "8867-4"}});
    time_search(**store, permit, {{"code", "8867-4"}}, count);
    time_search(**store, permit, {{"code", "8867-4"}, {"status:not", "final"}}, count);
    time_search(**store, permit, {{"date", "gt2025-06"}}, count);
    time_search(**store, permit, {{"value-quantity", "gt90"}}, count);
    time_search(**store, permit, {{"code-value-quantity", "8867-4$gt98"}});
    time_search(**store, permit, {{"_sort", "-date"}});
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace kap::gateway::store

int main() { kap::gateway::store::run(); }
