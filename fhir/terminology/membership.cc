#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "fhir/definitions/value_sets.h"
#include "fhir/terminology/tables.h"

namespace kap::fhir::terminology {
namespace {

std::string_view without_version(std::string_view url) { return url.substr(0, url.find('|')); }

Membership to_membership(bool is_in) { return is_in ? Membership::kIn : Membership::kNotIn; }

Membership in_package(std::string_view url, std::string_view system, std::string_view code) {
  const definitions::ValueSetDef* value_set = definitions::find_value_set(url);
  if (value_set == nullptr) return Membership::kUnknown;
  const definitions::CodeDef* found = system.empty()
                                          ? definitions::find_code(*value_set, code)
                                          : definitions::find_code(*value_set, system, code);
  return to_membership(found != nullptr);
}

using Key = std::pair<std::string_view, std::string_view>;

Key key(const Concept& item) { return {item.system, item.code}; }

std::unexpected<Outcome> not_here(std::string_view what, std::string_view url) {
  return fail(Category::kNotFound, IssueType::kNotFound,
              fmt::format("the {} {} is not here with all its codes", what, url));
}

}  // namespace

Membership Terminology::Tables::contains(const Inclusion& inclusion, std::string_view system,
                                         std::string_view code, int depth) const {
  Membership result = Membership::kIn;
  if (!inclusion.system.empty()) {
    if (!system.empty() && system != inclusion.system) return Membership::kNotIn;
    if (!inclusion.is_whole_system) {
      result = to_membership(inclusion.concepts.find(code) != nullptr);
    } else if (const auto found = code_systems.find(inclusion.system);
               found != code_systems.end()) {
      result = to_membership(found->second.concepts.find(code) != nullptr);
    } else {
      result = Membership::kUnknown;
    }
  }
  for (const std::string& import : inclusion.value_sets) {
    const Membership imported = contains(import, system, code, depth + 1);
    if (imported == Membership::kNotIn) return Membership::kNotIn;
    if (imported == Membership::kUnknown && result == Membership::kIn) result = imported;
  }
  return result;
}

Membership Terminology::Tables::contains(std::string_view value_set_url, std::string_view system,
                                         std::string_view code, int depth) const {
  const auto found = value_sets.find(without_version(value_set_url));
  if (found == value_sets.end()) return in_package(value_set_url, system, code);
  if (depth > kMaxChain) return Membership::kUnknown;
  Membership result = Membership::kNotIn;
  for (const Inclusion& include : found->second.includes) {
    const Membership part = contains(include, system, code, depth);
    if (part == Membership::kNotIn) continue;
    result = part;
    if (part == Membership::kIn) break;
  }
  if (result == Membership::kNotIn) return result;
  for (const Inclusion& exclude : found->second.excludes) {
    const Membership part = contains(exclude, system, code, depth);
    if (part == Membership::kIn) return Membership::kNotIn;
    if (part == Membership::kUnknown) result = Membership::kUnknown;
  }
  return result;
}

Result<std::vector<Concept>> Terminology::Tables::expand(const Inclusion& inclusion,
                                                         int depth) const {
  std::vector<Concept> list;
  bool is_first = true;
  if (inclusion.is_whole_system) {
    const auto found = code_systems.find(inclusion.system);
    if (found == code_systems.end()) return not_here("CodeSystem", inclusion.system);
    list = found->second.concepts.all();
    is_first = false;
  } else if (!inclusion.system.empty()) {
    list = inclusion.concepts.all();
    for (Concept& item : list) {  // a ValueSet may leave the display to the CodeSystem
      const auto found = code_systems.find(inclusion.system);
      if (!item.display.empty() || found == code_systems.end()) continue;
      const Concept* known = found->second.concepts.find(item.code);
      if (known != nullptr) item.display = known->display;
    }
    is_first = false;
  }
  for (const std::string& import : inclusion.value_sets) {
    KAP_TRY(std::vector<Concept> imported, expand(import, depth + 1));
    if (std::exchange(is_first, false)) {
      list = std::move(imported);
      continue;
    }
    std::set<Key> keys;
    for (const Concept& item : imported) keys.insert(key(item));
    std::erase_if(list, [&](const Concept& item) { return !keys.contains(key(item)); });
  }
  return list;
}

Result<std::vector<Concept>> Terminology::Tables::expand(std::string_view value_set_url,
                                                         int depth) const {
  const auto found = value_sets.find(without_version(value_set_url));
  std::vector<Concept> list;
  if (found == value_sets.end() || depth > kMaxChain) {
    const definitions::ValueSetDef* value_set = definitions::find_value_set(value_set_url);
    if (value_set == nullptr) return not_here("ValueSet", value_set_url);
    for (const definitions::CodeDef& code : value_set->codes) {
      list.push_back({.system = code.system, .code = code.code, .display = code.display});
    }
    return list;
  }
  std::set<Key> seen;
  for (const Inclusion& exclude : found->second.excludes) {
    KAP_TRY(const std::vector<Concept> part, expand(exclude, depth));
    for (const Concept& item : part) seen.insert(key(item));
  }
  for (const Inclusion& include : found->second.includes) {
    KAP_TRY(const std::vector<Concept> part, expand(include, depth));
    for (const Concept& item : part) {
      if (seen.insert(key(item)).second) list.push_back(item);
    }
  }
  return list;
}

}  // namespace kap::fhir::terminology
