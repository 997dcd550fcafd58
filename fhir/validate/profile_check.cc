#include "fhir/validate/profile_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fhir/json/print.h"
#include "fhir/validate/pattern.h"

namespace kap::fhir::validate {
namespace {

using definitions::ElementDef;
using definitions::MemberDef;

void append(const json::Value* value, const json::Value* sibling, const MemberDef& def,
            Children& to) {
  const auto items = [](const json::Value* of) -> std::span<const json::Value> {
    if (of == nullptr) return {};
    return of->is_array() ? of->items() : std::span(of, 1);
  };
  const std::span<const json::Value> values = items(value);
  const std::span<const json::Value> siblings = items(sibling);
  const auto at = [](std::span<const json::Value> list, std::size_t i) {
    return i < list.size() && !list[i].is_null() ? &list[i] : nullptr;
  };
  for (std::size_t i = 0; i < std::max(values.size(), siblings.size()); ++i) {
    Child child{.node = {.value = at(values, i),
                         .sibling = at(siblings, i),
                         .type = def.type->type,
                         .element = def.element},
                .of_type = def.element->is_choice ? def.type->code : std::string_view()};
    if (child.node.value == nullptr && child.node.sibling == nullptr) continue;
    if (def.element->is_list()) child.index = static_cast<std::uint32_t>(i);
    to.push_back(child);
  }
}

}  // namespace

Children children_of(const Node& node, std::string_view name) {
  Children found;
  const json::Value* object = node.object();
  if (object == nullptr) return found;
  const ElementDef* element = definitions::find_element(*node.type, name);
  if (element == nullptr) return found;
  for (const json::Member& each : object->members()) {
    const bool is_sibling = each.name.starts_with('_');
    const std::string_view plain = is_sibling ? each.name.substr(1) : each.name;
    if (!plain.starts_with(name)) continue;
    const MemberDef* def = definitions::resolve_member(*node.type, plain);
    if (def == nullptr || def->element != element) continue;
    if (is_sibling) {
      if (object->find(plain) == nullptr) append(nullptr, &each.value, *def, found);
      continue;
    }
    const bool is_primitive = def->type->type->primitive != definitions::Primitive::kNone;
    const auto sibling = std::ranges::find_if(object->members(), [&](const json::Member& other) {
      return is_primitive && other.name.starts_with('_') && other.name.substr(1) == plain;
    });
    append(&each.value, sibling == object->members().end() ? nullptr : &sibling->value, *def,
           found);
  }
  return found;
}

void ProfileCheck::report(IssueType code, const Place& place, std::string text) {
  inspection_.findings().add(
      {.code = code, .constraint = {}, .profile = url()}, place,
      fmt::format("{} ({} {})", text, profile_.def->name, profile_.def->version));
}

void ProfileCheck::content(const ProfileNode& rules, const Node& node, const Place& place) {
  if (inspection_.findings().is_full()) return;
  if (!rules.types.empty()) types(rules, node, place);
  if (rules.value_rule != ProfileNode::Value::kAny) value(rules, node, place);
  if (rules.strength || !rules.max_value_set.empty()) bindings(rules, node, place);
  if (!rules.constraints.empty()) {
    const std::uint64_t seen = elements_of(node);
    for (const Constraint& each : rules.constraints) {
      inspection_.hold(each, node, seen, place, url());
    }
  }
  children(rules, node, place);
}

void ProfileCheck::children(const ProfileNode& rules, const Node& node, const Place& place) {
  for (const ProfileNode& each : rules.children) {
    child(each, children_of(node, each.name), place);
  }
}

void ProfileCheck::child(const ProfileNode& rules, const Children& found, const Place& place) {
  const Place at{.parent = &place, .name = rules.name, .of_type = {}};
  count(rules, found.size(), at);
  for (const Child& each : found) {
    content(
        rules, each.node,
        Place{.parent = &place, .name = rules.name, .of_type = each.of_type, .index = each.index});
  }
  if (!rules.slices.empty()) slices(rules, found, place);
}

void ProfileCheck::count(const ProfileNode& rules, std::size_t count, const Place& place) {
  const auto what = [&] {
    return rules.slice.empty() ? std::string("this element")
                               : fmt::format("the slice {}", rules.slice);
  };
  if (rules.min && count < *rules.min) {
    report(IssueType::kRequired, place,
           fmt::format("{} is there {} times, but at least {} needed", what(), count,
                       *rules.min == 1 ? "1 is" : fmt::format("{} are", *rules.min)));
  }
  if (rules.max && count > *rules.max) {
    report(IssueType::kStructure, place,
           fmt::format("{} is there {} times, but at most {} allowed", what(), count,
                       *rules.max == 1 ? "1 is" : fmt::format("{} are", *rules.max)));
  }
}

void ProfileCheck::value(const ProfileNode& rules, const Node& node, const Place& place) {
  // A primitive that has extensions only has no value to compare.
  if (node.value == nullptr) {
    report(IssueType::kValue, place, "needs the value that the profile states");
    return;
  }
  const bool is_fixed = rules.value_rule == ProfileNode::Value::kFixed;
  const bool holds =
      is_fixed ? json::equal(rules.value, *node.value) : matches_pattern(rules.value, *node.value);
  if (holds) return;
  report(IssueType::kValue, place,
         fmt::format("must {} {}", is_fixed ? "be exactly" : "have", json::to_text(rules.value)));
}

void ProfileCheck::bindings(const ProfileNode& rules, const Node& node, const Place& place) {
  using definitions::BindingStrength;
  if (rules.strength && *rules.strength <= BindingStrength::kExtensible) {
    inspection_.bound({.strength = *rules.strength,
                       .value_set = rules.value_set,
                       .package = profile_.def->package,
                       .profile = url()},
                      node, place);
  }
  if (!rules.max_value_set.empty()) {
    inspection_.bound({.value_set = rules.max_value_set,
                       .package = profile_.def->package,
                       .profile = url(),
                       .is_max = true},
                      node, place);
  }
}

}  // namespace kap::fhir::validate
