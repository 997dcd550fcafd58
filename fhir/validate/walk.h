#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>

#include "fhir/definitions/types.h"
#include "fhir/json/value.h"
#include "fhir/validate/findings.h"
#include "fhir/validate/structure.h"

namespace kap::fhir::validate {

/// Which elements of an object were met, as bits by their place in the type.
struct Seen {
  std::uint64_t values = 0;
  std::uint64_t siblings = 0;  // `_name`
  /// Of a choice element that was met, by its place; garbage for one that was not.
  std::array<const definitions::MemberDef*, 64> chosen;
};

/// One pass over a tree beside the definitions of its types. Internal to this folder.
class Walk {
 public:
  Walk(const Options& options, Findings& findings) : options_(options), findings_(findings) {}

  enum class Position : std::uint8_t { kRoot, kEntry, kContained };

  void resource(const json::Value& value, const Place& place, Position position);
  void instance(const definitions::TypeDef& type, const json::Value& value, const Place& place);

 private:
  using Members = std::span<const json::Member>;

  void object(const definitions::TypeDef& type, Members members, const Place& place);
  void member(const definitions::MemberDef& def, const json::Value& value, Members members,
              const Place& place);
  void item(const definitions::MemberDef& def, const json::Value& value, const Place& place);
  void complex(const definitions::MemberDef& def, const json::Value& value, const Place& place);
  void primitive(const definitions::TypeDef& type, const json::Value& value, const Place& place);
  bool meet(const definitions::MemberDef& def, std::uint64_t& met, Seen& seen, const Place& place);
  void unknown(const definitions::TypeDef& type, std::string_view name, const Place& place);
  void missing(const definitions::TypeDef& type, const Seen& seen, const Place& place);

  // siblings.cc
  void sibling(const definitions::TypeDef& type, const json::Member& member, Members members,
               Seen& seen, const Place& place);
  void sibling_list(const definitions::MemberDef& def, const json::Value& value,
                    const json::Value* main, const Place& place);
  void sibling_item(const definitions::MemberDef& def, const json::Value& value, bool has_value,
                    const Place& place);
  void null_item(const definitions::MemberDef& def, const json::Value* beside, std::size_t index,
                 const Place& place);
  [[nodiscard]] static const json::Value* find_sibling(Members members, std::string_view name);

  // rules.cc
  void bound(const definitions::ElementDef& element, const definitions::TypeDef& type,
             const json::Value& value, const Place& place);
  void reference(const definitions::TypeRef& ref, const json::Value& value, const Place& place);
  void contained_reference(const definitions::TypeRef& ref, std::string_view id,
                           const Place& place);
  void target(const definitions::TypeRef& ref, std::string_view type_name, const Place& place);
  void extension(const json::Value& value, const Place& place);
  void contained_ids(const json::Value& container, const Place& place);
  void contained_id(const json::Value& resource, std::uint32_t index, const Place& place);
  [[nodiscard]] const json::Value* find_contained(std::string_view id) const;

  /// The resource that `#id` looks into.
  struct Container {
    const json::Value* resource = nullptr;
    /// By id, once there are too many to look at each for each reference.
    std::unordered_map<std::string_view, const json::Value*> by_id;
  };

  const Options& options_;
  Findings& findings_;
  Container container_;
  std::size_t depth_ = 0;
};

}  // namespace kap::fhir::validate
