#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "kap/clinic/v1/record.pb.h"
#include "kap/clinic/v1/service.grpc.pb.h"
#include "tests/functional/gateway.h"
#include "tests/functional/raw_submit.h"

namespace kap::functional {
namespace {

using ::testing::HasSubstr;

class BadInput : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    gateway_ = std::make_unique<Gateway>();
    ASSERT_TRUE(gateway_->start()) << gateway_->log();
    const auto submitted = gateway_->submit({data("clinic")});
    ASSERT_EQ(submitted.code, 0) << submitted.output;
  }
  static void TearDownTestSuite() { gateway_.reset(); }

  static std::string good_record() { return read_records(data("clinic/000-clinic.ndjson"))[0]; }

  static std::unique_ptr<Gateway> gateway_;
};
std::unique_ptr<Gateway> BadInput::gateway_;

TEST_F(BadInput, TruncatedBytesAreOneRefusedRecord) {
  RawSubmit stream(open_channel(gateway_->endpoint()));
  const auto good = good_record();
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, good.size() / 2, good.size() - 1})
    ASSERT_TRUE(stream.write(good.substr(0, size)));
  ASSERT_TRUE(stream.write(std::string("\xff\xff\xff\xff", 4)));
  ASSERT_TRUE(stream.write(""));
  ASSERT_TRUE(stream.write(good));
  for (int i = 1; i <= 6; ++i) {
    const auto receipt = stream.read();
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->sequence(), i);
    EXPECT_TRUE(receipt->has_refused());
    EXPECT_FALSE(receipt->refused().violations().empty());
  }
  const auto last = stream.read();
  ASSERT_TRUE(last);
  EXPECT_TRUE(last->accepted().duplicate());
  stream.writes_done();
  EXPECT_FALSE(stream.read());
  EXPECT_TRUE(stream.finish().ok());
}

TEST_F(BadInput, ARecordOverTheLimitIsRefusedAndTheStreamGoesOn) {
  RawSubmit stream(open_channel(gateway_->endpoint()));
  ASSERT_TRUE(stream.write(std::string(5U << 20U, 'x')));
  ASSERT_TRUE(stream.write(good_record()));
  const auto large = stream.read();
  ASSERT_TRUE(large);
  EXPECT_EQ(large->refused().category(), clinic::v1::REFUSAL_CATEGORY_TOO_LARGE);
  const auto good = stream.read();
  ASSERT_TRUE(good);
  EXPECT_TRUE(good->has_accepted());
}

TEST_F(BadInput, AMessageOverTwiceTheLimitEndsItsStreamAndNoOther) {
  {
    RawSubmit stream(open_channel(gateway_->endpoint()));
    stream.write(std::string(9U << 20U, 'x'));
    EXPECT_FALSE(stream.read());
    EXPECT_EQ(stream.finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
  RawSubmit next(open_channel(gateway_->endpoint()));
  ASSERT_TRUE(next.write(good_record()));
  EXPECT_TRUE(next.read());
}

TEST_F(BadInput, WithoutACertificateNothingIsAnswered) {
  RawSubmit stream(open_channel(gateway_->endpoint(), Certificate::kNone));
  stream.write(good_record());
  EXPECT_FALSE(stream.read());
  EXPECT_EQ(stream.finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(BadInput, DeadLettersAreListedForTheClinicAlone) {
  const auto stub = clinic::v1::ClinicRecords::NewStub(open_channel(gateway_->endpoint()));
  {
    RawSubmit stream(open_channel(gateway_->endpoint()));
    ASSERT_TRUE(stream.write("no record at all"));
    ASSERT_TRUE(stream.read());
  }
  clinic::v1::ListDeadLettersRequest request;
  request.set_clinic_id(Pki::kClinic);
  grpc::ClientContext context;
  const auto list = stub->ListDeadLetters(&context, request);
  clinic::v1::DeadLetter letter;
  bool is_found = false;
  while (list->Read(&letter)) is_found |= letter.body() == "no record at all";
  EXPECT_TRUE(list->Finish().ok());
  EXPECT_TRUE(is_found);

  request.set_clinic_id("kap-clinic-west");
  grpc::ClientContext foreign;
  const auto refused = stub->ListDeadLetters(&foreign, request);
  EXPECT_FALSE(refused->Read(&letter));
  EXPECT_EQ(refused->Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(BadInput, KapClinicShowsFileLineFieldAndReason) {
  const auto finished = gateway_->submit({data("edge/06-missing-field.ndjson")});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.output, HasSubstr("06-missing-field.ndjson:1"));
  EXPECT_THAT(finished.output, HasSubstr("patient.mrn"));
  const Scratch scratch;
  const auto broken = scratch.path() / "broken.json";
  write_file(broken, "{\n  \"clinicId\": \"x\",\n  \"nonsense\": 1\n}\n");
  const auto local = gateway_->submit({broken.string()});
  EXPECT_EQ(local.code, 1);
  EXPECT_THAT(local.output, HasSubstr("broken.json:3"));
  EXPECT_EQ(gateway_->submit({(scratch.path() / "absent").string()}).code, 2);
}

/// One line of an `.expect` file.
struct Expectation {
  bool is_accepted = false;
  bool is_duplicate = false;
  std::string category;
  std::string path;
  std::string code;
};

std::vector<Expectation> read_expectations(const std::string& file) {
  std::vector<Expectation> expectations;
  std::istringstream lines(read_file(file));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string verdict;
    std::string second;
    Expectation expectation;
    words >> verdict >> second >> expectation.path >> expectation.code;
    expectation.is_accepted = verdict == "accepted";
    expectation.is_duplicate = second == "duplicate";
    if (!expectation.is_accepted) expectation.category = "REFUSAL_CATEGORY_" + second;
    if (expectation.path == "-") expectation.path.clear();
    expectations.push_back(expectation);
  }
  return expectations;
}

void compare(const Expectation& expected, const clinic::v1::Receipt& receipt,
             const std::string& where) {
  ASSERT_EQ(receipt.has_accepted(), expected.is_accepted) << where << receipt.DebugString();
  if (expected.is_accepted) {
    // What waited may have been applied by the time it is asked about; both are acceptances.
    if (!expected.is_duplicate) EXPECT_FALSE(receipt.accepted().duplicate()) << where;
    return;
  }
  EXPECT_EQ(clinic::v1::RefusalCategory_Name(receipt.refused().category()), expected.category)
      << where << receipt.DebugString();
  if (expected.code.empty()) return;
  const bool is_named = std::ranges::any_of(
      receipt.refused().violations(), [&expected](const clinic::v1::FieldViolation& violation) {
        return violation.field_path() == expected.path && violation.code() == expected.code;
      });
  EXPECT_TRUE(is_named) << where << receipt.DebugString();
}

TEST_F(BadInput, MetricsCountRecordsByWhatBecameOfThem) {
  RawSubmit stream(open_channel(gateway_->endpoint()));
  ASSERT_TRUE(stream.write("no record"));
  ASSERT_TRUE(stream.read());
  const auto metrics =
      exchange({.url = fmt::format("http://127.0.0.1:{}/metrics", gateway_->admin_port())}).body;
  EXPECT_THAT(metrics, HasSubstr("kap_records_total{verdict=\"invalid\"}"));
  EXPECT_THAT(metrics, HasSubstr("kap_records_total{verdict=\"accepted\"}"));
}

TEST_F(BadInput, EveryEdgeCaseIsAnsweredAsItsFileSays) {
  if (!has_maps(gateway_->endpoint())) GTEST_SKIP() << "this build has no maps (mappings/ketamine)";
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(data("edge")))
    if (entry.path().extension() == ".ndjson") files.push_back(entry.path().string());
  std::ranges::sort(files);
  ASSERT_FALSE(files.empty());
  for (const auto& file : files) {
    const auto expectations =
        read_expectations(file.substr(0, file.size() - std::string("ndjson").size()) + "expect");
    RawSubmit stream(open_channel(gateway_->endpoint()));
    const auto records = read_records(file);
    ASSERT_EQ(records.size(), expectations.size()) << file;
    for (std::size_t i = 0; i < records.size(); ++i) {
      ASSERT_TRUE(stream.write(records[i])) << file;
      const auto receipt = stream.read();
      ASSERT_TRUE(receipt) << file;
      compare(expectations[i], *receipt, fmt::format("{}:{}\n", file, i + 1));
    }
  }
}

}  // namespace
}  // namespace kap::functional
