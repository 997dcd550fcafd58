#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>

#include "fhir/validate/profile_check.h"
#include "fhir/validate/references.h"

/// What a profile says of the types of an element: which are left, the profiles they must meet, and
/// what a Reference may refer to.
namespace kap::fhir::validate {
namespace {

/// Choices are of the very type (a code is no string); what holds any resource names its base.
bool is_of(const TypeRule& rule, const definitions::TypeDef& type) {
  if (rule.code == type.name) return true;
  if (type.kind == definitions::TypeKind::kBackbone) return type.base->name == rule.code;
  const definitions::TypeDef* wanted = definitions::find_resource_type(rule.code);
  return wanted != nullptr && definitions::is_a(type, *wanted);
}

}  // namespace

void ProfileCheck::types(const ProfileNode& rules, const Node& node, const Place& place) {
  const auto rule = std::ranges::find_if(
      rules.types, [&](const TypeRule& each) { return is_of(each, *node.type); });
  if (rule == rules.types.end()) {
    std::string list;
    for (const TypeRule& each : rules.types)
      list.append(list.empty() ? "" : ", ").append(each.code);
    report(IssueType::kStructure, place, fmt::format("must be of type {}", list));
    return;
  }
  if (!rule->profiles.empty()) type_profiles(*rule, node, place);
  if (!rule->targets.empty() && node.value != nullptr) targets(*rule, node, place);
}

void ProfileCheck::type_profiles(const TypeRule& rule, const Node& node, const Place& place) {
  const ProfileTables& profiles = inspection_.definitions().profiles();
  const std::span<const definitions::ProfileDef* const> known = rule.profiles;
  // One that is not known may be the one that is met.
  if (std::ranges::find(known, nullptr) != known.end()) return;
  // An extension is checked against its definition wherever it stands.
  const bool is_extension = rule.code == "Extension";
  if (is_extension && known.front() == definitions::find_profile(known.front()->url)) return;
  if (known.size() == 1) {
    ProfileCheck(inspection_, profiles.of(*known.front())).run(node, place);
    return;
  }
  const bool meets = std::ranges::any_of(known, [&](const definitions::ProfileDef* def) {
    return inspection_.conforms(profiles.of(*def), node, place);
  });
  if (!meets)
    report(IssueType::kStructure, place, "meets none of the profiles it must meet one of");
}

void ProfileCheck::targets(const TypeRule& rule, const Node& node, const Place& place) {
  const Target target = resolve_reference(node.value->string("reference"), inspection_.scope());
  if (target.type == nullptr) return;
  const auto takes = [&](const TargetRule& each) {
    return each.type == nullptr || definitions::is_a(*target.type, *each.type);
  };
  if (std::ranges::none_of(rule.targets, takes)) {
    std::string list;
    for (const TargetRule& each : rule.targets) {
      list.append(list.empty() ? "" : ", ").append(each.type->name);
    }
    report(IssueType::kInvalid, Place{.parent = &place, .name = "reference", .of_type = {}},
           fmt::format("refers to a {}, but takes {}", target.type->name, list));
    return;
  }
  // Of a resource that another one refers to, only its own content counts.
  if (target.resource == nullptr || inspection_.is_nested()) return;
  const Node resource{.value = target.resource, .type = target.type};
  const bool meets = std::ranges::any_of(rule.targets, [&](const TargetRule& each) {
    if (!takes(each)) return false;
    return each.profile == nullptr ||
           inspection_.conforms(inspection_.definitions().profiles().of(*each.profile), resource,
                                place);
  });
  if (!meets) {
    report(IssueType::kStructure, place,
           "refers to a resource that meets none of the profiles that it must meet one of");
  }
}

}  // namespace kap::fhir::validate
