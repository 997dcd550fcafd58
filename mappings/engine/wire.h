#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>

#include "fhir/base/result.h"
#include "mappings/engine/clinic_schema.h"

namespace kap::mappings {

struct WireMessage;

/// One value, or the list of a repeated field. Strings are views into the record's bytes.
struct WireSlot {
  union {
    const char* text;      // kString
    std::int64_t number;   // integers, enums, booleans
    WireMessage* message;  // kMessage
    WireSlot* items;       // of a repeated field: `size` of them
  };
  std::uint32_t size = 0;  // bytes of a string, items of a list
  bool present = false;
};
static_assert(sizeof(WireSlot) == 16);

/// A decoded message: its slots follow it in memory, one a field of its type.
struct WireMessage {
  const ClinicMessage* type = nullptr;
  const WireMessage* parent = nullptr;
  const ClinicField* field = nullptr;  // of the parent
  std::uint32_t index = 0;             // in the parent's list

  [[nodiscard]] const WireSlot* slots() const {
    return reinterpret_cast<const WireSlot*>(this + 1);
  }
  [[nodiscard]] WireSlot* slots() { return reinterpret_cast<WireSlot*>(this + 1); }
  [[nodiscard]] const WireSlot& slot(const ClinicField& f) const { return slots()[f.slot]; }
};
static_assert(sizeof(WireMessage) % alignof(WireSlot) == 0);

/// Decodes a serialized kap.clinic.v1.Record by the tables: no allocation but the arena's, no copy
/// of strings (`bytes` must outlive the result). Refused: truncated or malformed input, a wire
/// type that does not fit its field, invalid UTF-8, nesting and size beyond the limits, and a field
/// number the contract does not have, because nothing is dropped silently.
[[nodiscard]] Result<const WireMessage*> decode_record(std::string_view bytes,
                                                       std::pmr::memory_resource& arena);

}  // namespace kap::mappings
