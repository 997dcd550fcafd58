#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "mappings/engine/slots.h"

namespace kap::mappings {

/// A node of the output, in the arena of its run. Children are a list in the order of the type's
/// members; items of one list stand next to each other.
struct OutNode {
  enum class Kind : std::uint8_t {
    kEmpty,   // a primitive without value yet
    kObject,  // `first`
    kText,    // `text`, to be quoted and escaped
    kRaw,     // `text`, finished JSON
  };
  OutNode* next = nullptr;
  const MemberSlot* slot = nullptr;
  const definitions::TypeDef* type = nullptr;  // of objects where it is a FHIR type
  union {
    const char* text = nullptr;
    OutNode* first;
  };
  OutNode* last = nullptr;
  OutNode* extra = nullptr;  // of a primitive: the object of its id and extensions
  std::uint32_t size = 0;
  Kind kind = Kind::kEmpty;
  bool is_resource = false;

  [[nodiscard]] std::string_view view() const { return {text, size}; }
};

/// Puts `child` behind the last child whose slot does not come after its own.
void insert_child(OutNode& parent, OutNode& child);
/// The first child of that element (any type of a choice), or nullptr.
[[nodiscard]] OutNode* find_child(const OutNode& parent, std::uint16_t element);
[[nodiscard]] const OutNode* find_child(const OutNode& parent, std::string_view name);

/// Where a resource's `meta` begins in what was written: the offset just after `"meta":{`.
struct WrittenResource {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t meta = 0;  // from `begin`; 0 where there is no meta with a member
};

/// Writes nodes as compact JSON, one behind the other. Objects without content are left out.
class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;
  WrittenResource write(const OutNode& node);
  /// What was written.
  [[nodiscard]] std::string take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};
[[nodiscard]] bool is_empty(const OutNode& node);

}  // namespace kap::mappings
