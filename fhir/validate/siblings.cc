#include <fmt/format.h>

#include <algorithm>

#include "fhir/validate/walk.h"

/// The `_name` beside a primitive, http://hl7.org/fhir/R4/json.html#primitive: its id and
/// extensions; beside a list a list of the same length, with null where one has nothing.
namespace kap::fhir::validate {
namespace {

using definitions::MemberDef;
using definitions::Primitive;

const json::Value* find(std::span<const json::Member> members, std::string_view name) {
  const auto found = std::ranges::find(members, name, &json::Member::name);
  return found == members.end() ? nullptr : &found->value;
}

}  // namespace

void Walk::sibling(const definitions::TypeDef& type, const json::Member& member, Members members,
                   Seen& seen, const Place& place) {
  const MemberDef* def = definitions::resolve_member(type, member.name.substr(1));
  if (def == nullptr) {
    unknown(type, member.name, place);
    return;
  }
  const definitions::TypeDef& of = *def->type->type;
  if (of.primitive == Primitive::kNone) {
    findings_.add(IssueType::kStructure, place, member.name,
                  fmt::format("only a primitive has a member with _ beside it; put id and "
                              "extension into {} itself",
                              def->name));
    return;
  }
  if (!meet(*def, seen.siblings, seen, place)) return;
  const Place at{.parent = &place,
                 .name = def->element->name,
                 .of_type = def->element->is_choice ? def->type->code : std::string_view()};
  const json::Value* main = find(members, def->name);
  if (def->element->is_list()) {
    sibling_list(*def, member.value, main, at);
  } else if (of.primitive == Primitive::kXhtml && member.value.find("extension") != nullptr) {
    findings_.add(IssueType::kStructure, at, "xhtml has no extensions: leave _div out");
  } else {
    sibling_item(*def, member.value, main != nullptr, at);
  }
}

void Walk::sibling_list(const MemberDef& def, const json::Value& value, const json::Value* main,
                        const Place& place) {
  if (!value.is_array() || value.items().empty()) {
    findings_.add(IssueType::kStructure, place,
                  fmt::format("_{} must be a list with one entry for each entry of {}, null where "
                              "it has neither id nor extension",
                              def.name, def.name));
    return;
  }
  const std::span<const json::Value> items = value.items();
  const std::span<const json::Value> values =
      main == nullptr ? std::span<const json::Value>() : main->items();
  if (!values.empty() && values.size() != items.size()) {
    findings_.add(IssueType::kStructure, place,
                  fmt::format("{} has {} entries and _{} {}; fill the shorter with null", def.name,
                              values.size(), def.name, items.size()));
  }
  Place at = place;
  for (std::size_t i = 0; i < items.size() && !findings_.is_full(); ++i) {
    at.index = static_cast<std::uint32_t>(i);
    const bool has_value = i < values.size() && !values[i].is_null();
    if (!items[i].is_null()) {
      sibling_item(def, items[i], has_value, at);
    } else if (values.empty()) {
      findings_.add(IssueType::kStructure, at, "has neither value nor extension: leave it out");
    }
  }
}

void Walk::sibling_item(const MemberDef& def, const json::Value& value, bool has_value,
                        const Place& place) {
  if (!value.is_object()) {
    findings_.add(IssueType::kStructure, place,
                  fmt::format("_{} must be an object with id or extension", def.name));
    return;
  }
  const std::span<const json::Member> members = value.members();
  // An id alone has content only beside a value (ele-1); object() cannot see that value.
  if (has_value && members.size() == 1 && members.front().name == "id") {
    const MemberDef* id = definitions::resolve_member(*def.type->type, "id");
    member(*id, members.front().value, members, place);
    return;
  }
  object(*def.type->type, members, place);
}

const json::Value* Walk::find_sibling(Members members, std::string_view name) {
  const auto found = std::ranges::find_if(members, [&](const json::Member& member) {
    return member.name.starts_with('_') && member.name.substr(1) == name;
  });
  return found == members.end() ? nullptr : &found->value;
}

void Walk::null_item(const MemberDef& def, const json::Value* beside, std::size_t index,
                     const Place& place) {
  if (def.type->type->primitive == Primitive::kNone) {
    findings_.add(IssueType::kStructure, place, "null is no value: leave it out of the list");
    return;
  }
  const bool has_extension =
      beside != nullptr && index < beside->items().size() && !beside->items()[index].is_null();
  if (has_extension) return;
  findings_.add(
      IssueType::kStructure, place,
      fmt::format("null needs an entry with an extension at the same place of _{}", def.name));
}

}  // namespace kap::fhir::validate
