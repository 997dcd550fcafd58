#include "fhir/validate/inspection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir/path/json_model.h"
#include "fhir/validate/instance_host.h"
#include "fhir/validate/profile_check.h"

namespace kap::fhir::validate {
namespace {

using definitions::MemberDef;
using definitions::Primitive;
using definitions::TypeDef;
using definitions::TypeKind;

IssueSeverity to_severity(definitions::ConstraintLevel level) {
  return level == definitions::ConstraintLevel::kError ? IssueSeverity::kError
                                                       : IssueSeverity::kWarning;
}

/// Elements of a type, each with its sibling.
constexpr std::size_t kMaxMembers = 128;

const TypeDef& extension_type() {
  static const TypeDef& type = *definitions::find_type("Extension");
  return type;
}

const json::Value* find_sibling(const json::Value& object, std::string_view name) {
  for (const json::Member& each : object.members()) {
    if (each.name.starts_with('_') && each.name.substr(1) == name) return &each.value;
  }
  return nullptr;
}

/// The item of a list, or the value itself where it is none.
const json::Value* item_at(const json::Value* value, std::size_t index) {
  if (value == nullptr) return nullptr;
  if (!value->is_array()) return index == 0 && !value->is_null() ? value : nullptr;
  if (index >= value->items().size()) return nullptr;
  const json::Value& item = value->items()[index];
  return item.is_null() ? nullptr : &item;
}

bool is_contained(const json::Value& resource, const json::Value& container) {
  const json::Value* contained = container.find("contained");
  return contained != nullptr && contained->is_array() &&
         std::ranges::any_of(contained->items(),
                             [&](const json::Value& each) { return &each == &resource; });
}

std::size_t count_of(const json::Value* value) {
  if (value == nullptr) return 0;
  return value->is_array() ? value->items().size() : 1;
}

}  // namespace

path::Element to_element(const Node& node) {
  return path::json_element(node.value, node.sibling, *node.type, node.element);
}

std::uint64_t elements_of(const Node& node) {
  std::uint64_t seen = 0;
  const json::Value* object = node.object();
  if (object == nullptr) return seen;
  for (const json::Member& each : object->members()) {
    const std::string_view name = each.name.starts_with('_') ? each.name.substr(1) : each.name;
    const MemberDef* def = definitions::resolve_member(*node.type, name);
    if (def != nullptr) seen |= std::uint64_t{1} << def->element->index;
  }
  return seen;
}

void Inspection::root(const json::Value& value) {
  resource(value, Place{.parent = nullptr, .name = value.string("resourceType"), .of_type = {}},
           Scope{.full_url = {}});
}

void Inspection::resource(const json::Value& value, const Place& place, Scope&& scope) {
  const TypeDef* type = definitions::find_resource_type(value.string("resourceType"));
  if (type == nullptr || type->is_abstract) return;  // the structural pass has said so
  scope.resource = &value;
  scope.type = type;
  scope.outer = scope_;
  scope.place = &place;
  scope_ = &scope;
  const Node node{.value = &value, .type = type};
  object(node, place);
  profiles(node, place);
  if (type->name == "Bundle") bundle(node, place);
  scope_ = scope.outer;
}

bool Inspection::conforms(const Profile& profile, const Node& node, const Place& place) {
  const auto key = std::pair(node.value, &profile);
  if (const auto known = known_.find(key); known != known_.end()) return known->second;
  const Scope* const outer = scope_;
  Scope scope{.resource = node.value,
              .type = node.type,
              .outer = outer,
              .kind = Scope::Kind::kEntry,
              .full_url = {},
              .place = &place};
  if (node.type->kind == TypeKind::kResource) {
    if (outer != nullptr && is_contained(*node.value, *outer->container().resource)) {
      scope.kind = Scope::Kind::kContained;
      scope.outer = &outer->container();
    }
    scope_ = &scope;
  }
  ++nested_;
  const bool meets = silently([&] { ProfileCheck(*this, profile).run(node, place); });
  --nested_;
  scope_ = outer;
  return known_[key] = meets;
}

void Inspection::object(const Node& node, const Place& place) {
  const json::Value* object = node.object();
  if (object == nullptr || depth_ >= limits::kJsonDepth) return;
  ++depth_;
  // What each member is; a list of many that are unknown is the structural pass's to refuse.
  std::array<const MemberDef*, kMaxMembers> defs{};
  const std::span<const json::Member> members =
      object->members().first(std::min(object->members().size(), kMaxMembers));
  std::uint64_t seen = 0;
  bool siblings = false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const bool is_sibling = members[i].name.starts_with('_');
    siblings = siblings || is_sibling;
    defs[i] = definitions::resolve_member(*node.type,
                                          is_sibling ? members[i].name.substr(1) : members[i].name);
    if (defs[i] != nullptr) seen |= std::uint64_t{1} << defs[i]->element->index;
  }
  const TypeConstraints& constraints = definitions_.constraints().of(*node.type);
  for (const Constraint& each : constraints.whole) hold(each, node, seen, place, {});
  datatype(node, place);
  for (std::size_t i = 0; i < members.size() && !findings_->is_full(); ++i) {
    if (defs[i] == nullptr) continue;
    const json::Member& each = members[i];
    if (!each.name.starts_with('_')) {
      const json::Value* sibling = siblings ? find_sibling(*object, each.name) : nullptr;
      member(node, constraints, *defs[i], &each.value, sibling, place);
    } else if (object->find(each.name.substr(1)) == nullptr) {
      member(node, constraints, *defs[i], nullptr, &each.value, place);
    }
  }
  --depth_;
}

void Inspection::member(const Node& parent, const TypeConstraints& constraints,
                        const MemberDef& def, const json::Value* value, const json::Value* sibling,
                        const Place& place) {
  const bool is_plain = def.type->type->primitive != Primitive::kNone && sibling == nullptr &&
                        def.element->binding == nullptr && constraints.elements.empty();
  if (is_plain) return;
  Place at{.parent = &place,
           .name = def.element->name,
           .of_type = def.element->is_choice ? def.type->code : std::string_view()};
  const std::size_t count = std::max(count_of(value), count_of(sibling));
  for (std::size_t i = 0; i < count && !findings_->is_full(); ++i) {
    const Node node{.value = item_at(value, i),
                    .sibling = item_at(sibling, i),
                    .type = def.type->type,
                    .element = def.element};
    if (node.value == nullptr && node.sibling == nullptr) continue;
    if (def.element->is_list()) at.index = static_cast<std::uint32_t>(i);
    item(parent, node, constraints, at);
  }
}

void Inspection::item(const Node& parent, const Node& node, const TypeConstraints& constraints,
                      const Place& place) {
  if (!constraints.elements.empty()) {
    for (const Constraint& each : constraints.of(*node.element)) {
      hold(each, node, elements_of(node), place, {});
    }
  }
  const definitions::Binding* binding = node.element->binding;
  if (binding != nullptr) {
    const bool is_done = binding->strength == definitions::BindingStrength::kRequired &&
                         binding->value_set != nullptr;
    const bool counts = binding->strength <= definitions::BindingStrength::kExtensible;
    if (!is_done && counts) {
      bound({.strength = binding->strength,
             .value_set = binding->value_set_url,
             .package = {},
             .profile = {}},
            node, place);
    }
  }
  if (node.type == &extension_type()) extension(parent, node, place);
  within(parent, node, place);
}

void Inspection::within(const Node& parent, const Node& node, const Place& place) {
  if (node.type->kind == TypeKind::kResource) {
    if (node.value == nullptr || !node.value->is_object()) return;
    const bool is_contained = node.element->name == "contained";
    resource(
        *node.value, place,
        Scope{.kind = is_contained ? Scope::Kind::kContained : Scope::Kind::kEntry,
              .full_url = is_contained ? std::string_view() : parent.value->string("fullUrl")});
    return;
  }
  object(node, place);
}

void Inspection::hold(const Constraint& constraint, const Node& node, std::uint64_t seen,
                      const Place& place, std::string_view profile,
                      std::span<const path::Collection> variables) {
  Truth truth = constraint.presence ? constraint.presence->decide(seen) : Truth::kUnknown;
  if (truth == Truth::kTrue) return;
  const Rule rule{.severity = to_severity(constraint.def.level),
                  .code = IssueType::kInvariant,
                  .constraint = constraint.def.key,
                  .profile = profile};
  if (truth == Truth::kUnknown) {
    const InstanceHost host(*this);
    const auto element_of = [](const Scope& scope) {
      return to_element(Node{.value = scope.resource, .type = scope.type});
    };
    const auto result = constraint.expression.evaluate_boolean(
        to_element(node), {.resource = element_of(*scope_),
                           .root_resource = element_of(scope_->container()),
                           .variables = variables,
                           .host = &host,
                           .clock = &definitions_.clock()});
    if (!result) {
      findings_->add({.severity = IssueSeverity::kWarning,
                      .code = IssueType::kProcessing,
                      .constraint = constraint.def.key,
                      .profile = profile},
                     place,
                     fmt::format("the constraint {} could not be evaluated: {}", constraint.def.key,
                                 result.error().issues().front().diagnostics));
      return;
    }
    // Empty is not true, unless what it asked for is not known here.
    if (result->value_or(constraint.holds_when_empty || host.met_unknown())) return;
  }
  findings_->add(rule, place, fmt::format("{} ({})", constraint.def.human, constraint.def.key));
}

}  // namespace kap::fhir::validate
