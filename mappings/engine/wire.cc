#include "mappings/engine/wire.h"

#include <cstring>
#include <new>

#include <fmt/format.h>

#include "fhir/base/limits.h"
#include "fhir/json/locate.h"
#include "mappings/engine/clinic_model.h"

namespace kap::mappings {
namespace {

constexpr std::uint32_t kMaxDepth = 32;
/// Of one record. Bounds the memory that a small hostile input can ask for.
constexpr std::uint32_t kMaxMessages = 1U << 16U;

enum WireType : std::uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

bool is_ascii(const char* text, std::size_t size) {
  while (size >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text, 8);
    if ((word & 0x8080808080808080ULL) != 0) return false;
    text += 8;
    size -= 8;
  }
  for (; size > 0; --size, ++text) {
    if ((static_cast<unsigned char>(*text) & 0x80U) != 0) return false;
  }
  return true;
}

class Decoder {
 public:
  explicit Decoder(std::pmr::memory_resource& arena) : arena_(arena) {}

  WireMessage* make(const ClinicMessage& type, const WireMessage* parent, const ClinicField* field,
                    std::uint32_t index) {
    const std::size_t slots = type.fields.size() * sizeof(WireSlot);
    void* memory = arena_.allocate(sizeof(WireMessage) + slots, alignof(WireMessage));
    auto* out =
        new (memory) WireMessage{.type = &type, .parent = parent, .field = field, .index = index};
    std::memset(static_cast<void*>(out->slots()), 0, slots);
    return out;
  }

  bool message(const char* at, const char* end, WireMessage& out, std::uint32_t depth) {
    if (depth > kMaxDepth) return fail(out, nullptr, "the messages are nested too deep");
    if (++messages_ > kMaxMessages) return fail(out, nullptr, "the record has too many messages");
    while (at < end) {
      std::uint64_t tag = 0;
      if (!varint(at, end, tag)) return fail(out, nullptr, "the record is truncated or malformed");
      const auto number = static_cast<std::uint32_t>(tag >> 3U);
      const ClinicField* field = tag >> 3U <= 0xFFFF ? out.type->find(number) : nullptr;
      if (field == nullptr) {
        return fail(out, nullptr,
                    fmt::format("field number {} is not in this version of the contract", number));
      }
      if (!value(at, end, out, *field, static_cast<std::uint32_t>(tag & 7U), depth)) return false;
    }
    return true;
  }

  [[nodiscard]] Outcome error() const {
    return {Category::kInvalidRequest, IssueType::kStructure, message_, path_};
  }

 private:
  bool fail(const WireMessage& at, const ClinicField* field, std::string what) {
    message_ = std::move(what);
    path_ = field_path(at, field);
    return false;
  }

  static bool varint(const char*& at, const char* end, std::uint64_t& out) {
    out = 0;
    for (std::uint32_t shift = 0; shift < 64 && at < end; shift += 7) {
      const auto byte = static_cast<unsigned char>(*at++);
      out |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) return true;
    }
    return false;
  }

  WireSlot& place(WireMessage& owner, const ClinicField& field) {
    WireSlot& slot = owner.slots()[field.slot];
    if (!field.is_repeated) return slot;
    const std::uint32_t size = slot.size;
    if (size == 0 || (size >= 4 && (size & (size - 1)) == 0)) {
      const std::uint32_t capacity = size == 0 ? 4 : size * 2;
      auto* items =
          static_cast<WireSlot*>(arena_.allocate(capacity * sizeof(WireSlot), alignof(WireSlot)));
      if (size != 0) std::memcpy(static_cast<void*>(items), slot.items, size * sizeof(WireSlot));
      slot.items = items;
    }
    slot.present = true;
    slot.size = size + 1;
    WireSlot& item = slot.items[size];
    item = WireSlot{};
    return item;
  }

  static void number(WireSlot& slot, const ClinicField& field, std::uint64_t raw) {
    switch (field.kind) {
      case ClinicKind::kSint32:
        slot.number = static_cast<std::int32_t>(static_cast<std::uint32_t>(raw >> 1U) ^
                                                (~static_cast<std::uint32_t>(raw & 1U) + 1));
        break;
      case ClinicKind::kInt32:
      case ClinicKind::kEnum:
        slot.number = static_cast<std::int32_t>(raw);
        break;
      case ClinicKind::kBool:
        slot.number = raw != 0 ? 1 : 0;
        break;
      default:
        slot.number = static_cast<std::int64_t>(raw);
        break;
    }
    slot.present = slot.number != 0 || (field.has_presence && field.kind != ClinicKind::kEnum);
  }

  bool value(const char*& at, const char* end, WireMessage& out, const ClinicField& field,
             std::uint32_t wire, std::uint32_t depth) {
    const bool length = field.kind == ClinicKind::kString || field.kind == ClinicKind::kMessage;
    if (!length && wire == kVarint) {
      std::uint64_t raw = 0;
      if (!varint(at, end, raw)) return fail(out, &field, "the record is truncated or malformed");
      clear_oneof(out, field);
      number(place(out, field), field, raw);
      return true;
    }
    if (wire != kLength || (!length && !field.is_repeated)) {
      return fail(out, &field, "the wire type does not fit the field");
    }
    std::uint64_t size = 0;
    if (!varint(at, end, size) || size > static_cast<std::uint64_t>(end - at)) {
      return fail(out, &field, "the record is truncated or malformed");
    }
    const char* begin = at;
    at += size;
    clear_oneof(out, field);
    if (field.kind == ClinicKind::kString) return text(begin, size, out, field);
    if (field.kind == ClinicKind::kMessage) {
      const std::uint32_t index = field.is_repeated ? out.slots()[field.slot].size : 0;
      WireSlot& slot = place(out, field);
      if (!slot.present) slot.message = make(*field.message, &out, &field, index);
      slot.present = true;
      return message(begin, at, *slot.message, depth + 1);
    }
    while (begin < at) {  // packed
      std::uint64_t raw = 0;
      if (!varint(begin, at, raw)) return fail(out, &field, "the record is truncated or malformed");
      number(place(out, field), field, raw);
    }
    return true;
  }

  bool text(const char* begin, std::uint64_t size, WireMessage& out, const ClinicField& field) {
    const std::string_view view(begin, size);
    if (!is_ascii(begin, size) && fhir::json::first_invalid_utf8(view) != view.size()) {
      return fail(out, &field, "the text is not UTF-8");
    }
    WireSlot& slot = place(out, field);
    slot.text = begin;
    slot.size = static_cast<std::uint32_t>(size);
    slot.present = size > 0;
    return true;
  }

  static void clear_oneof(WireMessage& out, const ClinicField& field) {
    if (field.oneof < 0) return;
    for (const ClinicField* other :
         out.type->oneofs[static_cast<std::size_t>(field.oneof)].fields) {
      if (other != &field) out.slots()[other->slot] = WireSlot{};
    }
  }

  std::pmr::memory_resource& arena_;
  std::uint32_t messages_ = 0;
  std::string message_;
  std::string path_;
};

}  // namespace

Result<const WireMessage*> decode_record(std::string_view bytes, std::pmr::memory_resource& arena) {
  if (bytes.size() > limits::kRecordBytes) {
    return fail(Category::kTooLarge, IssueType::kTooLong,
                fmt::format("the record has {} bytes, at most {} are taken", bytes.size(),
                            limits::kRecordBytes));
  }
  Decoder decoder(arena);
  WireMessage* record = decoder.make(ClinicSchema::get().record(), nullptr, nullptr, 0);
  if (!decoder.message(bytes.data(), bytes.data() + bytes.size(), *record, 0)) {
    return std::unexpected(decoder.error());
  }
  return record;
}

}  // namespace kap::mappings
