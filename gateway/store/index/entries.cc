#include "gateway/store/index/entries.h"

#include <cstdint>
#include <utility>
#include <variant>

#include "gateway/store/index/ordered.h"
#include "gateway/store/index/postings.h"

namespace kap::gateway::store {
namespace {

using namespace fhir::search;

/// Beside the kind of a reference: a version follows.
constexpr unsigned kWithVersion = 0x40U;

void put(std::string& out, std::string_view text) {
  append_varint(out, text.size());
  out.append(text);
}
void put(std::string& out, const NumberEntry& number) {
  append_ordered(out, number.low);
  append_ordered(out, number.high);
}

struct Encoder {
  std::string& out;

  void operator()(const StringEntry& entry) {
    put(out, entry.normalized);
    put(out, entry.exact);
  }
  void operator()(const TokenEntry& entry) {
    put(out, entry.system);
    put(out, entry.code);
  }
  void operator()(const ReferenceEntry& entry) {
    put(out, entry.type);
    put(out, entry.id);
    put(out, entry.url);
    if (!entry.version.empty()) put(out, entry.version);
  }
  void operator()(const DateEntry& entry) {
    append_ordered(out, entry.low);
    append_ordered(out, entry.high);
  }
  void operator()(const NumberEntry& entry) { put(out, entry); }
  void operator()(const QuantityEntry& entry) {
    put(out, entry.value);
    put(out, entry.system);
    put(out, entry.code);
    put(out, entry.unit);
    put(out, entry.canonical_code);
    if (!entry.canonical_code.empty()) put(out, entry.canonical);
  }
  void operator()(const UriEntry& entry) { put(out, entry.value); }
  void operator()(const TextEntry& entry) { put(out, entry.normalized); }
  void operator()(const TypedIdentifierEntry& entry) {
    put(out, entry.system);
    put(out, entry.code);
    put(out, entry.value);
  }
};

bool take(std::string_view& bytes, std::string& text) {
  std::uint64_t size = 0;
  if (!take_varint(bytes, size) || size > bytes.size()) return false;
  text.assign(bytes.substr(0, size));
  bytes.remove_prefix(size);
  return true;
}
bool take(std::string_view& bytes, NumberEntry& number) {
  return take_ordered(bytes, number.low) && take_ordered(bytes, number.high);
}

struct Decoder {
  std::string_view& bytes;
  bool has_version;

  bool operator()(StringEntry& entry) {
    return take(bytes, entry.normalized) && take(bytes, entry.exact);
  }
  bool operator()(TokenEntry& entry) {
    return take(bytes, entry.system) && take(bytes, entry.code);
  }
  bool operator()(ReferenceEntry& entry) {
    return take(bytes, entry.type) && take(bytes, entry.id) && take(bytes, entry.url) &&
           (!has_version || take(bytes, entry.version));
  }
  bool operator()(DateEntry& entry) {
    return take_ordered(bytes, entry.low) && take_ordered(bytes, entry.high);
  }
  bool operator()(NumberEntry& entry) { return take(bytes, entry); }
  bool operator()(QuantityEntry& entry) {
    return take(bytes, entry.value) && take(bytes, entry.system) && take(bytes, entry.code) &&
           take(bytes, entry.unit) && take(bytes, entry.canonical_code) &&
           (entry.canonical_code.empty() || take(bytes, entry.canonical));
  }
  bool operator()(UriEntry& entry) { return take(bytes, entry.value); }
  bool operator()(TextEntry& entry) { return take(bytes, entry.normalized); }
  bool operator()(TypedIdentifierEntry& entry) {
    return take(bytes, entry.system) && take(bytes, entry.code) && take(bytes, entry.value);
  }
};

template <std::size_t Place = 0>
bool emplace(EntryValue& value, std::size_t place) {
  if constexpr (Place < std::variant_size_v<EntryValue>) {
    if (place != Place) return emplace<Place + 1>(value, place);
    value.emplace<Place>();
    return true;
  } else {
    return false;
  }
}

struct SortEncoder {
  SortEnd end;
  std::string out;

  void number(const NumberEntry& entry) {
    append_ordered(out, end == SortEnd::kLow ? entry.low : entry.high);
  }
  void operator()(const StringEntry& entry) { out.append(entry.normalized); }
  void operator()(const TokenEntry& entry) {
    out.append(entry.code).append(1, '\0').append(entry.system);
  }
  void operator()(const ReferenceEntry& entry) {
    out.append(entry.url).append(entry.type).append(1, '/').append(entry.id);
  }
  void operator()(const DateEntry& entry) {
    append_ordered(out, end == SortEnd::kLow ? entry.low : entry.high);
  }
  void operator()(const NumberEntry& entry) { number(entry); }
  void operator()(const QuantityEntry& entry) {
    // Values in base units compare across units; those without come after them.
    out.push_back(entry.canonical_code.empty() ? '1' : '0');
    number(entry.canonical_code.empty() ? entry.value : entry.canonical);
  }
  void operator()(const UriEntry& entry) { out.append(entry.value); }
  // What is_sortable leaves out.
  void operator()(const TextEntry&) {}
  void operator()(const TypedIdentifierEntry&) {}
};

}  // namespace

std::string encode_entries(std::span<const IndexEntry> entries) {
  std::string out;
  out.reserve(entries.size() * 40);
  for (const auto& entry : entries) {
    if (entry.component != 0) continue;
    append_varint(out, entry.parameter);
    const auto* reference = std::get_if<ReferenceEntry>(&entry.value);
    const bool has_version = reference != nullptr && !reference->version.empty();
    out.push_back(static_cast<char>(entry.value.index() | (has_version ? kWithVersion : 0U)));
    std::visit(Encoder{out}, entry.value);
  }
  return out;
}

std::optional<std::vector<IndexEntry>> decode_entries(std::string_view bytes) {
  std::vector<IndexEntry> entries;
  while (!bytes.empty()) {
    IndexEntry entry;
    std::uint64_t parameter = 0;
    if (!take_varint(bytes, parameter) || bytes.empty()) return std::nullopt;
    entry.parameter = static_cast<std::uint16_t>(parameter);
    const auto kind = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (!emplace(entry.value, kind & ~kWithVersion)) return std::nullopt;
    const bool has_version = (kind & kWithVersion) != 0;
    if (!std::visit(Decoder{bytes, has_version}, entry.value)) return std::nullopt;
    entries.push_back(std::move(entry));
  }
  return entries;
}

bool is_sortable(const EntryValue& value) {
  return !std::holds_alternative<TextEntry>(value) &&
         !std::holds_alternative<TypedIdentifierEntry>(value);
}

std::string sort_bytes(const EntryValue& value, SortEnd end) {
  SortEncoder encoder{.end = end, .out = {}};
  std::visit(encoder, value);
  return std::move(encoder.out);
}

}  // namespace kap::gateway::store
