#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "fhir/base/limits.h"
#include "fhir/definitions/types.h"
#include "fhir/patch/element_list.h"
#include "fhir/patch/empties.h"
#include "fhir/patch/fhirpath_patch.h"
#include "fhir/patch/typed_value.h"
#include "fhir/patch/work.h"
#include "fhir/path/json_model.h"

namespace kap::fhir::patch {
namespace {

using definitions::ElementDef;
using definitions::TypeDef;
using json::Document;
using json::Value;
using path::Collection;
using path::Element;
using Kind = FhirPathPatch::Kind;
using Operation = FhirPathPatch::Operation;

/// resolve() reaches what the resource contains and nothing else: a patch alters one resource.
class ContainedOnly final : public path::Host {
 public:
  explicit ContainedOnly(const Value& root) : root_(root) {}

  [[nodiscard]] std::optional<Element> resolve(const path::Item& reference) const override {
    const std::string_view text = text_of(reference);
    const Value* contained = root_.find("contained");
    if (!text.starts_with('#') || contained == nullptr) return std::nullopt;
    for (const Value& resource : contained->items())
      if (resource.string("id") == text.substr(1)) return path::json_element(resource);
    return std::nullopt;
  }

 private:
  static std::string_view text_of(const path::Item& reference) {
    if (reference.is(path::ItemKind::kString)) return reference.as_string();
    if (!reference.is(path::ItemKind::kElement)) return {};
    const Value* value = path::json_value(reference.as_element());
    if (value == nullptr) return {};
    return value->is_object() ? value->string("reference") : value->text();
  }

  const Value& root_;
};

/// One list of the resource that a path yields whole.
struct List {
  ElementPlace place;
  std::vector<Entry> entries;
  const ElementDef* element = nullptr;
};

/// Runs operations on a copy of the resource.
class Run {
 public:
  Run(const Value& resource, std::size_t operations)
      : steps_(std::max(kLeastSteps,
                        limits::kFhirPathSteps /
                            static_cast<std::uint32_t>(std::max<std::size_t>(operations, 1)))) {
    document_.root = document_.clone(resource);
  }

  Status apply(const Operation& operation, std::size_t index) {
    index_ = index;
    KAP_CHECK_OK(dispatch(operation));
    if (operation.value == nullptr) return {};
    const Extent extent = extent_of(document_.root);
    if (!work_.spend(extent.units)) return too_costly();
    if (extent.depth > limits::kJsonDepth)
      return failed(IssueType::kTooCostly, "the resource would be nested deeper than {} levels",
                    limits::kJsonDepth);
    return {};
  }

  Document take() { return std::move(document_); }

 private:
  static constexpr std::uint32_t kLeastSteps = 20'000;  // of one path

  Status dispatch(const Operation& operation) {
    switch (operation.kind) {
      case Kind::kAdd:
        return add(operation);
      case Kind::kInsert:
        return insert(operation);
      case Kind::kDelete:
        return remove(operation);
      case Kind::kReplace:
        return replace(operation);
      case Kind::kMove:
        return move(operation);
    }
    std::unreachable();
  }

  template <class... Args>
  std::unexpected<Outcome> failed(IssueType code, fmt::format_string<Args...> message,
                                  Args&&... args) {
    return fail(Category::kUnprocessable, code, fmt::format(message, std::forward<Args>(args)...),
                fmt::format("Parameters.parameter[{}]", index_));
  }

  std::unexpected<Outcome> failed(Refusal refusal) {
    return failed(refusal.code, "{}", refusal.message);
  }

  std::unexpected<Outcome> too_costly() {
    return failed(IssueType::kTooCostly, "the patch reads and copies over {} nodes; split it",
                  limits::kPatchWork);
  }

  bool is_root(const Element& element) const {
    return path::json_value(element) == &document_.root;
  }

  Result<Collection> evaluate(const path::Expression& expression) {
    const ContainedOnly host(document_.root);
    auto found = expression.evaluate(path::json_element(std::as_const(document_.root)),
                                     {.host = &host, .steps = steps_});
    if (!found.has_value()) return failed(IssueType::kProcessing, "{}", found.error().summary());
    for (const path::Item& item : *found)
      if (!item.is(path::ItemKind::kElement))
        return failed(IssueType::kBusinessRule,
                      "the path must lead to elements of the resource, not to computed values");
    return found;
  }

  Result<Element> evaluate_single(const path::Expression& expression) {
    KAP_TRY(const Collection found, evaluate(expression));
    if (found.empty())
      return failed(IssueType::kNotFound, "the path leads to no element of the resource");
    if (found.size() > 1)
      return failed(IssueType::kMultipleMatches,
                    "the path leads to {} elements; it must lead to one", found.size());
    return found.front().as_element();
  }

  Result<ElementPlace> place_of(const Element& element) {
    auto place = find_place(document_.root, element, work_);
    if (place.has_value() && path::json_definition(element) != nullptr) return *place;
    if (!work_.spend(1)) return too_costly();
    return failed(IssueType::kBusinessRule, "the path must lead to an element of the resource");
  }

  Status add(const Operation& operation) {
    KAP_TRY(const Element element, evaluate_single(*operation.path));
    return add_to(element, operation);
  }

  Status add_to(const Element& element, const Operation& operation) {
    const TypeDef* type = path::json_type(element);
    if (type == nullptr)
      return failed(IssueType::kBusinessRule, "the element has no type that R4 defines");
    if (is_root(element)) return add_member(document_.root, *type, operation);
    KAP_TRY(const ElementPlace place, place_of(element));
    auto entries = read_entries(*place.object, place.name);
    Entry& entry = entries[place.index];
    Value& object = type->kind == definitions::TypeKind::kPrimitive ? entry.sibling : entry.value;
    if (object.is_null()) object = Document::object();
    KAP_CHECK_OK(add_member(object, *type, operation));
    write_entries(document_, *place.object, place.name, entries,
                  path::json_definition(element)->is_list());
    return {};
  }

  Status add_member(Value& object, const TypeDef& type, const Operation& operation) {
    if (!work_.spend(object.members().size())) return too_costly();
    auto added = add_element(document_, object, type, operation.name, *operation.value);
    if (!added.has_value()) return failed(std::move(added).error());
    return {};
  }

  /// The list that the elements are, whole and in order.
  Result<List> whole_list(const Collection& found) {
    const Element& first = found.front().as_element();
    if (is_root(first))
      return failed(IssueType::kBusinessRule, "the path leads to the resource, not to a list");
    List out;
    KAP_TRY(out.place, place_of(first));
    out.element = path::json_definition(first);
    if (!out.element->is_list())
      return failed(IssueType::kBusinessRule, "{}.{} does not repeat", out.element->owner->name,
                    out.element->name);
    out.entries = read_entries(*out.place.object, out.place.name);
    if (!work_.spend(out.entries.size())) return too_costly();
    const Value* values = out.place.object->find(out.place.name);
    const Value* siblings = out.place.object->find('_' + std::string(out.place.name));
    const auto is_item = [](const Value* list, std::size_t i, const Value* node) {
      return list != nullptr && i < list->items().size() && &list->items()[i] == node;
    };
    bool is_whole = found.size() == out.entries.size();
    for (std::size_t i = 0; is_whole && i < found.size(); ++i) {
      const Element& element = found[i].as_element();
      is_whole = is_item(values, i, path::json_value(element)) ||
                 is_item(siblings, i, path::json_sibling(element));
    }
    if (!is_whole)
      return failed(IssueType::kBusinessRule,
                    "the path must lead to one whole list, such as Patient.name");
    return out;
  }

  void write(const List& list) {
    write_entries(document_, *list.place.object, list.place.name, list.entries, true);
  }

  Status insert(const Operation& operation) {
    KAP_TRY(const Collection found, evaluate(*operation.path));
    if (found.empty()) return insert_first(operation);
    KAP_TRY(List list, whole_list(found));
    if (operation.index > list.entries.size())
      return failed(IssueType::kValue, "the list has {} items: the index must be 0 to {}",
                    list.entries.size(), list.entries.size());
    auto typed = to_typed_value(document_, *list.element->owner, *list.element, *operation.value);
    if (!typed.has_value()) return failed(std::move(typed).error());
    list.entries.insert(list.entries.begin() + static_cast<std::ptrdiff_t>(operation.index),
                        typed->entry);
    write(list);
    return {};
  }

  /// Into a list without items, which only its owner and name tell.
  Status insert_first(const Operation& operation) {
    if (!operation.owner.has_value())
      return failed(IssueType::kNotFound, "the path leads to no list of the resource");
    if (operation.index != 0)
      return failed(IssueType::kValue, "the list has no items: the index must be 0");
    KAP_TRY(const Element owner, evaluate_single(*operation.owner));
    const TypeDef* type = path::json_type(owner);
    const ElementDef* element =
        type == nullptr ? nullptr : definitions::find_element(*type, operation.name);
    if (element == nullptr || !element->is_list())
      return failed(IssueType::kBusinessRule, "the path must lead to a list");
    return add_to(owner, operation);
  }

  Status remove(const Operation& operation) {
    KAP_TRY(const Collection found, evaluate(*operation.path));
    if (found.empty()) return {};
    if (found.size() > 1)
      return failed(IssueType::kMultipleMatches, "the path leads to {} elements; delete takes one",
                    found.size());
    const Element& element = found.front().as_element();
    if (is_root(element))
      return failed(IssueType::kBusinessRule, "a patch cannot delete the resource itself");
    KAP_TRY(const ElementPlace place, place_of(element));
    auto entries = read_entries(*place.object, place.name);
    if (!work_.spend(entries.size())) return too_costly();
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(place.index));
    write_entries(document_, *place.object, place.name, entries,
                  path::json_definition(element)->is_list());
    return {};
  }

  Status replace(const Operation& operation) {
    KAP_TRY(const Element element, evaluate_single(*operation.path));
    if (is_root(element))
      return failed(IssueType::kBusinessRule, "a patch cannot replace the resource itself");
    KAP_TRY(const ElementPlace place, place_of(element));
    const ElementDef& definition = *path::json_definition(element);
    auto typed = to_typed_value(document_, *definition.owner, definition, *operation.value);
    if (!typed.has_value()) return failed(std::move(typed).error());
    auto entries = read_entries(*place.object, place.name);
    if (!work_.spend(entries.size())) return too_costly();
    if (typed->member->name != place.name)  // another type of a choice element
      write_entries(document_, *place.object, place.name, {}, definition.is_list());
    entries[place.index] = typed->entry;
    write_entries(document_, *place.object, typed->member->name, entries, definition.is_list());
    return {};
  }

  Status move(const Operation& operation) {
    KAP_TRY(const Collection found, evaluate(*operation.path));
    if (found.empty())
      return failed(IssueType::kNotFound, "the path leads to no element of the resource");
    KAP_TRY(List list, whole_list(found));
    const std::size_t size = list.entries.size();
    if (operation.index >= size || operation.destination >= size)
      return failed(IssueType::kValue,
                    "the list has {} items: source and destination must be 0 to {}", size,
                    size - 1);
    const Entry moved = list.entries[operation.index];
    list.entries.erase(list.entries.begin() + static_cast<std::ptrdiff_t>(operation.index));
    list.entries.insert(list.entries.begin() + static_cast<std::ptrdiff_t>(operation.destination),
                        moved);
    write(list);
    return {};
  }

  Document document_;
  Work work_;
  std::uint32_t steps_;
  std::size_t index_ = 0;
};

}  // namespace

Result<Document> FhirPathPatch::apply(const Value& resource) const {
  Run run(resource, operations_.size());
  for (std::size_t i = 0; i < operations_.size(); ++i) KAP_CHECK_OK(run.apply(operations_[i], i));
  Document out = run.take();
  drop_empties(out);
  return out;
}

}  // namespace kap::fhir::patch
