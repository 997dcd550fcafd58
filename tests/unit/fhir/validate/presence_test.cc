#include "fhir/validate/presence.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "fhir/definitions/generator/archive.h"
#include "fhir/json/parse.h"
#include "fhir/path/json_model.h"
#include "fhir/validate/constraints.h"
#include "fhir/validate/inspection.h"

/// What is decided without FHIRPath, held against FHIRPath over the packages' resources.
namespace kap::fhir::validate {
namespace {

namespace fs = std::filesystem;

fs::path shared_folder() {
  const char* named = std::getenv("KAP_SHARED");
  return named != nullptr ? fs::path(named) : fs::path(KAP_SOURCE_DIR) / "../shared";
}

struct Tally {
  std::size_t decided = 0;
  std::size_t open = 0;
  std::set<std::string> wrong;  // keys
};

/// Those that the structural pass checks itself, by the type they stand at.
const std::map<std::string_view, std::vector<Constraint>>& structural() {
  static const auto* const made = [] {
    auto* all = new std::map<std::string_view, std::vector<Constraint>>;
    for (const std::string_view type : {"Element", "Extension", "Reference"}) {
      for (const definitions::ConstraintDef& def : definitions::constraints_at(type)) {
        (*all)[type].push_back(make_constraint(def, nullptr));
      }
    }
    return all;
  }();
  return *made;
}

void compare(const path::Element& element, const path::Context& context,
             const ConstraintTables& tables, Tally& tally) {
  const definitions::TypeDef* type = path::json_type(element);
  if (type == nullptr) return;
  const Node node{
      .value = path::json_value(element), .sibling = path::json_sibling(element), .type = type};
  const auto holds = [&](const Constraint& constraint) {
    return constraint.expression.evaluate_boolean(element, context);
  };
  const std::uint64_t seen = elements_of(node);
  for (const Constraint& constraint : tables.of(*type).whole) {
    const Truth decided = constraint.presence->decide(seen);
    if (decided == Truth::kUnknown) {
      ++tally.open;
      continue;
    }
    ++tally.decided;
    const auto value = holds(constraint);
    const bool evaluated = value.has_value() && value->value_or(constraint.holds_when_empty);
    if (evaluated != (decided == Truth::kTrue)) tally.wrong.emplace(constraint.def.key);
  }
  for (const auto& [name, constraints] : structural()) {
    // In a Bundle each entry has contained resources of its own.
    const bool is_local = path::json_value(*context.resource)->find("entry") == nullptr;
    if (!is_local && name == "Reference") continue;
    if (!definitions::is_a(*type, *definitions::find_type(name))) continue;
    for (const Constraint& constraint : constraints) {
      const auto value = holds(constraint);
      // Of a Reference without a reference ref-1 is empty.
      if (!value || !value->value_or(name == "Reference")) tally.wrong.emplace(constraint.def.key);
    }
  }
  path::Collection children;
  path::json_model().all_children(element, children);
  for (const path::Item& child : children) compare(child.as_element(), context, tables, tally);
}

class Presences : public testing::TestWithParam<const char*> {};

TEST_P(Presences, SayWhatFhirPathSays) {
  const fs::path tgz = shared_folder() / "fhir-packages" / GetParam();
  if (!fs::exists(tgz)) GTEST_SKIP() << tgz << " is not there (KAP_SHARED)";
  const bool is_core = tgz.string().find("r4.core") != std::string::npos;
  const ConstraintTables tables;
  Tally tally;
  int number = 0;
  const Status read = definitions::generator::for_each_file(
      tgz.string(), [&](std::string_view path, std::string_view bytes) -> Status {
        const bool is_small = bytes.size() < 60'000 && (!is_core || ++number % 8 == 0);
        if (!path.ends_with(".json") || !is_small) return {};
        const auto document = json::parse(bytes);
        if (!document || document->root.find("resourceType") == nullptr) return {};
        const path::Element root = path::json_element(document->root);
        compare(root, {.resource = root, .root_resource = root}, tables, tally);
        return {};
      });
  ASSERT_TRUE(read) << read.error().summary();
  EXPECT_EQ(tally.wrong, std::set<std::string>());
  EXPECT_GT(tally.decided, 1000U);
  EXPECT_GT(tally.open, 1000U);
}

INSTANTIATE_TEST_SUITE_P(All, Presences,
                         testing::Values("hl7.fhir.r4.core-4.0.1.tgz", "hl7.fhir.us.core-6.1.0.tgz",
                                         "hl7.fhir.us.core-7.0.0.tgz"));

TEST(Presence, IsUnknownWhereValuesCount) {
  const definitions::TypeDef& period = *definitions::find_type("Period");
  const Constraint constraint = make_constraint(definitions::constraints_at("Period")[0], &period);
  const auto bit = [&](std::string_view name) {
    return std::uint64_t{1} << definitions::find_element(period, name)->index;
  };
  EXPECT_EQ(constraint.presence->decide(0), Truth::kTrue);
  EXPECT_EQ(constraint.presence->decide(bit("start")), Truth::kTrue);
  EXPECT_EQ(constraint.presence->decide(bit("start") | bit("end")), Truth::kUnknown);
}

}  // namespace
}  // namespace kap::fhir::validate
