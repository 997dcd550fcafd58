#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory_resource>
#include <sstream>

#include <gtest/gtest.h>

#include "mappings/engine/builtin.h"
#include "mappings/engine/clinic_rules.h"
#include "mappings/engine/mapping.h"

namespace kap::mappings {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines(const fs::path& path) {
  std::ifstream in(path);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) out.push_back(line);
  }
  return out;
}

const MapFiles& files() {
  static const MapFiles* const made = [] {
    auto read = builtin_files();
    if (!read.has_value()) ADD_FAILURE() << read.error().summary();
    return new MapFiles(read.has_value() ? std::move(*read) : MapFiles{});
  }();
  return *made;
}

std::vector<Issue> check(const std::string& json) {
  static const auto* const rules = [] {
    auto made = ClinicRules::make(files().terminology);
    if (!made.has_value()) ADD_FAILURE() << made.error().summary();
    return new ClinicRules(std::move(*made));
  }();
  const auto bytes = record_from_json(json);
  if (!bytes.has_value()) return bytes.error().issues();
  std::pmr::monotonic_buffer_resource arena;
  const auto record = decode_record(*bytes, arena);
  if (!record.has_value()) return record.error().issues();
  return rules->check(**record);
}

std::string text(const std::vector<Issue>& issues) {
  std::string out;
  for (const Issue& issue : issues) {
    out +=
        issue.expression + " " + std::string(to_code(issue.code)) + " " + issue.diagnostics + "\n";
  }
  return out;
}

TEST(ClinicRules, TakesTheSyntheticClinic) {
  int count = 0;
  for (const char* folder : {"clinic", "clinic-west"}) {
    for (const auto& file :
         fs::directory_iterator(fs::path(KAP_SOURCE_DIR) / "tests/data" / folder)) {
      int number = 0;
      for (const std::string& line : lines(file.path())) {
        ++number;
        ++count;
        const auto issues = check(line);
        EXPECT_TRUE(issues.empty()) << file.path().filename() << ":" << number << "\n"
                                    << text(issues);
      }
    }
  }
  EXPECT_GT(count, 100);
}

TEST(ClinicRules, RefusesEveryEdgeCaseAtItsField) {
  int count = 0;
  const fs::path folder = fs::path(KAP_SOURCE_DIR) / "tests/data/edge";
  for (const auto& file : fs::directory_iterator(folder)) {
    if (file.path().extension() != ".ndjson") continue;
    fs::path expect = file.path();
    expect.replace_extension(".expect");
    const auto records = lines(file.path());
    std::vector<std::string> answers;
    for (const std::string& line : lines(expect)) {
      if (!line.starts_with('#')) answers.push_back(line);
    }
    for (std::size_t i = 0; i < records.size() && i < answers.size(); ++i) {
      std::istringstream in(answers[i]);
      std::string verb;
      std::string category;
      std::string path;
      std::string code;
      std::string key;
      in >> verb >> category >> path >> code >> key;
      if (category != "INVALID") continue;
      if (path == "-") path.clear();
      const auto issues = check(records[i]);
      const bool by_value_set =
          code == "code-invalid" && files().terminology.concept_maps().empty();
      if (by_value_set) continue;
      ++count;
      const bool found = std::ranges::any_of(issues, [&](const Issue& issue) {
        return issue.expression == path && to_code(issue.code) == code &&
               (key.empty() || issue.diagnostics.find(key) != std::string::npos);
      });
      EXPECT_TRUE(found) << file.path().filename() << ": " << answers[i] << "\n" << text(issues);
      EXPECT_EQ(issues.size(), 1U) << file.path().filename() << "\n" << text(issues);
    }
  }
  EXPECT_GE(count, 28);
}

TEST(ClinicRules, QuotesNoSensitiveValue) {
  const auto issues = check(
      R"({"clinicId":"c","recordId":"r","revision":"1","recordedAt":"2026-01-01T00:00:00Z",
          "author":{"name":"n"},"patient":{"mrn":"SECRET 1","name":{"family":"f"},
          "gender":"ADMINISTRATIVE_GENDER_FEMALE","birthDate":"SECRET"}})");
  ASSERT_EQ(issues.size(), 2U) << text(issues);
  EXPECT_EQ(issues[0].expression, "patient.mrn");
  EXPECT_EQ(issues[1].expression, "patient.birth_date");
  EXPECT_EQ(text(issues).find("SECRET"), std::string::npos) << text(issues);
}

TEST(ClinicRules, SaysTheLimits) {
  const auto issues = check(
      R"({"clinicId":"c","recordId":"r","revision":"0","recordedAt":"2026-01-01T00:00:00Z",
          "author":{"name":"n"},"patient":{"mrn":"1","name":{"family":"f"},
          "gender":"ADMINISTRATIVE_GENDER_FEMALE","birthDate":"1980-01-01"}})");
  ASSERT_EQ(issues.size(), 1U) << text(issues);
  EXPECT_EQ(text(issues), "revision required this is required\n");
}

TEST(ClinicRules, ListsEveryReference) {
  const auto bytes = record_from_json(
      R"({"clinicId":"c","recordId":"r","revision":"1","author":{"practitionerId":"p1","name":"n"},
          "treatmentSession":{"patientId":"pat-1","problemIds":["a","b"],
          "participants":[{"itemId":"1","practitionerId":"p2"}]}})");
  ASSERT_TRUE(bytes.has_value());
  std::pmr::monotonic_buffer_resource arena;
  const auto record = decode_record(*bytes, arena);
  ASSERT_TRUE(record.has_value());
  std::string all;
  for (const RecordReference& reference : record_references(**record)) {
    all += std::string(reference.kind) + "/" + std::string(reference.record_id) + " " +
           reference.path + "\n";
  }
  EXPECT_EQ(all,
            "practitioner/p1 author.practitioner_id\n"
            "patient/pat-1 treatment_session.patient_id\n"
            "problem/a treatment_session.problem_ids[0]\n"
            "problem/b treatment_session.problem_ids[1]\n"
            "practitioner/p2 treatment_session.participants[0].practitioner_id\n");
}

}  // namespace
}  // namespace kap::mappings
