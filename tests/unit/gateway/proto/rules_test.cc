// The options of the contract are consistent, and the synthetic clinic keeps those that need no
// expression language: an independent, plain reading of the rules.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "kap/clinic/v1/constraints.pb.h"
#include "kap/clinic/v1/record.pb.h"
#include "tests/data/generator/files.h"

namespace kap::synthetic {
namespace {

namespace v1 = ::kap::clinic::v1;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void for_each_message(const Descriptor* type, std::set<const Descriptor*>& seen,
                      const std::function<void(const Descriptor*)>& visit) {
  if (!seen.insert(type).second) return;
  visit(type);
  for (int i = 0; i < type->field_count(); ++i)
    if (const auto* inner = type->field(i)->message_type()) for_each_message(inner, seen, visit);
}

std::set<const Descriptor*> all_messages() {
  std::set<const Descriptor*> seen;
  for_each_message(v1::Record::descriptor(), seen, [](const Descriptor*) {});
  return seen;
}

/// Whether some record type that leads to `type` (or the type itself) has the field.
bool is_reachable_field(const std::string& name) {
  for (const Descriptor* type : all_messages())
    if (type->FindFieldByName(name)) return true;
  return false;
}

void expect_consistent(const FieldDescriptor* field) {
  const v1::FieldRule& rule = field->options().GetExtension(v1::rule);
  const bool is_string = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  if (rule.format() == v1::FORMAT_DECIMAL || !is_string) {
    EXPECT_TRUE(rule.pattern().empty() && rule.max_length() == 0) << field->full_name();
  } else {
    EXPECT_TRUE(rule.min().empty() && rule.max().empty() && rule.above().empty())
        << field->full_name();
    EXPECT_TRUE(rule.format() != v1::FORMAT_UNSPECIFIED || !rule.pattern().empty() ||
                rule.max_length() > 0 || !rule.value_set().empty())
        << field->full_name() << ": a string without any bound";
  }
  if (!rule.pattern().empty()) {
    EXPECT_TRUE(RE2(rule.pattern(), RE2::Quiet).ok()) << field->full_name();
  }
  if (rule.references() != v1::RECORD_KIND_UNSPECIFIED) {
    EXPECT_EQ(rule.format(), v1::FORMAT_RECORD_ID) << field->full_name();
  }
  if (field->is_repeated()) {
    EXPECT_GT(rule.max_items(), 0U) << field->full_name() << ": an unbounded list";
  }
  for (const auto& names : {rule.not_before(), rule.not_after()})
    for (const std::string& name : names)
      EXPECT_TRUE(is_reachable_field(name)) << field->full_name() << ": no field " << name;
  if (!rule.unique_by().empty()) {
    EXPECT_NE(field->message_type()->FindFieldByName(rule.unique_by()), nullptr)
        << field->full_name();
  }
  if (!rule.item_of().empty()) {
    EXPECT_TRUE(is_reachable_field(rule.item_of())) << field->full_name();
  }
}

TEST(Rules, AreConsistent) {
  std::set<std::string> keys;
  for (const Descriptor* type : all_messages()) {
    for (int i = 0; i < type->field_count(); ++i) expect_consistent(type->field(i));
    const auto& options = type->options();
    for (int i = 0; i < options.ExtensionSize(v1::invariant); ++i) {
      const v1::Invariant& invariant = options.GetExtension(v1::invariant, i);
      EXPECT_TRUE(keys.insert(invariant.key()).second) << invariant.key() << " twice";
      EXPECT_FALSE(invariant.human().empty());
      EXPECT_FALSE(invariant.expression().empty());
      if (!invariant.field().empty()) {
        EXPECT_NE(type->FindFieldByName(invariant.field()), nullptr) << invariant.key();
      }
    }
  }
}

TEST(Rules, EveryEnumStartsWithUnspecified) {
  for (const Descriptor* type : all_messages())
    for (int i = 0; i < type->field_count(); ++i)
      if (const auto* values = type->field(i)->enum_type()) {
        EXPECT_TRUE(values->value(0)->number() == 0 &&
                    values->value(0)->name().ends_with("_UNSPECIFIED"))
            << values->full_name();
      }
}

TEST(Rules, EveryInstrumentButUnspecifiedIsScored) {
  const auto* instruments = v1::Instrument_descriptor();
  for (int i = 1; i < instruments->value_count(); ++i) {
    const auto& options = instruments->value(i)->options();
    ASSERT_TRUE(options.HasExtension(v1::score)) << instruments->value(i)->name();
    const v1::ScoreRule& rule = options.GetExtension(v1::score);
    EXPECT_GT(rule.items(), 0U);
    EXPECT_GT(rule.item_max(), rule.item_min());
    if (rule.method() == v1::SCORE_METHOD_SUM && rule.items() > 0 &&
        instruments->value(i)->number() != v1::INSTRUMENT_HAM_D_17) {  // items of unequal range
      EXPECT_EQ(rule.total_max(), static_cast<int>(rule.items()) * rule.item_max())
          << instruments->value(i)->name();
    }
  }
}

/// Field paths of what breaks a rule of presence, enum, lexical form, bound or uniqueness.
class Checker {
 public:
  std::vector<std::string> violations;

  void check(const Message& message, const std::string& path) {
    const Descriptor* type = message.GetDescriptor();
    around_.push_back(&message);
    if (type == v1::ScaleResult::descriptor())
      check_score(static_cast<const v1::ScaleResult&>(message), path);
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      const std::string here = path.empty() ? field->name() : path + "." + field->name();
      field->is_repeated() ? check_list(message, field, here) : check_one(message, field, here);
    }
    around_.pop_back();
  }

 private:
  const Message* nearest(const std::string& name) const {
    for (auto at = around_.rbegin(); at != around_.rend(); ++at)
      if ((*at)->GetDescriptor()->FindFieldByName(name)) return *at;
    return nullptr;
  }

  /// Minutes since some day, or a negative number where the text is only a date.
  static std::int64_t instant(const std::string& text) {
    if (text.size() < 25) return -1;
    const auto part = [&](std::size_t from, std::size_t size) {
      return std::atoi(text.substr(from, size).c_str());
    };
    const std::chrono::sys_days day{std::chrono::year{part(0, 4)} / part(5, 2) / part(8, 2)};
    const int offset = part(20, 2) * 60 + part(23, 2);
    return std::int64_t{1440} * day.time_since_epoch().count() + std::int64_t{60} * part(11, 2) +
           part(14, 2) + (text[19] == '-' ? offset : -offset);
  }

  void check_order(const std::string& text, const v1::FieldRule& rule, const std::string& path) {
    const auto out_of_order = [&](const std::string& name, bool before) {
      const Message* at = nearest(name);
      if (!at) return false;
      const std::string other =
          at->GetReflection()->GetString(*at, at->GetDescriptor()->FindFieldByName(name));
      if (other.empty()) return false;
      const std::size_t size = std::min(text.size(), other.size());
      if (size >= 25)
        return before ? instant(text) < instant(other) : instant(text) > instant(other);
      const int sign = text.compare(0, size, other, 0, size);
      return before ? sign < 0 : sign > 0;
    };
    for (const std::string& name : rule.not_before())
      if (out_of_order(name, true)) violations.push_back(path + " value");
    for (const std::string& name : rule.not_after())
      if (out_of_order(name, false)) violations.push_back(path + " value");
  }

  void check_item(const std::string& text, const v1::FieldRule& rule, const std::string& path) {
    const Message* at = nearest(rule.item_of());
    const auto* list = at ? at->GetDescriptor()->FindFieldByName(rule.item_of()) : nullptr;
    for (int i = 0; list && i < at->GetReflection()->FieldSize(*at, list); ++i) {
      const Message& item = at->GetReflection()->GetRepeatedMessage(*at, list, i);
      const auto* id = item.GetDescriptor()->FindFieldByName("item_id");
      if (item.GetReflection()->GetString(item, id) == text) return;
    }
    violations.push_back(path + " value");
  }

  void check_score(const v1::ScaleResult& result, const std::string& path) {
    const auto* value = v1::Instrument_descriptor()->FindValueByNumber(result.instrument());
    const v1::ScoreRule& rule = value->options().GetExtension(v1::score);
    int sum = 0;
    int counted = 0;
    for (int i = 0; i < result.answers_size(); ++i) {
      const int answer = result.answers(i).value();
      const std::string& item = result.answers(i).item();
      if (std::atoi(item.substr(item.find('-') + 1).c_str()) <= static_cast<int>(rule.items())) {
        sum += answer;
        ++counted;
      }
      if (answer < rule.item_min() || answer > rule.item_max())
        violations.push_back(path + ".answers[" + std::to_string(i) + "].value value");
    }
    if (result.total().empty()) return;
    const double total = std::atof(result.total().c_str());
    const bool whole = counted == static_cast<int>(rule.items());
    const bool wrong_sum = rule.method() == v1::SCORE_METHOD_SUM && whole && total != sum;
    if (wrong_sum || total < rule.total_min() || total > rule.total_max() ||
        rule.method() == v1::SCORE_METHOD_NONE)
      violations.push_back(path + ".total value");
  }

  void check_list(const Message& message, const FieldDescriptor* field, const std::string& path) {
    const v1::FieldRule& rule = field->options().GetExtension(v1::rule);
    const auto* reflection = message.GetReflection();
    const int size = reflection->FieldSize(message, field);
    if (rule.required() && size == 0) violations.push_back(path + " required");
    if (rule.max_items() > 0 && size > static_cast<int>(rule.max_items()))
      violations.push_back(path + " too-long");
    std::set<std::string> seen;
    for (int i = 0; i < size; ++i) {
      const std::string here = path + "[" + std::to_string(i) + "]";
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING)
        check_text(reflection->GetRepeatedString(message, field, i), rule, here);
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
      const Message& element = reflection->GetRepeatedMessage(message, field, i);
      check(element, here);
      if (rule.unique_by().empty()) continue;
      const auto* key = element.GetDescriptor()->FindFieldByName(rule.unique_by());
      const std::string value =
          key->enum_type() ? std::to_string(element.GetReflection()->GetEnumValue(element, key))
                           : element.GetReflection()->GetString(element, key);
      if (!seen.insert(value).second)
        violations.push_back(here + "." + rule.unique_by() + " duplicate");
    }
  }

  void check_one(const Message& message, const FieldDescriptor* field, const std::string& path) {
    const v1::FieldRule& rule = field->options().GetExtension(v1::rule);
    const auto* reflection = message.GetReflection();
    if (rule.required() && !reflection->HasField(message, field)) {
      violations.push_back(path + " required");
      return;
    }
    if (!reflection->HasField(message, field)) return;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        check(reflection->GetMessage(message, field), path);
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        if (!field->enum_type()->FindValueByNumber(reflection->GetEnumValue(message, field)))
          violations.push_back(path + " code-invalid");
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        check_text(reflection->GetString(message, field), rule, path);
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        check_bounds(reflection->GetInt32(message, field), rule, path);
        break;
      default:
        break;
    }
  }

  void check_text(const std::string& text, const v1::FieldRule& rule, const std::string& path) {
    static const RE2 decimal("-?(0|[1-9][0-9]*)(\\.[0-9]+)?");
    static const RE2 date("[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?");
    static const RE2 full_date("[0-9]{4}-[0-9]{2}-[0-9]{2}");
    static const RE2 date_time(
        "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?"
        "(Z|[+-][0-9]{2}:[0-9]{2})");
    static const RE2 record_id("[A-Za-z0-9-]{1,36}");
    static const RE2 item_id("[a-z0-9-]{1,16}");
    const RE2* form = nullptr;
    if (rule.format() == v1::FORMAT_DECIMAL) form = &decimal;
    if (rule.format() == v1::FORMAT_DATE) form = &date;
    if (rule.format() == v1::FORMAT_FULL_DATE) form = &full_date;
    if (rule.format() == v1::FORMAT_DATE_TIME) form = &date_time;
    if (rule.format() == v1::FORMAT_RECORD_ID) form = &record_id;
    if (rule.format() == v1::FORMAT_ITEM_ID) form = &item_id;
    if (form && !RE2::FullMatch(text, *form)) violations.push_back(path + " value");
    if (!rule.pattern().empty() && !RE2::FullMatch(text, rule.pattern()))
      violations.push_back(path + " value");
    if (rule.max_length() > 0 && text.size() > rule.max_length())
      violations.push_back(path + " too-long");
    check_order(text, rule, path);
    if (!rule.item_of().empty()) check_item(text, rule, path);
    if (rule.format() == v1::FORMAT_DECIMAL) check_bounds(std::atof(text.c_str()), rule, path);
  }

  void check_bounds(double value, const v1::FieldRule& rule, const std::string& path) {
    if (!rule.min().empty() && value < std::atof(rule.min().c_str()))
      violations.push_back(path + " value");
    if (!rule.max().empty() && value > std::atof(rule.max().c_str()))
      violations.push_back(path + " value");
    if (!rule.above().empty() && value <= std::atof(rule.above().c_str()))
      violations.push_back(path + " value");
  }

  std::vector<const Message*> around_;
};

std::vector<std::string> violations_of(const std::string& line) {
  v1::Record record;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(line, &record).ok());
  Checker checker;
  checker.check(record, "");
  return checker.violations;
}

TEST(Rules, TheSyntheticClinicKeepsThem) {
  for (const auto& [name, text] : synthetic_files()) {
    if (!name.starts_with("clinic") || !name.ends_with(".ndjson")) continue;
    std::istringstream lines(text);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      EXPECT_THAT(violations_of(line), testing::IsEmpty()) << name << ":" << number;
    }
  }
}

TEST(Rules, RefuseTheEdgeCasesOfFormAndBound) {
  const std::set<std::string> plain{"required", "value", "duplicate"};
  int compared = 0;
  const auto files = synthetic_files();
  for (const auto& [name, text] : files) {
    if (!name.starts_with("edge/") || !name.ends_with(".expect")) continue;
    std::istringstream expected(text.substr(text.find('\n') + 1));
    std::string verdict, category, path, code;
    expected >> verdict >> category >> path >> code;
    if (category != "INVALID" || !plain.contains(code) || path == "-") continue;
    const std::string records = files.at(name.substr(0, name.size() - 6) + "ndjson");
    EXPECT_THAT(violations_of(records.substr(0, records.find('\n'))),
                testing::Contains(path.append(" ").append(code)))
        << name;
    ++compared;
  }
  EXPECT_GE(compared, 11);
}

}  // namespace
}  // namespace kap::synthetic
