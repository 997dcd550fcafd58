#include "mappings/engine/clinic_schema.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <re2/re2.h>

#include "kap/clinic/v1/record.pb.h"
#include "mappings/engine/canonical.h"

namespace kap::mappings {
namespace {

namespace pb = google::protobuf;
namespace v1 = kap::clinic::v1;
using fhir::definitions::Primitive;
using fhir::path::Decimal;

[[noreturn]] void broken(std::string_view where, std::string_view what) {
  throw std::logic_error(fmt::format("clinic contract, {}: {}", where, what));
}

std::optional<Decimal> bound(const std::string& text, std::string_view where) {
  if (text.empty()) return std::nullopt;
  const auto value = Decimal::parse(text);
  if (!value) broken(where, "a bound is not a decimal");
  return value;
}

ClinicRule to_rule(const pb::FieldDescriptor& field) {
  const v1::FieldRule& from = field.options().GetExtension(v1::rule);
  ClinicRule rule;
  rule.required = from.required();
  rule.sensitive = from.sensitive();
  rule.format = static_cast<ClinicFormat>(from.format());
  rule.min = bound(from.min(), field.full_name());
  rule.max = bound(from.max(), field.full_name());
  rule.above = bound(from.above(), field.full_name());
  rule.unit = from.unit();
  rule.pattern = from.pattern();
  if (!rule.pattern.empty()) {
    rule.regex = std::make_shared<const re2::RE2>(rule.pattern);
    if (!rule.regex->ok()) broken(field.full_name(), rule.regex->error());
  }
  rule.max_length = from.max_length();
  rule.min_items = from.min_items();
  rule.max_items = from.max_items();
  if (from.references() != v1::RECORD_KIND_UNSPECIFIED) {
    const auto* target = v1::Record::descriptor()->FindFieldByNumber(from.references());
    if (target == nullptr) broken(field.full_name(), "references a kind that no record has");
    rule.references = target->name();
  }
  rule.value_set = from.value_set();
  rule.not_before.assign(from.not_before().begin(), from.not_before().end());
  rule.not_after.assign(from.not_after().begin(), from.not_after().end());
  rule.unique_by = from.unique_by();
  rule.item_of = from.item_of();
  return rule;
}

ClinicKind to_kind(const pb::FieldDescriptor& field) {
  switch (field.type()) {
    case pb::FieldDescriptor::TYPE_STRING:
      return ClinicKind::kString;
    case pb::FieldDescriptor::TYPE_BOOL:
      return ClinicKind::kBool;
    case pb::FieldDescriptor::TYPE_INT32:
      return ClinicKind::kInt32;
    case pb::FieldDescriptor::TYPE_INT64:
      return ClinicKind::kInt64;
    case pb::FieldDescriptor::TYPE_SINT32:
      return ClinicKind::kSint32;
    case pb::FieldDescriptor::TYPE_ENUM:
      return ClinicKind::kEnum;
    case pb::FieldDescriptor::TYPE_MESSAGE:
      return ClinicKind::kMessage;
    default:
      broken(field.full_name(), "records have no fields of this protobuf type");
  }
}

Primitive to_primitive(ClinicKind kind, ClinicFormat format) {
  switch (kind) {
    case ClinicKind::kBool:
      return Primitive::kBoolean;
    case ClinicKind::kInt32:
    case ClinicKind::kSint32:
      return Primitive::kInteger;
    case ClinicKind::kInt64:
      return Primitive::kString;  // as protobuf JSON writes it
    case ClinicKind::kEnum:
      return Primitive::kCode;
    case ClinicKind::kMessage:
      return Primitive::kNone;
    case ClinicKind::kString:
      break;
  }
  switch (format) {
    case ClinicFormat::kDecimal:
      return Primitive::kDecimal;
    case ClinicFormat::kDate:
    case ClinicFormat::kFullDate:
      return Primitive::kDate;
    case ClinicFormat::kDateTime:
      return Primitive::kDateTime;
    case ClinicFormat::kUcum:
      return Primitive::kCode;
    default:
      return Primitive::kString;
  }
}

}  // namespace

class ClinicSchemaBuilder {
 public:
  explicit ClinicSchemaBuilder(ClinicSchema& schema) : schema_(schema) {}

  void build() {
    schema_.record_ = message(*v1::Record::descriptor());
    for (auto& [descriptor, built] : built_) details(*descriptor, *built);
  }

 private:
  ClinicMessage* message(const pb::Descriptor& descriptor) {
    for (auto& [known, built] : built_) {
      if (known == &descriptor) return built;
    }
    ClinicMessage& out = schema_.messages_.emplace_back();
    built_.emplace_back(&descriptor, &out);
    out.is_message = true;
    out.name = descriptor.name();
    out.url = clinic_model_url(out.name);
    for (int i = 0; i < descriptor.real_oneof_decl_count(); ++i) {
      const auto& oneof = *descriptor.oneof_decl(i);
      out.oneofs.push_back({.name = oneof.name(),
                            .required = oneof.options().GetExtension(v1::one_required),
                            .fields = {}});
    }
    for (int i = 0; i < descriptor.field_count(); ++i) field(*descriptor.field(i), out);
    return &out;
  }

  void field(const pb::FieldDescriptor& from, ClinicMessage& owner) {
    const auto slot = static_cast<std::uint16_t>(owner.fields.size());
    ClinicField& out = owner.fields.emplace_back();
    out.name = from.json_name();
    out.proto_name = from.name();
    out.number = static_cast<std::uint32_t>(from.number());
    out.slot = slot;
    out.owner = &owner;
    out.kind = to_kind(from);
    out.is_repeated = from.is_repeated();
    out.has_presence = from.has_presence();
    out.rule = to_rule(from);
    out.primitive = to_primitive(out.kind, out.rule.format);
    if (out.kind == ClinicKind::kEnum) out.enumeration = enumeration(*from.enum_type());
    if (owner.by_number.size() <= out.number) owner.by_number.resize(out.number + 1, -1);
    owner.by_number[out.number] = static_cast<std::int16_t>(slot);
    if (const auto* oneof = from.real_containing_oneof()) {
      out.oneof = static_cast<std::int16_t>(oneof->index());
      owner.oneofs[static_cast<std::size_t>(out.oneof)].fields.push_back(&out);
    }
    if (out.kind == ClinicKind::kMessage) out.message = message(*from.message_type());
  }

  const ClinicEnum* enumeration(const pb::EnumDescriptor& descriptor) {
    for (const ClinicEnum& known : schema_.enums_) {
      if (known.name == descriptor.name()) return &known;
    }
    ClinicEnum& out = schema_.enums_.emplace_back();
    out.name = descriptor.name();
    for (int i = 0; i < descriptor.value_count(); ++i) {
      const auto& value = *descriptor.value(i);
      const auto number = static_cast<std::size_t>(value.number());
      if (out.by_number.size() <= number) out.by_number.resize(number + 1, -1);
      out.by_number[number] = static_cast<std::int16_t>(i);
      out.values.push_back({.number = value.number(), .name = value.name()});
    }
    return &out;
  }

  void details(const pb::Descriptor& descriptor, ClinicMessage& out) {
    const auto& options = descriptor.options();
    for (int i = 0; i < options.ExtensionSize(v1::invariant); ++i) {
      const v1::Invariant& from = options.GetExtension(v1::invariant, i);
      ClinicInvariant invariant{.key = from.key(),
                                .human = from.human(),
                                .expression = from.expression(),
                                .field = nullptr};
      if (!from.field().empty()) {
        invariant.field = out.find_proto(from.field());
        if (invariant.field == nullptr) broken(from.key(), "its field is not in the message");
      }
      out.invariants.push_back(std::move(invariant));
    }
    if (options.HasExtension(v1::score_fields)) score(descriptor, out);
  }

  void score(const pb::Descriptor& descriptor, ClinicMessage& out) {
    const v1::ScoreFields& from = descriptor.options().GetExtension(v1::score_fields);
    ClinicScoreFields score;
    score.instrument = out.find_proto(from.instrument());
    score.answers = out.find_proto(from.answers());
    score.total = out.find_proto(from.total());
    if (score.instrument == nullptr || score.answers == nullptr || score.total == nullptr ||
        score.answers->message == nullptr || score.instrument->enumeration == nullptr) {
      broken(out.name, "score_fields name fields that are not there");
    }
    score.value = score.answers->message->find_proto(from.value());
    if (score.value == nullptr) broken(out.name, "score_fields.value is not in the answers");
    const auto& instruments = *descriptor.FindFieldByName(from.instrument())->enum_type();
    for (int i = 0; i < instruments.value_count(); ++i) {
      const auto& value = *instruments.value(i);
      if (!value.options().HasExtension(v1::score)) continue;
      const v1::ScoreRule& rule = value.options().GetExtension(v1::score);
      score.rules[value.number()] = {.items = rule.items(),
                                     .item_min = rule.item_min(),
                                     .item_max = rule.item_max(),
                                     .total_min = rule.total_min(),
                                     .total_max = rule.total_max(),
                                     .method = static_cast<ClinicScore::Method>(rule.method())};
    }
    out.score = std::move(score);
  }

  ClinicSchema& schema_;
  std::vector<std::pair<const pb::Descriptor*, ClinicMessage*>> built_;
};

const ClinicEnumValue* ClinicEnum::find(std::int64_t number) const {
  const auto index = static_cast<std::size_t>(number);
  if (number < 0 || index >= by_number.size() || by_number[index] < 0) return nullptr;
  return &values[static_cast<std::size_t>(by_number[index])];
}

const ClinicEnumValue* ClinicEnum::find(std::string_view wanted) const {
  const auto found = std::ranges::find(values, wanted, &ClinicEnumValue::name);
  return found == values.end() ? nullptr : &*found;
}

const ClinicField* ClinicMessage::find(std::string_view json_name) const {
  const auto found = std::ranges::find(fields, json_name, &ClinicField::name);
  return found == fields.end() ? nullptr : &*found;
}

const ClinicField* ClinicMessage::find_proto(std::string_view proto_name) const {
  const auto found = std::ranges::find(fields, proto_name, &ClinicField::proto_name);
  return found == fields.end() ? nullptr : &*found;
}

ClinicSchema::ClinicSchema() { ClinicSchemaBuilder(*this).build(); }

const ClinicSchema& ClinicSchema::get() {
  static const ClinicSchema schema;
  return schema;
}

const ClinicMessage* ClinicSchema::find(std::string_view name) const {
  const auto found = std::ranges::find(messages_, name, &ClinicMessage::name);
  return found == messages_.end() ? nullptr : &*found;
}

const ClinicMessage* ClinicSchema::find_url(std::string_view url) const {
  const auto found = std::ranges::find(messages_, url, &ClinicMessage::url);
  return found == messages_.end() ? nullptr : &*found;
}

}  // namespace kap::mappings
