#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fhir/definitions/profiles.h"
#include "fhir/definitions/types.h"
#include "fhir/json/value.h"
#include "fhir/validate/constraints.h"

namespace kap::fhir::validate {

/// What a Reference may refer to: a type, or what meets a profile on it.
struct TargetRule {
  const definitions::TypeDef* type = nullptr;  // nullptr where the profile is not known
  const definitions::ProfileDef* profile = nullptr;
};

/// A type that a profile leaves to an element.
struct TypeRule {
  std::string_view code;
  /// One of them must be met; nullptr for one that is not known.
  std::vector<const definitions::ProfileDef*> profiles;
  std::vector<TargetRule> targets;
};

/// A step of a discriminator's path, http://hl7.org/fhir/R4/profiling.html#discriminator.
struct DiscriminatorStep {
  enum class Kind : std::uint8_t { kMember, kOfType, kExtension, kResolve };
  Kind kind = Kind::kMember;
  std::string_view text;  // the name of the element, the type, the url
};

struct Discriminator {
  enum class Kind : std::uint8_t { kValue, kPattern, kExists, kType, kProfile };
  Kind kind = Kind::kValue;
  std::vector<DiscriminatorStep> steps;  // none: `$this`
};

struct Slicing {
  enum class Rules : std::uint8_t { kOpen, kClosed, kOpenAtEnd };
  Rules rules = Rules::kOpen;
  bool is_ordered = false;
  std::vector<Discriminator> discriminators;
};

/// What a profile says of an element or of one slice of it, beyond the definition of its type.
struct ProfileNode {
  std::string_view name;   // without `[x]`; empty at the root
  std::string_view slice;  // empty for the element itself
  std::optional<std::uint32_t> min;
  std::optional<std::uint32_t> max;
  std::vector<TypeRule> types;
  std::optional<definitions::BindingStrength> strength;
  std::string_view value_set;
  std::string_view max_value_set;
  enum class Value : std::uint8_t { kAny, kFixed, kPattern } value_rule = Value::kAny;
  json::Value value;
  std::optional<Slicing> slicing;
  std::vector<Constraint> constraints;
  std::vector<ProfileNode> children;
  std::vector<ProfileNode> slices;  // in their order

  [[nodiscard]] const ProfileNode* child(std::string_view of_name) const;
};

/// A profile of the tables, read and compiled.
struct Profile {
  const definitions::ProfileDef* def = nullptr;
  ProfileNode root;
  std::vector<Constraint> context_rules;  // of an extension, on what it stands in
  json::Document values;                  // of the nodes
};

[[nodiscard]] std::unique_ptr<const Profile> read_profile(const definitions::ProfileDef& def);

/// Profiles, each read when it is first asked for; any number of threads.
class ProfileTables {
 public:
  [[nodiscard]] const Profile& of(const definitions::ProfileDef& def) const;

 private:
  mutable std::shared_mutex mutex_;
  mutable std::unordered_map<const definitions::ProfileDef*, std::unique_ptr<const Profile>> read_;
};

}  // namespace kap::fhir::validate
