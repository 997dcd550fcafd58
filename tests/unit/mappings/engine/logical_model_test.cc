#include "mappings/engine/logical_model.h"

#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "fhir/base/limits.h"
#include "fhir/json/parse.h"
#include "mappings/engine/map_files.h"

namespace kap::mappings {
namespace {

namespace fs = std::filesystem;

TEST(LogicalModel, CommittedModelsAreThoseOfTheContract) {
  const auto bytes = read_file(KAP_DESCRIPTOR_SET, limits::kJsonBytes);
  ASSERT_TRUE(bytes.has_value()) << bytes.error().summary();
  const auto comments = ContractComments::read(*bytes);
  ASSERT_TRUE(comments.has_value()) << comments.error().summary();
  const fs::path folder = fs::path(KAP_SOURCE_DIR) / "mappings/models";
  std::set<std::string> expected;
  for (const ClinicMessage& message : ClinicSchema::get().messages()) {
    const std::string name = "clinic-" + message.name + ".json";
    expected.insert(name);
    const auto committed = read_file((folder / name).string(), limits::kJsonBytes);
    ASSERT_TRUE(committed.has_value()) << committed.error().summary();
    const std::string made = logical_model(message, *comments);
    EXPECT_EQ(*committed, made) << "make them again: build/dev/bin/clinic-models "
                                   "build/dev/gateway/proto/kap.binpb mappings/models";
    EXPECT_TRUE(fhir::json::parse(made).has_value()) << name;
  }
  std::set<std::string> present;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") present.insert(entry.path().filename().string());
  }
  EXPECT_EQ(present, expected);
}

}  // namespace
}  // namespace kap::mappings
