#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fhir/definitions/types.h"
#include "fhir/json/value.h"
#include "fhir/path/item.h"
#include "fhir/validate/definitions.h"
#include "fhir/validate/findings.h"
#include "fhir/validate/validator.h"

namespace kap::fhir::validate {

/// The resources of a Bundle by what references name them with.
struct BundleIndex {
  std::unordered_map<std::string_view, const json::Value*> by_full_url;
  std::unordered_multimap<std::string_view, const json::Value*> by_id;  // of every type
};

/// A resource that is being looked at and what it stands in.
struct Scope {
  enum class Kind : std::uint8_t { kRoot, kEntry, kContained };

  const json::Value* resource = nullptr;
  const definitions::TypeDef* type = nullptr;
  const Scope* outer = nullptr;
  Kind kind = Kind::kRoot;
  std::string_view full_url;     // of an entry of a Bundle
  const Place* place = nullptr;  // of the resource
  /// Of a Bundle, made when the first reference asks.
  mutable std::unique_ptr<const BundleIndex> index{};
  /// The contained resources by their ids, made so as well.
  mutable std::unordered_map<std::string_view, const json::Value*> contained{};

  /// The one that local references (`#id`) look into.
  [[nodiscard]] const Scope& container() const {
    return kind == Kind::kContained && outer != nullptr ? *outer : *this;
  }
};

/// A value, its type and how it was reached; an element of the instance.
struct Node {
  const json::Value* value = nullptr;    // nullptr for a primitive that has extensions only
  const json::Value* sibling = nullptr;  // the `_name` beside a primitive
  const definitions::TypeDef* type = nullptr;
  const definitions::ElementDef* element = nullptr;  // nullptr at a root

  /// Where its children stand.
  [[nodiscard]] const json::Value* object() const {
    return value != nullptr && value->is_object() ? value : sibling;
  }
};

/// What must come from a value set, and who asks for it.
struct BindingRule {
  definitions::BindingStrength strength = definitions::BindingStrength::kRequired;
  std::string_view value_set;
  std::string_view package;  // that names the value set
  std::string_view profile;
  /// No code outside will do, whatever the strength of the binding is.
  bool is_max = false;
};

/// One pass over an instance, after the structural one: constraints, bindings that the structural
/// pass leaves, extensions, and what the profiles ask. Internal to this folder.
class Inspection {
 public:
  Inspection(const Definitions& definitions, const ValidateOptions& options, Findings& findings)
      : definitions_(definitions), options_(options), findings_(&findings) {}

  void root(const json::Value& resource);

  // For the checks of profiles.
  /// `variables`: the values of those it was made with.
  void hold(const Constraint& constraint, const Node& node, std::uint64_t seen, const Place& place,
            std::string_view profile, std::span<const path::Collection> variables = {});
  void bound(const BindingRule& rule, const Node& node, const Place& place);
  [[nodiscard]] const Definitions& definitions() const { return definitions_; }
  [[nodiscard]] Findings& findings() { return *findings_; }
  [[nodiscard]] const Scope& scope() const { return *scope_; }
  /// Whether the element meets the profile. What resources it refers to meet is not asked again.
  [[nodiscard]] bool conforms(const Profile& profile, const Node& node, const Place& place);
  /// `check` has no errors to report; nothing of what it finds is kept.
  template <class Check>
  [[nodiscard]] bool silently(Check check) {
    Findings nothing(1, {});
    Findings* const kept = std::exchange(findings_, &nothing);
    check();
    findings_ = kept;
    return nothing.errors() == 0;
  }
  /// A check of profiles that another one started, to learn whether a resource meets it.
  [[nodiscard]] bool is_nested() const { return nested_ > 0; }

 private:
  void resource(const json::Value& value, const Place& place, Scope&& scope);
  void object(const Node& node, const Place& place);
  void member(const Node& parent, const TypeConstraints& constraints,
              const definitions::MemberDef& def, const json::Value* value,
              const json::Value* sibling, const Place& place);
  void item(const Node& parent, const Node& node, const TypeConstraints& constraints,
            const Place& place);
  void within(const Node& parent, const Node& node, const Place& place);

  // element_rules.cc
  void datatype(const Node& node, const Place& place);
  void code(const json::Value& value, const Place& place);

  // profile_rules.cc
  void profiles(const Node& resource, const Place& place);
  void claimed(std::string_view url, const Node& resource, const Place& place, const Place& claim);
  void apply(const definitions::ProfileDef& def, const Node& resource, const Place& place);
  void vital_signs(const Node& resource, const Place& place);

  // extension_rules.cc
  void extension(const Node& parent, const Node& node, const Place& place);
  void context(const definitions::ProfileDef& def, const Node& parent, const Node& node,
               const Place& place);

  // bundle_rules.cc
  void bundle(const Node& resource, const Place& place);

  const Definitions& definitions_;
  const ValidateOptions& options_;
  Findings* findings_;
  const Scope* scope_ = nullptr;
  std::size_t depth_ = 0;
  std::size_t nested_ = 0;
  std::vector<const definitions::ProfileDef*> applied_;  // to the resource at hand
  std::map<std::pair<const json::Value*, const Profile*>, bool> known_;
  /// Whether a system may have a code; a Bundle has few of them many times.
  std::map<std::pair<std::string_view, std::string_view>, bool> codes_;
};

[[nodiscard]] path::Element to_element(const Node& node);
/// Which elements an object has, as bits by their place in the type.
[[nodiscard]] std::uint64_t elements_of(const Node& node);

}  // namespace kap::fhir::validate
