#include "fhir/definitions/generator/base_elements.h"

#include "fhir/definitions/generator/tables.h"

namespace kap::fhir::definitions::generator {

BaseElements::BaseElements(const Package& core) {
  for (const json::Value* structure : core.resources("StructureDefinition")) {
    if (!is_type_definition(*structure)) continue;
    for (const json::Value& element : structure->find("snapshot")->find("element")->items()) {
      elements_.emplace(std::string(element.string("path")), &element);
    }
  }
}

const json::Value* BaseElements::find(std::string_view path) const {
  const auto found = elements_.find(path);
  return found == elements_.end() ? nullptr : found->second;
}

const json::Value* BaseElements::child(const json::Value& parent, std::string_view name) const {
  const auto below = [&](std::string_view path) {
    return find(std::string(path).append(".").append(name));
  };
  if (const json::Value* element = below(parent.string("path"))) return element;
  if (const json::Value* reference = parent.find("contentReference")) {
    return below(reference->text().substr(1));
  }
  const json::Value* types = parent.find("type");
  if (types == nullptr || types->items().empty()) return nullptr;
  return below(types->items().front().string("code"));
}

}  // namespace kap::fhir::definitions::generator
