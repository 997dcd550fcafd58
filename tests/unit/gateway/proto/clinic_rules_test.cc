// The gateway's own check of the contract, on the records it is made for: the synthetic clinic
// breaks nothing, and each edge case breaks what its expectation names, at that path.
#include "mappings/engine/clinic_rules.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <memory_resource>
#include <sstream>
#include <string>
#include <vector>

#include "kap/clinic/v1/record.pb.h"
#include "tests/data/generator/files.h"

namespace kap::synthetic {
namespace {

std::vector<Issue> issues_of(const mappings::ClinicRules& rules, const std::string& line) {
  kap::clinic::v1::Record record;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &record).ok());
  const std::string bytes = record.SerializeAsString();
  std::pmr::monotonic_buffer_resource arena;
  const auto decoded = mappings::decode_record(bytes, arena);
  if (!decoded) return decoded.error().issues();
  return rules.check(**decoded);
}

std::string text_of(const std::vector<Issue>& issues) {
  std::string text;
  for (const Issue& issue : issues)
    text +=
        issue.expression + " " + std::string(to_code(issue.code)) + " " + issue.diagnostics + "\n";
  return text;
}

class ClinicRules : public testing::Test {
 protected:
  // Without value sets: what they hold is tested with the maps.
  const fhir::terminology::Terminology terminology_{};
  const mappings::ClinicRules rules_ = mappings::ClinicRules::make(terminology_).value();
};

TEST_F(ClinicRules, HoldForTheSyntheticClinic) {
  for (const auto& [name, text] : synthetic_files()) {
    if (!name.starts_with("clinic")) continue;
    std::istringstream lines(text);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      EXPECT_EQ(text_of(issues_of(rules_, line)), "") << name << ":" << number;
    }
  }
}

TEST_F(ClinicRules, AreBrokenByEachEdgeCaseWhereItSays) {
  const auto files = synthetic_files();
  int compared = 0;
  for (const auto& [name, text] : files) {
    if (!name.starts_with("edge/") || !name.ends_with(".expect")) continue;
    std::istringstream expected(text.substr(text.find('\n') + 1));
    std::string verdict, category, path, code, key;
    expected >> verdict >> category >> path >> code >> key;
    if (category != "INVALID") continue;
    if (code == "code-invalid" && !path.ends_with(".status")) continue;  // needs a value set
    const std::string records = files.at(name.substr(0, name.size() - 6) + "ndjson");
    const auto issues = issues_of(rules_, records.substr(0, records.find('\n')));
    bool found = false;
    for (const Issue& issue : issues)
      found |= (path == "-" || issue.expression == path) && to_code(issue.code) == code &&
               issue.diagnostics.find(key) != std::string::npos;
    EXPECT_TRUE(found) << name << "\n" << text_of(issues);
    ++compared;
  }
  EXPECT_GE(compared, 28);
}

}  // namespace
}  // namespace kap::synthetic
