#include "fhir/path/json_model.h"

#include <algorithm>
#include <vector>

#include "fhir/definitions/types.h"
#include "fhir/path/equality.h"

namespace kap::fhir::path {
namespace {

using definitions::ElementDef;
using definitions::Primitive;
using definitions::TypeDef;
using json::Value;

constexpr std::string_view kUcum = "http://unitsofmeasure.org";

const Value* node_of(const Element& element) { return static_cast<const Value*>(element.node); }
const Value* sibling_of(const Element& element) { return static_cast<const Value*>(element.aux); }
const TypeDef* type_of(const Element& element) { return static_cast<const TypeDef*>(element.type); }
/// Element::index holds the definition that led to the node, for diagnostics.
const ElementDef* definition_of(const Element& element) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr): nothing is optimized on a diagnostic's pointer.
  return reinterpret_cast<const ElementDef*>(element.index);
}

const TypeDef* resource_type_of(const Value& value) {
  return definitions::find_resource_type(value.string("resourceType"));
}

/// The type of a node, where the definition leaves it open (contained, Bundle.entry.resource).
const TypeDef* concrete(const TypeDef* type, const Value* value) {
  if (type == nullptr || type->kind != definitions::TypeKind::kResource || value == nullptr)
    return type;
  const TypeDef* actual = resource_type_of(*value);
  return actual != nullptr ? actual : type;
}

bool is_primitive(const TypeDef* type) {
  return type != nullptr && type->kind == definitions::TypeKind::kPrimitive;
}

void append(const Model& model, const Value* value, const Value* sibling, const TypeDef* type,
            const ElementDef* definition, Collection& out) {
  if (value != nullptr && value->is_null()) value = nullptr;
  if (sibling != nullptr && !sibling->is_object()) sibling = nullptr;
  if (value == nullptr && sibling == nullptr) return;
  out.emplace_back(Element{.model = &model,
                           .node = value,
                           .aux = sibling,
                           .type = concrete(type, value),
                           .index = reinterpret_cast<std::uint64_t>(definition)});
}

/// The nodes under one member, an array counted as its items, with their `_` siblings.
void append_all(const Model& model, const Value* value, const Value* sibling, const TypeDef* type,
                const ElementDef* definition, Collection& out) {
  const bool lists = (value != nullptr && value->is_array()) ||
                     (value == nullptr && sibling != nullptr && sibling->is_array());
  if (!lists) return append(model, value, sibling, type, definition, out);
  const auto values = value != nullptr ? value->items() : std::span<const Value>{};
  const auto siblings = sibling != nullptr ? sibling->items() : std::span<const Value>{};
  for (std::size_t i = 0; i < std::max(values.size(), siblings.size()); ++i)
    append(model, i < values.size() ? &values[i] : nullptr,
           i < siblings.size() ? &siblings[i] : nullptr, type, definition, out);
}

struct Pair {
  const Value* value = nullptr;
  const Value* sibling = nullptr;
};

Pair find_pair(const Value& object, std::string_view name) {
  Pair out;
  for (const json::Member& member : object.members()) {
    if (member.name == name)
      out.value = &member.value;
    else if (member.name.size() == name.size() + 1 && member.name.front() == '_' &&
             member.name.substr(1) == name)
      out.sibling = &member.value;
  }
  return out;
}

class JsonModel final : public Model {
 public:
  void children(const Element& parent, std::string_view name, Collection& out) const override {
    const TypeDef* type = type_of(parent);
    if (type == nullptr) return untyped_children(parent, name, out);
    const ElementDef* definition = definitions::find_element(*type, name);
    if (definition != nullptr) defined_children(parent, *type, *definition, out);
  }

  void take(const Element& parent, const Step& step, Collection& out) const override {
    defined_children(parent, *type_of(parent), *static_cast<const ElementDef*>(step.target), out);
  }

  void all_children(const Element& parent, Collection& out) const override {
    const TypeDef* type = type_of(parent);
    const Value* object = object_of(parent);
    if (object == nullptr) return;
    for (const json::Member& member : object->members()) {
      std::string_view name = member.name;
      const Value* value = &member.value;
      const Value* sibling = nullptr;
      if (name.starts_with('_')) {
        name.remove_prefix(1);
        if (object->find(name) != nullptr) continue;
        sibling = value;
        value = nullptr;
      } else {
        if (name == "resourceType") continue;
        sibling = find_pair(*object, name).sibling;
      }
      const auto* known = type == nullptr ? nullptr : definitions::resolve_member(*type, name);
      if (type != nullptr && known == nullptr) continue;
      append_all(*this, value, sibling, known != nullptr ? known->type->type : nullptr,
                 known != nullptr ? known->element : nullptr, out);
    }
  }

  TypeName type(const Element& element) const override {
    const TypeDef* type = type_of(element);
    if (type == nullptr) return untyped_name(element);
    if (type->kind == definitions::TypeKind::kBackbone)
      return {"FHIR", type->base != nullptr ? type->base->name : "BackboneElement"};
    return {"FHIR", type->name};
  }

  bool is(const Element& element, TypeName name, Subtypes subtypes) const override {
    if (name.space == "System") return false;
    const TypeDef* actual = type_of(element);
    if (actual == nullptr) return untyped_name(element).name == name.name;
    if (actual->name == name.name) return true;
    if (subtypes == Subtypes::kExclude && is_primitive(actual)) return false;
    const TypeDef* wanted = definitions::find_type(name.name);
    return wanted != nullptr && definitions::is_a(*actual, *wanted);
  }

  Item value(const Element& element) const override {
    const Value* node = node_of(element);
    if (node == nullptr) return {};
    const TypeDef* type = type_of(element);
    if (type == nullptr) return untyped_value(*node);
    if (type->primitive != Primitive::kNone) return primitive_value(*node, type->primitive);
    static const TypeDef* const quantity = definitions::find_type("Quantity");
    return node->is_object() && definitions::is_a(*type, *quantity) ? quantity_value(*node)
                                                                    : Item{};
  }

  bool equal(const Element& left, const Element& right, Equality equality) const override {
    if (node_of(left) == nullptr || node_of(right) == nullptr) {
      const Value* l = sibling_of(left);
      const Value* r = sibling_of(right);
      return node_of(left) == node_of(right) && l != nullptr && r != nullptr &&
             json_equal(*l, *r, equality);
    }
    return json_equal(*node_of(left), *node_of(right), equality);
  }

  std::string path(const Element& element) const override {
    const ElementDef* definition = definition_of(element);
    const TypeDef* type = type_of(element);
    if (definition != nullptr && definition->owner != nullptr)
      return std::string(definition->owner->name) + '.' + std::string(definition->name);
    return type != nullptr ? std::string(type->name) : std::string("element");
  }

  const void* find_type(std::string_view name) const override {
    return definitions::find_type(name);
  }

  std::optional<Step> resolve(const void* type, std::string_view name) const override {
    const ElementDef* definition =
        definitions::find_element(*static_cast<const TypeDef*>(type), name);
    if (definition == nullptr) return std::nullopt;
    Step step{.owner = type, .target = definition, .result = nullptr};
    if (definition->types.size() == 1) {
      const TypeDef* only = definition->types.front().type;
      if (only != nullptr && only->kind != definitions::TypeKind::kResource) step.result = only;
    }
    return step;
  }

 private:
  static const Value* object_of(const Element& element) {
    const Value* node = node_of(element);
    if (node != nullptr && node->is_object()) return node;
    return sibling_of(element);
  }

  void untyped_children(const Element& parent, std::string_view name, Collection& out) const {
    const Value* object = object_of(parent);
    if (object == nullptr) return;
    const Pair pair = find_pair(*object, name);
    append_all(*this, pair.value, pair.sibling, nullptr, nullptr, out);
  }

  void defined_children(const Element& parent, const TypeDef& type, const ElementDef& definition,
                        Collection& out) const {
    const Value* object = object_of(parent);
    if (object == nullptr) return;
    if (definition.is_choice) return choice_children(*object, type, definition, out);
    const TypeDef* child = definition.types.empty() ? nullptr : definition.types.front().type;
    if (!is_primitive(child)) {
      if (const Value* value = object->find(definition.name))
        append_all(*this, value, nullptr, child, &definition, out);
      return;
    }
    const Pair pair = find_pair(*object, definition.name);
    append_all(*this, pair.value, pair.sibling, child, &definition, out);
  }

  void choice_children(const Value& object, const TypeDef& type, const ElementDef& definition,
                       Collection& out) const {
    for (const json::Member& member : object.members()) {
      std::string_view name = member.name;
      const bool is_sibling = name.starts_with('_');
      if (is_sibling) name.remove_prefix(1);
      if (!name.starts_with(definition.name)) continue;
      const auto* known = definitions::resolve_member(type, name);
      if (known == nullptr || known->element != &definition) continue;
      const TypeDef* child = known->type->type;
      if (is_sibling) {
        if (object.find(name) == nullptr)
          append_all(*this, nullptr, &member.value, child, &definition, out);
      } else {
        const Value* sibling = is_primitive(child) ? find_pair(object, name).sibling : nullptr;
        append_all(*this, &member.value, sibling, child, &definition, out);
      }
    }
  }

  static TypeName untyped_name(const Element& element) {
    const Value* node = node_of(element);
    if (node == nullptr) return {"FHIR", "Element"};
    switch (node->kind()) {
      case json::Kind::kFalse:
      case json::Kind::kTrue:
        return {"FHIR", "boolean"};
      case json::Kind::kNumber:
        return {"FHIR", "decimal"};
      case json::Kind::kString:
        return {"FHIR", "string"};
      default:
        return {"FHIR", "Element"};
    }
  }

  static Item number(std::string_view text) {
    const auto decimal = Decimal::parse(text);
    if (!decimal.has_value()) return {};
    if (text.find_first_of(".eE") == std::string_view::npos)
      if (const auto integer = decimal->to_integer()) return Item::integer(*integer);
    return Item::decimal(*decimal);
  }

  static Item untyped_value(const Value& node) {
    if (node.is_boolean()) return Item::boolean(node.kind() == json::Kind::kTrue);
    if (node.is_number()) return number(node.text());
    if (node.is_string()) return Item::borrowed(node.text());
    return {};
  }

  static Item moment(std::optional<Moment> moment, std::string_view text) {
    return moment.has_value() ? Item::moment(*moment) : Item::borrowed(text);
  }

  static Item primitive_value(const Value& node, Primitive primitive) {
    switch (primitive) {
      case Primitive::kDecimal: {
        if (!node.is_number()) return {};
        const auto decimal = Decimal::parse(node.text());
        return decimal.has_value() ? Item::decimal(*decimal) : Item{};
      }
      case Primitive::kDate:
        return moment(Moment::parse_date(node.text()), node.text());
      case Primitive::kDateTime:
      case Primitive::kInstant:
        return moment(Moment::parse_date_time(node.text()), node.text());
      case Primitive::kTime:
        return moment(Moment::parse_time(node.text()), node.text());
      default:
        return untyped_value(node);
    }
  }

  static Item quantity_value(const Value& node) {
    const Value* value = node.find("value");
    if (value == nullptr || !value->is_number() || node.find("comparator") != nullptr) return {};
    const auto decimal = Decimal::parse(value->text());
    if (!decimal.has_value()) return {};
    std::string_view unit = node.string("code");
    if (unit.empty() || node.string("system") != kUcum) unit = node.string("unit");
    if (unit.empty()) unit = node.string("code");
    return Item::quantity(
        Quantity{.value = *decimal, .unit = std::string(unit.empty() ? "1" : unit)});
  }

  static bool json_equal(const Value& left, const Value& right, Equality equality) {
    if (left.is_object() && right.is_object()) {
      if (left.members().size() != right.members().size()) return false;
      return std::ranges::all_of(left.members(), [&](const json::Member& member) {
        const Value* other = right.find(member.name);
        return other != nullptr && json_equal(member.value, *other, equality);
      });
    }
    if (left.is_array() && right.is_array()) return items_equal(left, right, equality);
    if (left.is_object() != right.is_object() || left.is_array() != right.is_array()) return false;
    if (equality == Equality::kEquivalent)
      return equivalent(untyped_value(left), untyped_value(right));
    return path::equal(untyped_value(left), untyped_value(right)).value_or(false);
  }

  static bool items_equal(const Value& left, const Value& right, Equality equality) {
    const auto l = left.items();
    const auto r = right.items();
    if (l.size() != r.size()) return false;
    if (equality == Equality::kEqual) {
      for (std::size_t i = 0; i < l.size(); ++i)
        if (!json_equal(l[i], r[i], equality)) return false;
      return true;
    }
    std::vector<bool> used(r.size());
    return std::ranges::all_of(l, [&](const Value& item) {
      for (std::size_t i = 0; i < r.size(); ++i)
        if (!used[i] && json_equal(item, r[i], equality)) return used[i] = true, true;
      return false;
    });
  }
};

const JsonModel kModel;

}  // namespace

const Model& json_model() { return kModel; }

Element json_element(const json::Value& resource) {
  return {.model = &kModel,
          .node = &resource,
          .aux = nullptr,
          .type = resource_type_of(resource),
          .index = 0};
}

Element json_element(const json::Value& value, std::string_view type) {
  return {.model = &kModel,
          .node = &value,
          .aux = nullptr,
          .type = concrete(definitions::find_type(type), &value),
          .index = 0};
}

Element json_element(const json::Value* value, const json::Value* sibling,
                     const definitions::TypeDef& type, const definitions::ElementDef* definition) {
  return {.model = &kModel,
          .node = value,
          .aux = sibling,
          .type = concrete(&type, value),
          .index = reinterpret_cast<std::uint64_t>(definition)};
}

const json::Value* json_value(const Element& element) { return node_of(element); }
const json::Value* json_sibling(const Element& element) { return sibling_of(element); }

const definitions::TypeDef* json_type(const Element& element) { return type_of(element); }

const definitions::ElementDef* json_definition(const Element& element) {
  return definition_of(element);
}

Element json_stub(const definitions::TypeDef& type) {
  return {.model = &kModel, .node = nullptr, .aux = nullptr, .type = &type, .index = 0};
}

}  // namespace kap::fhir::path
