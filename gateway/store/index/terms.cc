#include "gateway/store/index/terms.h"

#include <algorithm>
#include <limits>
#include <variant>

#include "gateway/store/index/ordered.h"
#include "gateway/store/index/term_layout.h"

namespace kap::gateway::store {
namespace {

using namespace fhir::search;
using namespace term_layout;

constexpr std::uint16_t kTypeParameter = 0xffff;  // no search parameter has these numbers
constexpr std::uint16_t kCompartmentParameter = 0xfffe;
/// Takes the text up to a NUL, or all of it.
std::string_view take_text(std::string_view& bytes) {
  const auto end = bytes.find('\0');
  const auto text = bytes.substr(0, end);
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  return text;
}

char span_mark(const DateEntry& date) {
  const auto length = static_cast<std::uint64_t>(date.high) - static_cast<std::uint64_t>(date.low);
  for (const auto& span : kDateSpans) {
    if (length <= static_cast<std::uint64_t>(span.longest)) return span.mark;
  }
  return kDateSpans[std::size(kDateSpans) - 1].mark;
}

bool is_point(const NumberEntry& number) { return number.low == number.high; }

/// Appends a value behind its header; `add` is called once for each term.
template <class Add>
struct TermWriter {
  TypeNumber type;
  std::uint16_t parameter;
  std::string& term;
  Add add;

  void begin(char kind) {
    term.clear();
    append_ordered(term, type);
    append_ordered(term, parameter);
    term.push_back(kind);
  }
  void operator()(const StringEntry& entry) {
    begin(kString);
    term.append(cut(entry.normalized, kTextBytes));
    add(term);
  }
  void operator()(const TokenEntry& entry) {
    begin(kToken);
    term.append(cut(entry.code, kTextBytes));
    term.push_back('\0');
    term.append(cut(entry.system, kTextBytes));
    add(term);
  }
  void operator()(const ReferenceEntry& entry) {
    if (!entry.id.empty()) {
      begin(kReference);
      term.append(cut(entry.id, kTextBytes));
      term.push_back('\0');
      term.append(entry.type);
      add(term);
    }
    if (!entry.url.empty()) {
      begin(kUrl);
      term.append(cut(entry.url, kUrlBytes));
      if (!entry.version.empty()) {
        term.push_back('\0');
        term.append(cut(entry.version, kTextBytes));
      }
      add(term);
    }
  }
  void operator()(const DateEntry& entry) {
    begin(kDate);
    term.push_back(span_mark(entry));
    append_ordered(term, entry.low);
    append_ordered(term, entry.high);
    add(term);
  }
  void operator()(const NumberEntry& entry) {
    begin(kNumber);
    append_number(entry);
    add(term);
  }
  void operator()(const QuantityEntry& entry) {
    if (entry.canonical_code.empty()) {
      begin(kQuantity);
      append_number(entry.value);
    } else {
      begin(kCanonicalQuantity);
      term.append(cut(entry.canonical_code, kTextBytes));
      term.push_back('\0');
      append_number(entry.canonical);
      append_number(entry.value);
    }
    term.append(cut(entry.system, kTextBytes));
    term.push_back('\0');
    term.append(cut(entry.code, kTextBytes));
    term.push_back('\0');
    term.append(cut(entry.unit, kTextBytes));
    add(term);
  }
  void operator()(const UriEntry& entry) {
    begin(kUri);
    term.append(cut(entry.value, kUrlBytes));
    add(term);
  }
  void operator()(const TextEntry& entry) {
    begin(kText);
    term.append(cut(entry.normalized, kTextBytes));
    add(term);
  }
  void operator()(const TypedIdentifierEntry& entry) {
    begin(kOfType);
    term.append(cut(entry.value, kTextBytes));
    term.push_back('\0');
    term.append(cut(entry.code, kTextBytes));
    term.push_back('\0');
    term.append(cut(entry.system, kTextBytes));
    add(term);
  }
  void append_number(const NumberEntry& number) {
    term.push_back(is_point(number) ? 'p' : 'r');
    append_ordered(term, number.low);
    append_ordered(term, number.high);
  }
};

bool take_number(std::string_view& bytes, NumberEntry& number) {
  if (bytes.empty()) return false;
  bytes.remove_prefix(1);
  return take_ordered(bytes, number.low) && take_ordered(bytes, number.high);
}

std::optional<DecodedTerm> decode_quantity(std::string_view rest, char kind) {
  QuantityEntry entry;
  bool is_cut = false;
  if (kind == kCanonicalQuantity) {
    entry.canonical_code = take_text(rest);
    if (!take_number(rest, entry.canonical)) return std::nullopt;
    is_cut = entry.canonical_code.size() >= kTextBytes;
  }
  if (!take_number(rest, entry.value)) return std::nullopt;
  entry.system = take_text(rest);
  entry.code = take_text(rest);
  entry.unit = rest;
  is_cut = is_cut || entry.system.size() >= kTextBytes || entry.code.size() >= kTextBytes ||
           entry.unit.size() >= kTextBytes;
  return DecodedTerm{.value = std::move(entry), .cut = is_cut};
}

}  // namespace

void add_terms(TermBatch& batch, TypeNumber type, const std::optional<std::string>& patient,
               std::span<const IndexEntry> entries, std::int64_t seq) {
  batch.add(type_term(type), seq);
  if (patient.has_value()) batch.add(compartment_term(type, *patient), seq);
  std::string term;
  const auto add = [&](std::string_view text) { batch.add(text, seq); };
  for (const auto& entry : entries) {
    if (entry.component != 0) continue;
    std::visit(TermWriter<decltype(add)>{type, entry.parameter, term, add}, entry.value);
  }
}

std::string term_of(TypeNumber type, std::uint16_t parameter, const EntryValue& value) {
  std::string term;
  std::string first;
  const auto add = [&](std::string_view text) {
    if (first.empty()) first = text;
  };
  std::visit(TermWriter<decltype(add)>{type, parameter, term, add}, value);
  return first;
}

std::string type_term(TypeNumber type) { return header(type, kTypeParameter); }

std::string compartment_term(TypeNumber type, std::string_view patient) {
  return header(type, kCompartmentParameter).append(patient);
}

std::string reference_term(TypeNumber type, std::uint16_t parameter, std::string_view target_type,
                           std::string_view target_id) {
  auto term = header(type, parameter, kReference);
  term.append(cut(target_id, kTextBytes));
  term.push_back('\0');
  term.append(target_type);
  return term;
}

std::optional<DecodedTerm> decode_term(std::string_view term) {
  if (term.size() < kHeaderBytes) return std::nullopt;
  const char kind = term[kHeaderBytes - 1];
  std::string_view rest = term.substr(kHeaderBytes);
  switch (kind) {
    case kString:
      // Only its normalized form is known: :exact must look at the entries.
      return DecodedTerm{.value = StringEntry{.normalized = std::string(rest), .exact = {}},
                         .cut = rest.size() >= kTextBytes};
    case kToken: {
      TokenEntry entry;
      entry.code = take_text(rest);
      entry.system = rest;
      const bool is_cut = entry.code.size() >= kTextBytes || rest.size() >= kTextBytes;
      return DecodedTerm{.value = std::move(entry), .cut = is_cut};
    }
    case kReference: {
      ReferenceEntry entry;
      entry.id = take_text(rest);
      entry.type = rest;
      const bool is_cut = entry.id.size() >= kTextBytes;
      return DecodedTerm{.value = std::move(entry), .cut = is_cut};
    }
    case kUrl: {
      ReferenceEntry entry;
      entry.url = take_text(rest);
      entry.version = rest;
      const bool is_cut = entry.url.size() >= kUrlBytes || rest.size() >= kTextBytes;
      return DecodedTerm{.value = std::move(entry), .cut = is_cut};
    }
    case kText:
      return DecodedTerm{.value = TextEntry{std::string(rest)}, .cut = rest.size() >= kTextBytes};
    case kOfType: {
      TypedIdentifierEntry entry;
      entry.value = take_text(rest);
      entry.code = take_text(rest);
      entry.system = rest;
      const bool is_cut = entry.value.size() >= kTextBytes || entry.code.size() >= kTextBytes ||
                          rest.size() >= kTextBytes;
      return DecodedTerm{.value = std::move(entry), .cut = is_cut};
    }
    case kDate: {
      DateEntry entry;
      if (!rest.empty()) rest.remove_prefix(1);
      if (!take_ordered(rest, entry.low) || !take_ordered(rest, entry.high)) return std::nullopt;
      return DecodedTerm{.value = entry};
    }
    case kNumber: {
      NumberEntry entry;
      if (!take_number(rest, entry)) return std::nullopt;
      return DecodedTerm{.value = entry};
    }
    case kQuantity:
    case kCanonicalQuantity:
      return decode_quantity(rest, kind);
    case kUri:
      return DecodedTerm{.value = UriEntry{.value = std::string(rest)},
                         .cut = rest.size() >= kUrlBytes};
    default:
      return std::nullopt;
  }
}

}  // namespace kap::gateway::store
