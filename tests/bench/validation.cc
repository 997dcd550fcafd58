// bench_validation FOLDER ROUNDS: a Bundle of 100 resources of one session against R4, US Core and
// the bindings; the same resources one by one; and their structure alone, which is what ingest
// checks at run time. Prints for each: validation NAME ENTRIES MIN MEDIAN MAX, in microseconds.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "fhir/validate/structure.h"
#include "fhir/validate/validator.h"
#include "mappings/engine/builtin.h"
#include "mappings/engine/mapping.h"
#include "tests/bench/records.h"

namespace kap::bench {
namespace {

namespace json = fhir::json;
namespace validate = fhir::validate;
using Clock = std::chrono::steady_clock;
constexpr int kIterations = 50;
constexpr std::size_t kEntries = 100;

template <class Run>
void measure(std::string_view name, int rounds, const Run& run) {
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = Clock::now();
    for (int i = 0; i < kIterations; ++i) run();
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count() /
                    kIterations);
  }
  std::ranges::sort(times);
  fmt::print("validation {} {} {:.0f} {:.0f} {:.0f}\n", name, kEntries, times.front(),
             times[times.size() / 2], times.back());
}

/// A collection of the first resources that the session yields.
json::Document make_bundle(const mappings::Mapper& mapper, const std::string& serialized) {
  const auto mapped = mapper.map_to_bundle({}, serialized, {});
  if (!mapped.has_value()) std::abort();
  auto bundle = json::parse(*mapped);
  if (!bundle.has_value()) std::abort();
  auto* entries = bundle->root.find("entry");
  while (entries->items().size() > kEntries) bundle->erase(*entries, kEntries);
  if (entries->items().size() != kEntries) std::abort();
  return std::move(*bundle);
}

int run(const std::string& folder, int rounds) {
  mappings::Diagnostics diagnostics;
  const auto mapper = mappings::builtin_mapper(diagnostics);
  if (!mapper.has_value()) return 1;
  const auto bundle = make_bundle(*mapper, first_infusion(read_clinic(folder)).SerializeAsString());
  const validate::Validator validator({.terminology = &mapper->terminology()});
  const auto report = validator.validate(bundle);
  if (report.has_errors()) {
    fmt::print(stderr, "{}\n", report.to_outcome().summary());
    return 1;
  }
  const auto each = [&](const auto& check) {
    for (const auto& entry : bundle.root.find("entry")->items()) check(*entry.find("resource"));
  };
  measure("bundle", rounds, [&] {
    if (validator.validate(bundle).has_errors()) std::abort();
  });
  measure("one-by-one", rounds, [&] {
    each([&](const json::Value& resource) {
      if (validator.validate(resource).has_errors()) std::abort();
    });
  });
  measure("structure", rounds, [&] {
    each([&](const json::Value& resource) {
      if (!validate::validate_structure(resource).empty()) std::abort();
    });
  });
  return 0;
}

}  // namespace
}  // namespace kap::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: bench_validation FOLDER ROUNDS\n");
    return 2;
  }
  return kap::bench::run(argv[1], std::atoi(argv[2]));
}
