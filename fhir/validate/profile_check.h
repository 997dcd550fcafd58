#pragma once

#include <boost/container/small_vector.hpp>
#include <span>
#include <string>
#include <string_view>

#include "fhir/validate/inspection.h"
#include "fhir/validate/profile.h"

namespace kap::fhir::validate {

/// An element of the instance and what its Place needs.
struct Child {
  Node node;
  std::string_view of_type;
  std::uint32_t index = Place::kNoIndex;
};
using Children = boost::container::small_vector<Child, 4>;

/// The children of that name; a choice element is named without its type.
[[nodiscard]] Children children_of(const Node& node, std::string_view name);

/// One profile against one element of the instance. Internal to this folder.
class ProfileCheck {
 public:
  ProfileCheck(Inspection& inspection, const Profile& profile)
      : inspection_(inspection), profile_(profile) {}

  void run(const Node& node, const Place& place) { content(profile_.root, node, place); }

 private:
  void content(const ProfileNode& rules, const Node& node, const Place& place);
  void children(const ProfileNode& rules, const Node& node, const Place& place);
  void child(const ProfileNode& rules, const Children& found, const Place& place);
  void count(const ProfileNode& rules, std::size_t count, const Place& place);
  void value(const ProfileNode& rules, const Node& node, const Place& place);
  void bindings(const ProfileNode& rules, const Node& node, const Place& place);

  // profile_types.cc
  void types(const ProfileNode& rules, const Node& node, const Place& place);
  void type_profiles(const TypeRule& rule, const Node& node, const Place& place);
  void targets(const TypeRule& rule, const Node& node, const Place& place);

  // slicing.cc
  void slices(const ProfileNode& rules, const Children& found, const Place& place);
  [[nodiscard]] bool is_slice(const ProfileNode& slice, const Slicing& slicing, const Node& node,
                              const Place& place);
  [[nodiscard]] bool meets(const ProfileNode& slice, const Discriminator& discriminator,
                           const Node& node, const Place& place);
  [[nodiscard]] bool is_of_type(const ProfileNode& slice, const Discriminator& discriminator,
                                const Children& items) const;
  [[nodiscard]] bool has_value(const ProfileNode& wanted, const Children& items,
                               const Place& place);

  void report(IssueType code, const Place& place, std::string text);
  [[nodiscard]] std::string_view url() const { return profile_.def->url; }

  Inspection& inspection_;
  const Profile& profile_;
};

/// Where a discriminator's path leads within a profile: the node, and the profile it is part of
/// (that of the type, where the path goes there). nullptr where the profile says nothing of it.
struct Definition {
  const ProfileNode* node = nullptr;
  const Profile* profile = nullptr;
};
[[nodiscard]] Definition find_definition(const Definition& from,
                                         std::span<const DiscriminatorStep> steps,
                                         const ProfileTables& profiles);
/// The elements of the instance that the path leads to.
[[nodiscard]] Children follow_path(const Node& node, std::span<const DiscriminatorStep> steps,
                                   const Scope& scope);

}  // namespace kap::fhir::validate
