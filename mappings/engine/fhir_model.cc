#include "mappings/engine/fhir_model.h"

#include "fhir/definitions/types.h"
#include "fhir/path/json_model.h"

namespace kap::mappings {
namespace {

namespace definitions = fhir::definitions;
using fhir::path::Collection;
using fhir::path::Element;
using fhir::path::Equality;
using fhir::path::Item;
using fhir::path::ItemKind;
using fhir::path::json_model;
using fhir::path::Step;
using fhir::path::Subtypes;
using fhir::path::TypeName;

/// Forwards to json_model(); its elements carry this model instead, so every call comes back here.
class FhirModel final : public fhir::path::Model {
 public:
  void children(const Element& parent, std::string_view name, Collection& out) const override {
    const std::size_t before = out.size();
    const Element own = inner(parent);
    json_model().children(own, name, out);
    if (out.size() == before) lenient(own, name, out);
    retag(out, before);
  }

  void take(const Element& parent, const Step& step, Collection& out) const override {
    const std::size_t before = out.size();
    json_model().take(inner(parent), step, out);
    retag(out, before);
  }

  void all_children(const Element& parent, Collection& out) const override {
    const std::size_t before = out.size();
    json_model().all_children(inner(parent), out);
    retag(out, before);
  }

  [[nodiscard]] TypeName type(const Element& element) const override {
    return json_model().type(inner(element));
  }
  [[nodiscard]] bool is(const Element& element, TypeName type, Subtypes subtypes) const override {
    return json_model().is(inner(element), type, subtypes);
  }
  [[nodiscard]] Item value(const Element& element) const override {
    return json_model().value(inner(element));
  }
  [[nodiscard]] bool equal(const Element& left, const Element& right,
                           Equality equality) const override {
    return json_model().equal(inner(left), inner(right), equality);
  }
  [[nodiscard]] std::string path(const Element& element) const override {
    return json_model().path(inner(element));
  }
  [[nodiscard]] const void* find_type(std::string_view name) const override {
    return json_model().find_type(name);
  }
  [[nodiscard]] std::optional<Step> resolve(const void* type,
                                            std::string_view name) const override {
    return json_model().resolve(type, name);
  }

 private:
  static Element inner(Element element) {
    element.model = &json_model();
    return element;
  }

  void retag(Collection& out, std::size_t from) const {
    for (std::size_t i = from; i < out.size(); ++i) {
      if (!out[i].is(ItemKind::kElement)) continue;
      Element element = out[i].as_element();
      if (element.model == &json_model()) element.model = this;
      out[i] = Item(element);
    }
  }

  static void lenient(const Element& parent, std::string_view name, Collection& out) {
    // json_model() keeps the definition of an element's type in it.
    const auto* type = static_cast<const definitions::TypeDef*>(parent.type);
    if (type == nullptr) return;
    if (type->primitive != definitions::Primitive::kNone) {
      if (name == "value") out.push_back(Item(parent));
      return;
    }
    const definitions::MemberDef* member = definitions::resolve_member(*type, name);
    if (member == nullptr || !member->element->is_choice) return;
    Collection all;
    json_model().children(parent, member->element->name, all);
    const TypeName wanted{.space = "FHIR", .name = member->type->code};
    for (Item& item : all) {
      if (item.is(ItemKind::kElement) &&
          json_model().is(item.as_element(), wanted, Subtypes::kExclude)) {
        out.push_back(std::move(item));
      }
    }
  }
};

}  // namespace

const fhir::path::Model& fhir_model() {
  static const FhirModel model;
  return model;
}

Element fhir_element(const fhir::json::Value& resource) {
  Element out = fhir::path::json_element(resource);
  out.model = &fhir_model();
  return out;
}

}  // namespace kap::mappings
