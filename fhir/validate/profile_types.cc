#include <fmt/format.h>

#include <algorithm>

#include "fhir/validate/profile_check.h"
#include "fhir/validate/references.h"

/// What a profile says of the types of an element: which are left, the profiles they must meet, and
/// what a Reference may refer to.
namespace kap::fhir::validate {
namespace {

constexpr std::string_view kBase = "http://hl7.org/fhir/StructureDefinition/";

/// Choices are of the very type (a code is no string); what holds any resource names its base.
bool is_of(const TypeRule& rule, const definitions::TypeDef& type) {
  if (rule.code == type.name) return true;
  if (type.kind == definitions::TypeKind::kBackbone) return type.base->name == rule.code;
  const definitions::TypeDef* wanted = definitions::find_resource_type(rule.code);
  return wanted != nullptr && definitions::is_a(type, *wanted);
}

}  // namespace

const definitions::ProfileDef* named_profile(std::string_view name,
                                             const definitions::ProfileDef& by) {
  if (name.starts_with("http")) return definitions::find_profile(name, by);
  return definitions::find_profile(std::string(kBase).append(name), by);
}

std::string_view type_of_target(std::string_view target, const definitions::ProfileDef& by) {
  const definitions::ProfileDef* profile = named_profile(target, by);
  return profile == nullptr ? target : profile->type;
}

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
  std::vector<const definitions::ProfileDef*> known;
  for (const std::string_view name : rule.profiles) {
    const definitions::ProfileDef* def = named_profile(name, *profile_.def);
    if (def == nullptr) return;  // one that is not known may be the one that is met
    known.push_back(def);
  }
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
  const auto takes = [&](std::string_view name) {
    const std::string_view type = type_of_target(name, *profile_.def);
    return type == target.type->name || type == "Resource" ||
           definitions::find_resource_type(type) == nullptr;
  };
  if (std::ranges::none_of(rule.targets, takes)) {
    std::string list;
    for (const std::string_view name : rule.targets) {
      list.append(list.empty() ? "" : ", ").append(type_of_target(name, *profile_.def));
    }
    report(IssueType::kInvalid, Place{.parent = &place, .name = "reference", .of_type = {}},
           fmt::format("refers to a {}, but takes {}", target.type->name, list));
    return;
  }
  // Of a resource that another one refers to, only its own content counts.
  if (target.resource == nullptr || inspection_.is_nested()) return;
  const Node resource{.value = target.resource, .type = target.type};
  const bool meets = std::ranges::any_of(rule.targets, [&](std::string_view name) {
    if (!takes(name)) return false;
    const definitions::ProfileDef* def = named_profile(name, *profile_.def);
    return def == nullptr ||
           inspection_.conforms(inspection_.definitions().profiles().of(*def), resource, place);
  });
  if (!meets) {
    report(IssueType::kStructure, place,
           "refers to a resource that meets none of the profiles "
           "that it must meet one of");
  }
}

}  // namespace kap::fhir::validate
