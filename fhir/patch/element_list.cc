#include "fhir/patch/element_list.h"

#include <algorithm>
#include <span>

#include "fhir/path/json_model.h"

namespace kap::fhir::patch {
namespace {

using json::Document;
using json::Value;

std::span<const Value> items_of(const Value* value) {
  if (value == nullptr) return {};
  return value->is_array() ? value->items() : std::span(value, 1);
}

std::string sibling_name(std::string_view name) { return '_' + std::string(name); }

void write_member(Document& document, Value& object, std::string_view name,
                  const std::vector<Value>& values, bool as_list) {
  if (std::ranges::all_of(values, &Value::is_null)) return document.erase(object, name);
  document.set(object, name, as_list ? document.array_of(values) : values.front());
}

/// Looks for one address among all values of a tree.
class Search {
 public:
  Search(const Value* wanted, Work& work) : wanted_(wanted), work_(work) {}

  std::optional<ElementPlace> object(Value& object) {
    if (!work_.spend(1 + object.members().size())) return std::nullopt;
    for (json::Member& member : object.members()) {
      auto found = member.value.is_array() ? array(object, member.name, member.value)
                                           : value(object, member.name, member.value, 0);
      if (found.has_value()) return found;
    }
    return std::nullopt;
  }

 private:
  std::optional<ElementPlace> array(Value& object, std::string_view name, Value& items) {
    if (!work_.spend(1 + items.items().size())) return std::nullopt;
    std::size_t index = 0;
    for (Value& item : items.items()) {
      auto found = value(object, name, item, index++);
      if (found.has_value()) return found;
    }
    return std::nullopt;
  }

  std::optional<ElementPlace> value(Value& object, std::string_view name, Value& value,
                                    std::size_t index) {
    if (&value == wanted_) {
      if (name.starts_with('_')) name.remove_prefix(1);
      return ElementPlace{.object = &object, .name = name, .index = index};
    }
    return value.is_object() ? this->object(value) : std::nullopt;
  }

  const Value* wanted_;
  Work& work_;
};

}  // namespace

std::vector<Entry> read_entries(const Value& object, std::string_view name) {
  const auto values = items_of(object.find(name));
  const auto siblings = items_of(object.find(sibling_name(name)));
  std::vector<Entry> out(std::max(values.size(), siblings.size()));
  for (std::size_t i = 0; i < values.size(); ++i) out[i].value = values[i];
  for (std::size_t i = 0; i < siblings.size(); ++i) out[i].sibling = siblings[i];
  return out;
}

void write_entries(Document& document, Value& object, std::string_view name,
                   const std::vector<Entry>& entries, bool as_list) {
  std::vector<Value> values;
  std::vector<Value> siblings;
  for (const Entry& entry : entries) {
    values.push_back(entry.value);
    siblings.push_back(entry.sibling);
  }
  write_member(document, object, name, values, as_list);
  write_member(document, object, sibling_name(name), siblings, as_list);
}

std::optional<ElementPlace> find_place(Value& root, const path::Element& element, Work& work) {
  const Value* wanted = path::json_value(element);
  if (wanted == nullptr) wanted = path::json_sibling(element);
  if (wanted == nullptr || !root.is_object()) return std::nullopt;
  return Search(wanted, work).object(root);
}

}  // namespace kap::fhir::patch
