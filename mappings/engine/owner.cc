#include "mappings/engine/owner.h"

#include <string>
#include <unordered_map>
#include <vector>

#include "fhir/definitions/compartments.h"
#include "fhir/definitions/search_parameters.h"

namespace kap::mappings {
namespace {

namespace definitions = fhir::definitions;
using Path = std::vector<std::string>;

/// `Observation.subject`, `Appointment.participant.actor` out of a search parameter's expression;
/// `.where(resolve() is Patient)` behind them is what looking for `Patient/` does.
void add_paths(std::string_view expression, std::string_view type, std::vector<Path>& out) {
  std::size_t at = 0;
  while (at < expression.size()) {
    std::size_t end = expression.find('|', at);
    if (end == std::string_view::npos) end = expression.size();
    std::string_view part = expression.substr(at, end - at);
    at = end + 1;
    while (!part.empty() && (part.front() == ' ' || part.front() == '(')) part.remove_prefix(1);
    if (!part.starts_with(type) || part.size() <= type.size() || part[type.size()] != '.') continue;
    part.remove_prefix(type.size() + 1);
    Path path;
    while (!part.empty()) {
      std::size_t stop = part.find_first_of(". ()");
      if (stop == std::string_view::npos) stop = part.size();
      const std::string_view name = part.substr(0, stop);
      if (name == "where" || name == "as" || name.empty()) break;
      path.emplace_back(name);
      if (stop == part.size() || part[stop] != '.') break;
      part.remove_prefix(stop + 1);
    }
    if (!path.empty()) out.push_back(std::move(path));
  }
}

const std::vector<Path>& patient_paths(std::string_view type) {
  static const auto* all = [] {
    auto* out = new std::unordered_map<std::string_view, std::vector<Path>>;
    for (const auto* resource : definitions::resource_types()) {
      std::vector<Path>& paths = (*out)[resource->name];
      for (const auto code : definitions::compartment_parameters("Patient", resource->name)) {
        const auto* parameter = definitions::find_search_parameter(resource->name, code);
        if (parameter != nullptr) add_paths(parameter->expression, resource->name, paths);
      }
    }
    return out;
  }();
  static const std::vector<Path> none;
  const auto found = all->find(type);
  return found == all->end() ? none : found->second;
}

std::string_view find_patient(const OutNode& node, const Path& path, std::size_t step) {
  if (step == path.size()) {
    const OutNode* reference = find_child(node, "reference");
    if (reference == nullptr || !reference->view().starts_with("Patient/")) return {};
    return reference->view().substr(std::string_view("Patient/").size());
  }
  if (node.kind != OutNode::Kind::kObject) return {};
  for (const OutNode* child = node.first; child != nullptr; child = child->next) {
    if (child->slot->name != path[step]) continue;
    const std::string_view found = find_patient(*child, path, step + 1);
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace

std::string_view compartment_patient(const OutNode& resource) {
  if (resource.type == nullptr) return {};
  if (resource.type->name == "Patient") {
    const OutNode* id = find_child(resource, "id");
    return id == nullptr ? std::string_view() : id->view();
  }
  for (const Path& path : patient_paths(resource.type->name)) {
    const std::string_view found = find_patient(resource, path, 0);
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace kap::mappings
