#include "mappings/engine/wire.h"

#include <filesystem>
#include <fstream>
#include <memory_resource>
#include <random>

#include <google/protobuf/message.h>
#include <google/protobuf/reflection.h>
#include <gtest/gtest.h>

#include "kap/clinic/v1/record.pb.h"
#include "mappings/engine/mapping.h"

namespace kap::mappings {
namespace {

namespace pb = google::protobuf;

/// The record as text, once by protobuf's reflection and once from the decoded tables.
void print(const pb::Message& message, std::string& out) {
  const auto* type = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  const auto scalar = [&](const pb::FieldDescriptor* field, int index) {
    const bool list = field->is_repeated();
    switch (field->cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_STRING:
        out += "'" +
               (list ? reflection->GetRepeatedString(message, field, index)
                     : reflection->GetString(message, field)) +
               "'";
        break;
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        out += std::to_string(list ? reflection->GetRepeatedEnumValue(message, field, index)
                                   : reflection->GetEnumValue(message, field));
        break;
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        out += reflection->GetBool(message, field) ? "1" : "0";
        break;
      case pb::FieldDescriptor::CPPTYPE_INT32:
        out += std::to_string(reflection->GetInt32(message, field));
        break;
      case pb::FieldDescriptor::CPPTYPE_INT64:
        out += std::to_string(reflection->GetInt64(message, field));
        break;
      case pb::FieldDescriptor::CPPTYPE_MESSAGE:
        out += "{";
        print(list ? reflection->GetRepeatedMessage(message, field, index)
                   : reflection->GetMessage(message, field),
              out);
        out += "}";
        break;
      default:
        out += "?";
    }
    out += ";";
  };
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    out += std::to_string(field->number()) + ":";
    if (field->is_repeated()) {
      for (int j = 0; j < reflection->FieldSize(message, field); ++j) scalar(field, j);
    } else if (reflection->HasField(message, field)) {
      scalar(field, 0);
    }
  }
}

void print(const WireMessage& message, std::string& out) {
  for (const ClinicField& field : message.type->fields) {
    out += std::to_string(field.number) + ":";
    const WireSlot& slot = message.slot(field);
    const std::uint32_t count = field.is_repeated ? slot.size : (slot.present ? 1 : 0);
    const WireSlot* items = field.is_repeated ? slot.items : &slot;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (field.kind == ClinicKind::kString) {
        out += "'" + std::string(items[i].text, items[i].size) + "'";
      } else if (field.kind == ClinicKind::kMessage) {
        out += "{";
        print(*items[i].message, out);
        out += "}";
      } else {
        out += std::to_string(items[i].number);
      }
      out += ";";
    }
  }
}

std::vector<std::string> records() {
  std::vector<std::string> out;
  for (const auto& file : std::filesystem::directory_iterator(
           std::filesystem::path(KAP_SOURCE_DIR) / "tests/data/clinic")) {
    std::ifstream in(file.path());
    for (std::string line; std::getline(in, line);) {
      if (const auto bytes = record_from_json(line)) out.push_back(*bytes);
    }
  }
  return out;
}

TEST(Wire, DecodesWhatProtobufDecodes) {
  int count = 0;
  for (const std::string& bytes : records()) {
    clinic::v1::Record message;
    ASSERT_TRUE(message.ParseFromString(bytes));
    std::pmr::monotonic_buffer_resource arena;
    const auto record = decode_record(bytes, arena);
    ASSERT_TRUE(record.has_value()) << record.error().summary();
    std::string expected;
    std::string actual;
    print(message, expected);
    print(**record, actual);
    EXPECT_EQ(actual, expected);
    ++count;
  }
  EXPECT_GT(count, 100);
}

TEST(Wire, MergesASplitMessageAndTakesTheLastScalar) {
  clinic::v1::Record first;
  first.set_clinic_id("a");
  first.mutable_patient()->set_mrn("1");
  clinic::v1::Record second;
  second.set_clinic_id("b");
  second.mutable_patient()->set_birth_date("1980-01-01");
  const std::string bytes = first.SerializeAsString() + second.SerializeAsString();
  clinic::v1::Record merged;
  ASSERT_TRUE(merged.ParseFromString(bytes));
  std::pmr::monotonic_buffer_resource arena;
  const auto record = decode_record(bytes, arena);
  ASSERT_TRUE(record.has_value());
  std::string expected;
  std::string actual;
  print(merged, expected);
  print(**record, actual);
  EXPECT_EQ(actual, expected);
}

TEST(Wire, RefusesWhatIsNoRecord) {
  const auto refused = [](const std::string& bytes) {
    std::pmr::monotonic_buffer_resource arena;
    const auto record = decode_record(bytes, arena);
    return record.has_value() ? "taken" : record.error().summary();
  };
  EXPECT_NE(refused("\x0A\x05"
                    "abc")
                .find("truncated"),
            std::string::npos);
  EXPECT_NE(refused("\x0A\x02\xC3\x28").find("UTF-8"), std::string::npos);
  EXPECT_NE(refused(std::string("\xFA\x3F\x00", 3)).find("contract"), std::string::npos);
  EXPECT_NE(refused("\x08\x01").find("wire type"), std::string::npos);
  EXPECT_NE(refused("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01").find("malformed"),
            std::string::npos);
  EXPECT_NE(refused(std::string((4U << 20U) + 1, 'x')).find("at most"), std::string::npos);
  // A session with two million empty participants.
  std::string body;
  for (int i = 0; i < 2'000'000; ++i) body += std::string("\x92\x01\x00", 3);
  std::string length;
  for (auto size = static_cast<std::uint64_t>(body.size()); size > 0; size >>= 7U) {
    length += static_cast<char>((size & 0x7FU) | (size > 0x7FU ? 0x80U : 0U));
  }
  EXPECT_NE(refused("\xCA\x01" + length + body), "taken");
}

TEST(Wire, SurvivesBrokenBytes) {
  const auto all = records();
  std::mt19937 random(7);  // NOLINT: the same breakages every time
  int same = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string bytes = all[random() % all.size()];
    const unsigned breaks = 1 + random() % 4;
    for (unsigned i = 0; i < breaks && !bytes.empty(); ++i) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.resize(at);
          break;
        default:
          bytes.erase(at, 1);
          break;
      }
    }
    std::pmr::monotonic_buffer_resource arena;
    const auto record = decode_record(bytes, arena);
    if (!record.has_value()) continue;
    clinic::v1::Record message;
    ASSERT_TRUE(message.ParseFromString(bytes));
    ++same;
  }
  EXPECT_GT(same, 0);
}

}  // namespace
}  // namespace kap::mappings
