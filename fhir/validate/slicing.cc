#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir/validate/pattern.h"
#include "fhir/validate/profile_check.h"
#include "fhir/validate/references.h"

/// Slices, http://hl7.org/fhir/R4/profiling.html#slicing.
namespace kap::fhir::validate {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

Place place_of(const Child& child, const Place& parent, std::string_view name) {
  return {.parent = &parent, .name = name, .of_type = child.of_type, .index = child.index};
}

/// It has something by which a value could be told apart.
bool says_something(const ProfileNode& node) {
  return node.value_rule != ProfileNode::Value::kAny || node.strength || node.max ||
         !node.types.empty() || !node.children.empty() || !node.slices.empty();
}

bool is_constrained(const ProfileNode& node) {
  return node.value_rule != ProfileNode::Value::kAny || !node.children.empty() ||
         !node.slices.empty();
}

}  // namespace

void ProfileCheck::slices(const ProfileNode& rules, const Children& found, const Place& place) {
  static const Slicing kOpen;
  const Slicing& slicing = rules.slicing ? *rules.slicing : kOpen;
  std::vector<std::size_t> counts(rules.slices.size());
  std::size_t last = 0;
  bool met_other = false;
  for (const Child& each : found) {
    const Place at = place_of(each, place, rules.name);
    std::size_t slice = 0;
    while (slice < rules.slices.size() && !is_slice(rules.slices[slice], slicing, each.node, at)) {
      ++slice;
    }
    if (slice == rules.slices.size()) slice = kNone;
    if (slice == kNone) {
      met_other = true;
      if (slicing.rules != Slicing::Rules::kClosed) continue;
      report(IssueType::kStructure, at, "is none of the slices, and the profile takes no other");
      continue;
    }
    if (slicing.is_ordered && slice < last) {
      report(IssueType::kStructure, at,
             fmt::format("the slice {} must come before {}", rules.slices[slice].slice,
                         rules.slices[last].slice));
    }
    if (slicing.rules == Slicing::Rules::kOpenAtEnd && met_other) {
      report(IssueType::kStructure, at, "what is none of the slices must come at the end");
    }
    last = std::max(last, slice);
    ++counts[slice];
    content(rules.slices[slice], each.node, at);
  }
  const Place at{.parent = &place, .name = rules.name, .of_type = {}};
  for (std::size_t i = 0; i < rules.slices.size(); ++i) count(rules.slices[i], counts[i], at);
}

bool ProfileCheck::is_slice(const ProfileNode& slice, const Slicing& slicing, const Node& node,
                            const Place& place) {
  return std::ranges::all_of(slicing.discriminators, [&](const Discriminator& each) {
    return meets(slice, each, node, place);
  });
}

bool ProfileCheck::meets(const ProfileNode& slice, const Discriminator& discriminator,
                         const Node& node, const Place& place) {
  const Children items = follow_path(node, discriminator.steps, inspection_.scope());
  if (discriminator.kind == Discriminator::Kind::kType) {
    return is_of_type(slice, discriminator, items);
  }
  const Definition wanted =
      find_definition({.node = &slice, .profile = &profile_}, discriminator.steps,
                      inspection_.definitions().profiles());
  if (wanted.node == nullptr) return true;  // the slice says nothing that would tell it apart
  switch (discriminator.kind) {
    case Discriminator::Kind::kValue:
    case Discriminator::Kind::kPattern:
      if (wanted.profile == &profile_) return has_value(*wanted.node, items, place);
      return ProfileCheck(inspection_, *wanted.profile).has_value(*wanted.node, items, place);
    case Discriminator::Kind::kExists:
      if (wanted.node->max == 0) return items.empty();
      return wanted.node->min.value_or(0) == 0 || !items.empty();
    case Discriminator::Kind::kType:
    case Discriminator::Kind::kProfile:
      break;
  }
  return std::ranges::any_of(items, [&](const Child& item) {
    return std::ranges::any_of(wanted.node->types, [&](const TypeRule& rule) {
      return std::ranges::any_of(rule.profiles, [&](const definitions::ProfileDef* def) {
        return def != nullptr && inspection_.conforms(inspection_.definitions().profiles().of(*def),
                                                      item.node, place);
      });
    });
  });
}

/// Of `resolve()` the types are the targets of the Reference.
bool ProfileCheck::is_of_type(const ProfileNode& slice, const Discriminator& discriminator,
                              const Children& items) const {
  std::span<const DiscriminatorStep> steps = discriminator.steps;
  const bool of_target = !steps.empty() && steps.back().kind == DiscriminatorStep::Kind::kResolve;
  if (of_target) steps = steps.first(steps.size() - 1);
  const Definition wanted = find_definition({.node = &slice, .profile = &profile_}, steps,
                                            inspection_.definitions().profiles());
  if (wanted.node == nullptr || wanted.node->types.empty()) return true;
  const auto names = [&](const TypeRule& rule, const definitions::TypeDef* type) {
    if (!of_target) return rule.code == type->name;
    return std::ranges::find(rule.targets, type, &TargetRule::type) != rule.targets.end();
  };
  return std::ranges::any_of(items, [&](const Child& item) {
    return std::ranges::any_of(wanted.node->types,
                               [&](const TypeRule& rule) { return names(rule, item.node.type); });
  });
}

bool ProfileCheck::has_value(const ProfileNode& wanted, const Children& items, const Place& place) {
  if (wanted.max == 0) return items.empty();
  if (wanted.value_rule != ProfileNode::Value::kAny) {
    return std::ranges::any_of(items, [&](const Child& item) {
      if (item.node.value == nullptr) return false;
      return wanted.value_rule == ProfileNode::Value::kFixed
                 ? json::equal(wanted.value, *item.node.value)
                 : matches_pattern(wanted.value, *item.node.value);
    });
  }
  if (is_constrained(wanted)) {
    return std::ranges::any_of(items, [&](const Child& item) {
      return inspection_.silently([&] { children(wanted, item.node, place); });
    });
  }
  if (wanted.strength == definitions::BindingStrength::kRequired) {
    return std::ranges::any_of(items, [&](const Child& item) {
      return item.node.value != nullptr &&
             inspection_.definitions().value_sets().find(wanted.value_set, profile_.def->package,
                                                         *item.node.type,
                                                         *item.node.value) == Membership::kIn;
    });
  }
  return true;
}

Definition find_definition(const Definition& from, std::span<const DiscriminatorStep> steps,
                           const ProfileTables& profiles) {
  using Kind = DiscriminatorStep::Kind;
  if (steps.empty()) return from;
  const DiscriminatorStep& step = steps.front();
  const auto rest = steps.subspan(1);
  if (step.kind == Kind::kOfType) return find_definition(from, rest, profiles);
  if (step.kind == Kind::kMember) {
    if (const ProfileNode* child = from.node->child(step.text)) {
      const Definition own =
          find_definition({.node = child, .profile = from.profile}, rest, profiles);
      if (own.node != nullptr && (says_something(*own.node) || child->slices.empty())) return own;
      // What the slices of it say tells as well: of `coding.code` that of `coding:SBPCode.code`.
      for (const ProfileNode& slice : child->slices) {
        const Definition sliced =
            find_definition({.node = &slice, .profile = from.profile}, rest, profiles);
        if (sliced.node != nullptr) return sliced;
      }
      return own;
    }
  }
  if (step.kind == Kind::kExtension) {
    const ProfileNode* extensions = from.node->child("extension");
    if (extensions == nullptr) return {};
    for (const ProfileNode& slice : extensions->slices) {
      const Definition url =
          find_definition({.node = &slice, .profile = from.profile},
                          std::array{DiscriminatorStep{.text = "url"}}, profiles);
      if (url.node != nullptr && url.node->value.text() == step.text) {
        return find_definition({.node = &slice, .profile = from.profile}, rest, profiles);
      }
    }
    return {};
  }
  // Not said here: by the profile that the type, or what is referred to, must meet.
  for (const TypeRule& rule : from.node->types) {
    const definitions::ProfileDef* def = nullptr;
    if (step.kind == Kind::kResolve) {
      if (!rule.targets.empty()) def = rule.targets.front().profile;
    } else if (!rule.profiles.empty()) {
      def = rule.profiles.front();
    }
    if (def == nullptr) continue;
    const Profile& profile = profiles.of(*def);
    return find_definition({.node = &profile.root, .profile = &profile},
                           step.kind == Kind::kResolve ? rest : steps, profiles);
  }
  return {};
}

Children follow_path(const Node& node, std::span<const DiscriminatorStep> steps,
                     const Scope& scope) {
  using Kind = DiscriminatorStep::Kind;
  Children items = {Child{.node = node, .of_type = {}}};
  for (const DiscriminatorStep& step : steps) {
    Children next;
    for (const Child& item : items) {
      if (step.kind == Kind::kOfType) {
        if (item.node.type->name == step.text) next.push_back(item);
      } else if (step.kind == Kind::kResolve) {
        if (item.node.value == nullptr) continue;
        const Target target =
            resolve_reference(item.node.value->is_string() ? item.node.value->text()
                                                           : item.node.value->string("reference"),
                              scope);
        if (target.type == nullptr) continue;
        next.push_back({.node = {.value = target.resource, .type = target.type}, .of_type = {}});
      } else {
        const bool is_extension = step.kind == Kind::kExtension;
        for (Child& child : children_of(item.node, is_extension ? "extension" : step.text)) {
          const bool is_it = !is_extension || (child.node.value != nullptr &&
                                               child.node.value->string("url") == step.text);
          if (is_it) next.push_back(child);
        }
      }
    }
    items = std::move(next);
  }
  return items;
}

}  // namespace kap::fhir::validate
