#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/definitions/types.h"
#include "fhir/path/decimal.h"

namespace re2 {
class RE2;
}

/// The clinic contract (`kap.clinic.v1`) as tables, built once from the protobuf descriptors with
/// the options of constraints.proto. Immutable after that.
namespace kap::mappings {

struct ClinicMessage;
struct ClinicField;

struct ClinicEnumValue {
  std::int32_t number = 0;
  std::string name;
};

struct ClinicEnum {
  std::string name;
  std::vector<ClinicEnumValue> values;  // declared order, 0 first
  std::vector<std::int16_t> by_number;  // number -> index in values, -1 where there is none
  [[nodiscard]] const ClinicEnumValue* find(std::int64_t number) const;
  [[nodiscard]] const ClinicEnumValue* find(std::string_view wanted) const;
};

/// kap.clinic.v1.Format
enum class ClinicFormat : std::uint8_t {
  kNone,
  kDecimal,
  kDate,
  kFullDate,
  kDateTime,
  kRecordId,
  kItemId,
  kText,
  kUcum,
};

/// kap.clinic.v1.FieldRule, digested.
struct ClinicRule {
  bool required = false;
  bool sensitive = false;
  ClinicFormat format = ClinicFormat::kNone;
  std::optional<fhir::path::Decimal> min;
  std::optional<fhir::path::Decimal> max;
  std::optional<fhir::path::Decimal> above;
  std::string unit;
  std::string pattern;
  std::shared_ptr<const re2::RE2> regex;
  std::uint32_t max_length = 0;
  std::uint32_t min_items = 0;
  std::uint32_t max_items = 0;
  std::string references;  // the record kind's field name in Record, `patient`; empty: none
  std::string value_set;
  std::vector<std::string> not_before;  // protobuf field names
  std::vector<std::string> not_after;
  std::string unique_by;
  std::string item_of;
};

struct ClinicInvariant {
  std::string key;
  std::string human;
  std::string expression;
  const ClinicField* field = nullptr;  // what a refusal points at; nullptr: the message
};

struct ClinicScore {
  std::uint32_t items = 0;
  std::int32_t item_min = 0;
  std::int32_t item_max = 0;
  std::int32_t total_min = 0;
  std::int32_t total_max = 0;
  enum class Method : std::uint8_t { kUnspecified, kSum, kMean, kNone } method{};
};

/// A message or one of its fields: what a path::Element's `type` points to in the clinic model.
struct ClinicType {
  bool is_message = false;
};

enum class ClinicKind : std::uint8_t { kString, kBool, kInt32, kInt64, kSint32, kEnum, kMessage };

struct ClinicField : ClinicType {
  std::string name;        // protobuf JSON name, `doseMg`
  std::string proto_name;  // `dose_mg`, as refusals write it
  std::string comment;
  std::uint32_t number = 0;
  std::uint16_t slot = 0;
  ClinicKind kind{};
  bool is_repeated = false;
  bool has_presence = false;
  std::int16_t oneof = -1;
  const ClinicMessage* owner = nullptr;
  const ClinicMessage* message = nullptr;   // of kMessage
  const ClinicEnum* enumeration = nullptr;  // of kEnum
  /// The FHIR primitive its values are in the logical model.
  fhir::definitions::Primitive primitive = fhir::definitions::Primitive::kNone;
  ClinicRule rule;
};

struct ClinicOneof {
  std::string name;
  bool required = false;
  std::vector<const ClinicField*> fields;
};

struct ClinicScoreFields {
  const ClinicField* instrument = nullptr;
  const ClinicField* answers = nullptr;
  const ClinicField* value = nullptr;  // in an element of answers
  const ClinicField* total = nullptr;
  std::unordered_map<std::int64_t, ClinicScore> rules;  // by the instrument's enum number
};

struct ClinicMessage : ClinicType {
  std::string name;  // `TreatmentSession`
  std::string url;   // of its logical model
  std::string comment;
  std::deque<ClinicField> fields;  // declared order; slot == index
  std::vector<std::int16_t> by_number;
  std::vector<ClinicOneof> oneofs;
  std::vector<ClinicInvariant> invariants;
  std::optional<ClinicScoreFields> score;

  [[nodiscard]] const ClinicField* find(std::string_view json_name) const;
  [[nodiscard]] const ClinicField* find_proto(std::string_view proto_name) const;
  [[nodiscard]] const ClinicField* find(std::uint32_t number) const {
    return number < by_number.size() && by_number[number] >= 0
               ? &fields[static_cast<std::size_t>(by_number[number])]
               : nullptr;
  }
};

class ClinicSchema {
 public:
  /// Built at the first call; aborts the program on a contract with an error in its own rules,
  /// which a test finds first.
  [[nodiscard]] static const ClinicSchema& get();

  [[nodiscard]] const ClinicMessage& record() const { return *record_; }
  [[nodiscard]] const ClinicMessage* find(std::string_view name) const;
  [[nodiscard]] const ClinicMessage* find_url(std::string_view url) const;
  /// In the order they are reached from Record.
  [[nodiscard]] const std::deque<ClinicMessage>& messages() const { return messages_; }
  [[nodiscard]] const std::deque<ClinicEnum>& enums() const { return enums_; }

  ClinicSchema(const ClinicSchema&) = delete;
  ClinicSchema& operator=(const ClinicSchema&) = delete;

 private:
  friend class ClinicSchemaBuilder;
  ClinicSchema();
  std::deque<ClinicMessage> messages_;
  std::deque<ClinicEnum> enums_;
  const ClinicMessage* record_ = nullptr;
};

}  // namespace kap::mappings
