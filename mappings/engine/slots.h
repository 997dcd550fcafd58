#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "fhir/definitions/types.h"
#include "mappings/engine/clinic_schema.h"
#include "mappings/engine/types.h"

namespace kap::mappings {

/// A JSON member of a target type, resolved while compiling: its place in the order of members and
/// the bytes it is written with.
struct MemberSlot {
  std::string name;   // `valueQuantity`
  std::string json;   // `"valueQuantity":`
  std::string extra;  // `"_valueQuantity":`
  std::uint16_t order = 0;
  /// Of the element; the types of a choice share it.
  std::uint16_t element = 0;
  bool is_list = false;
  definitions::Primitive primitive = definitions::Primitive::kNone;
  /// Written without quotes. A decimal of the clinic contract is a string in protobuf JSON.
  bool bare = false;
  Type type;  // of what stands in it
  enum class Special : std::uint8_t {
    kNone,
    kResourceId,
    kReference,      // Reference.reference
    kEntryResource,  // Bundle.entry.resource
    kContained,
    kMeta,  // of a resource
  } special = Special::kNone;
};

/// All slots of the types that maps write to; slots are made once and never move.
class SlotTable {
 public:
  /// The slot for elements of `child` with that type. Of `parent`'s children alone.
  const MemberSlot& get(const Type& parent, const Child& child, const Type& type);
  /// The slots of a primitive's own value, id and extension share this parent.
  const MemberSlot* get(const Type& parent, std::string_view json_name);

 private:
  struct Key {
    const void* parent = nullptr;
    std::string_view name;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return std::hash<const void*>{}(key.parent) * 31 + std::hash<std::string_view>{}(key.name);
    }
  };
  const MemberSlot& add(const Type& parent, std::string_view json_name, std::size_t order,
                        std::size_t element, bool is_list, const Type& type);

  std::deque<MemberSlot> slots_;
  std::unordered_map<Key, const MemberSlot*, Hash> by_key_;
};

}  // namespace kap::mappings
