#include "mappings/engine/clinic_model.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace kap::mappings {
namespace {

using fhir::path::Collection;
using fhir::path::Element;
using fhir::path::Equality;
using fhir::path::Item;
using fhir::path::Step;
using fhir::path::Subtypes;
using fhir::path::TypeName;

const ClinicField* field_of(const Element& element) {
  return static_cast<const ClinicField*>(element.aux);
}
const WireMessage& message_of(const Element& element) {
  return *static_cast<const WireMessage*>(element.node);
}
const WireSlot& slot_of(const Element& element) {
  return *static_cast<const WireSlot*>(element.node);
}
const WireMessage& parent_of(const Element& element) {
  // An Element has no third pointer to hold the parent in.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  return *reinterpret_cast<const WireMessage*>(element.index);
}

void add(const WireMessage& parent, const ClinicField& field, const WireSlot& slot,
         Collection& out) {
  if (!slot.present) return;
  out.push_back(Item(field.kind == ClinicKind::kMessage ? clinic_element(*slot.message)
                                                        : clinic_element(parent, field, slot)));
}

void take_field(const WireMessage& parent, const ClinicField& field, Collection& out) {
  const WireSlot& slot = parent.slot(field);
  if (!field.is_repeated) {
    add(parent, field, slot, out);
    return;
  }
  for (std::uint32_t i = 0; i < slot.size; ++i) add(parent, field, slot.items[i], out);
}

const void* handle(const ClinicType& type) { return &type; }

bool equal_messages(const WireMessage& left, const WireMessage& right);

bool equal_slots(const ClinicField& field, const WireSlot& left, const WireSlot& right) {
  if (left.present != right.present) return false;
  if (!left.present) return true;
  switch (field.kind) {
    case ClinicKind::kString:
      return std::string_view(left.text, left.size) == std::string_view(right.text, right.size);
    case ClinicKind::kMessage:
      return equal_messages(*left.message, *right.message);
    default:
      return left.number == right.number;
  }
}

bool equal_messages(const WireMessage& left, const WireMessage& right) {
  if (left.type != right.type) return false;
  return std::ranges::all_of(left.type->fields, [&](const ClinicField& field) {
    const WireSlot& a = left.slot(field);
    const WireSlot& b = right.slot(field);
    if (!field.is_repeated) return equal_slots(field, a, b);
    if (a.size != b.size) return false;
    for (std::uint32_t i = 0; i < a.size; ++i) {
      if (!equal_slots(field, a.items[i], b.items[i])) return false;
    }
    return true;
  });
}

std::string_view system_type(fhir::definitions::Primitive primitive) {
  switch (primitive) {
    case fhir::definitions::Primitive::kBoolean:
      return "boolean";
    case fhir::definitions::Primitive::kInteger:
      return "integer";
    default:
      return "string";
  }
}

class ClinicModel final : public fhir::path::Model {
 public:
  void children(const Element& parent, std::string_view name, Collection& out) const override {
    if (parent.aux != nullptr) return;
    const WireMessage& message = message_of(parent);
    if (const ClinicField* field = message.type->find(name)) take_field(message, *field, out);
  }

  void take(const Element& parent, const Step& step, Collection& out) const override {
    take_field(message_of(parent), *static_cast<const ClinicField*>(step.target), out);
  }

  void all_children(const Element& parent, Collection& out) const override {
    if (parent.aux != nullptr) return;
    const WireMessage& message = message_of(parent);
    for (const ClinicField& field : message.type->fields) take_field(message, field, out);
  }

  [[nodiscard]] TypeName type(const Element& element) const override {
    if (element.aux == nullptr) return {.space = "clinic", .name = message_of(element).type->name};
    return {.space = "FHIR", .name = system_type(field_of(element)->primitive)};
  }

  [[nodiscard]] bool is(const Element& element, TypeName wanted, Subtypes) const override {
    const TypeName own = type(element);
    return own.name == wanted.name && (wanted.space.empty() || own.space == wanted.space);
  }

  [[nodiscard]] Item value(const Element& element) const override {
    if (element.aux == nullptr) return {};
    const ClinicField& field = *field_of(element);
    const WireSlot& slot = slot_of(element);
    switch (field.kind) {
      case ClinicKind::kString:
        return Item::borrowed({slot.text, slot.size});
      case ClinicKind::kBool:
        return Item::boolean(slot.number != 0);
      case ClinicKind::kInt32:
      case ClinicKind::kSint32:
      case ClinicKind::kInt64:
        return Item::integer(slot.number);
      case ClinicKind::kEnum: {
        const ClinicEnumValue* known = field.enumeration->find(slot.number);
        return known == nullptr ? Item::string(fmt::format("{}", slot.number))
                                : Item::borrowed(known->name);
      }
      case ClinicKind::kMessage:
        break;
    }
    return {};
  }

  [[nodiscard]] bool equal(const Element& left, const Element& right, Equality) const override {
    if (left.aux != nullptr || right.aux != nullptr) return false;
    return equal_messages(message_of(left), message_of(right));
  }

  [[nodiscard]] std::string path(const Element& element) const override {
    return field_path(element);
  }

  [[nodiscard]] const void* find_type(std::string_view name) const override {
    const ClinicMessage* found = ClinicSchema::get().find(name);
    return found == nullptr ? nullptr : handle(*found);
  }

  [[nodiscard]] std::optional<Step> resolve(const void* type,
                                            std::string_view name) const override {
    const auto* known = static_cast<const ClinicType*>(type);
    if (known == nullptr || !known->is_message) return std::nullopt;
    const ClinicField* field = static_cast<const ClinicMessage*>(known)->find(name);
    if (field == nullptr) return std::nullopt;
    return Step{.owner = type,
                .target = field,
                .result = field->message != nullptr ? handle(*field->message) : handle(*field)};
  }
};

}  // namespace

const fhir::path::Model& clinic_model() {
  static const ClinicModel model;
  return model;
}

Element clinic_element(const WireMessage& message) {
  return {.model = &clinic_model(),
          .node = &message,
          .aux = nullptr,
          .type = handle(*message.type),
          .index = 0};
}

Element clinic_element(const WireMessage& parent, const ClinicField& field, const WireSlot& value) {
  return {.model = &clinic_model(),
          .node = &value,
          .aux = &field,
          .type = handle(field),
          .index = reinterpret_cast<std::uint64_t>(&parent)};
}

std::string field_path(const WireMessage& message, const ClinicField* field) {
  std::string out = field == nullptr ? std::string() : field->proto_name;
  for (const WireMessage* at = &message; at->field != nullptr; at = at->parent) {
    std::string step = at->field->proto_name;
    if (at->field->is_repeated) step += fmt::format("[{}]", at->index);
    if (!out.empty()) step.append(".").append(out);
    out = std::move(step);
  }
  return out;
}

std::string field_path(const Element& element) {
  if (element.aux == nullptr) return field_path(message_of(element), nullptr);
  const ClinicField& field = *field_of(element);
  const WireMessage& parent = parent_of(element);
  std::string out = field_path(parent, &field);
  if (field.is_repeated) {
    out += fmt::format("[{}]", &slot_of(element) - parent.slot(field).items);
  }
  return out;
}

}  // namespace kap::mappings
