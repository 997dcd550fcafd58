// The invariants of the contract, evaluated on protobuf JSON: they compile, hold for the synthetic
// clinic, and the edge cases made to break one break exactly that one.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/path/expression.h"
#include "fhir/path/json_model.h"
#include "kap/clinic/v1/constraints.pb.h"
#include "kap/clinic/v1/record.pb.h"
#include "tests/data/generator/files.h"

namespace kap::synthetic {
namespace {

namespace v1 = ::kap::clinic::v1;
using fhir::path::Expression;
using google::protobuf::Message;

const Expression& compiled(const std::string& text) {
  static std::map<std::string, Expression> cache;
  const auto found = cache.find(text);
  if (found != cache.end()) return found->second;
  const fhir::path::CompileOptions options{.model = &fhir::path::json_model()};
  auto expression = Expression::compile(text, options);
  if (!expression) ADD_FAILURE() << text << ": " << expression.error().summary();
  return cache.emplace(text, std::move(expression).value()).first->second;
}

/// Keys of the invariants that the message and those in it break.
void collect(const Message& message, std::multiset<std::string>& broken) {
  const auto& options = message.GetDescriptor()->options();
  if (options.ExtensionSize(v1::invariant) > 0) {
    std::string text;
    EXPECT_TRUE(google::protobuf::util::MessageToJsonString(message, &text).ok());
    const auto document = fhir::json::parse(text);
    if (!document) {
      ADD_FAILURE() << text;
      return;
    }
    for (int i = 0; i < options.ExtensionSize(v1::invariant); ++i) {
      const v1::Invariant& invariant = options.GetExtension(v1::invariant, i);
      const auto held = compiled(invariant.expression())
                            .evaluate_boolean(fhir::path::json_element(document->root, ""));
      EXPECT_TRUE(held) << invariant.key() << ": " << held.error().summary();
      if (held && *held == false) broken.insert(invariant.key());
    }
  }
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  const auto* reflection = message.GetReflection();
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (!field->message_type()) continue;
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i)
      collect(field->is_repeated() ? reflection->GetRepeatedMessage(message, field, i)
                                   : reflection->GetMessage(message, field),
              broken);
  }
}

std::multiset<std::string> broken_by(const std::string& line) {
  v1::Record record;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &record).ok());
  std::multiset<std::string> broken;
  collect(record, broken);
  return broken;
}

TEST(Invariants, HoldForTheSyntheticClinic) {
  for (const auto& [name, text] : synthetic_files()) {
    if (!name.starts_with("clinic")) continue;
    std::istringstream lines(text);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      EXPECT_THAT(broken_by(line), testing::IsEmpty()) << name << ":" << number;
    }
  }
}

TEST(Invariants, EachEdgeCaseBreaksItsOwn) {
  const auto files = synthetic_files();
  int compared = 0;
  for (const auto& [name, text] : files) {
    if (!name.starts_with("edge/") || !name.ends_with(".expect")) continue;
    const auto marker = text.find(" invariant ");
    if (marker == std::string::npos) continue;
    const auto start = marker + std::string_view(" invariant ").size();
    const std::string key = text.substr(start, text.find('\n', start) - start);
    const std::string records = files.at(name.substr(0, name.size() - 6) + "ndjson");
    EXPECT_THAT(broken_by(records.substr(0, records.find('\n'))), testing::ElementsAre(key))
        << name;
    ++compared;
  }
  EXPECT_GE(compared, 13);
}

}  // namespace
}  // namespace kap::synthetic
