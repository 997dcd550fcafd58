#include "fhir/patch/empties.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace kap::fhir::patch {
namespace {

using json::Value;

bool is_empty(const Value& value) {
  return (value.is_array() && value.items().empty()) ||
         (value.is_object() && value.members().empty());
}

class Sweep {
 public:
  explicit Sweep(json::Document& document) : document_(document) {}

  void object(Value& value) {
    for (std::size_t i = value.members().size(); i > 0; --i) {
      json::Member& member = value.members()[i - 1];
      child(member.name, member.value);
      if (is_empty(member.value)) document_.erase(value, std::string_view(member.name));
    }
  }

 private:
  void child(std::string_view name, Value& value) {
    if (value.is_object()) return object(value);
    if (!value.is_array()) return;
    const bool has_places = name.starts_with('_');
    for (std::size_t i = value.items().size(); i > 0; --i) {
      Value& item = value.items()[i - 1];
      child({}, item);
      if (!is_empty(item)) continue;
      if (has_places)
        item = Value();
      else
        document_.erase(value, i - 1);
    }
    if (has_places && std::ranges::all_of(value.items(), &Value::is_null))
      value = json::Document::array();
  }

  json::Document& document_;
};

}  // namespace

void drop_empties(json::Document& document) {
  if (document.root.is_object()) Sweep(document).object(document.root);
}

}  // namespace kap::fhir::patch
