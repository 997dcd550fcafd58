#include "gateway/store/index/terms.h"

#include <algorithm>
#include <limits>
#include <variant>

#include "gateway/store/index/ordered.h"

namespace kap::gateway::store {
namespace {

using namespace fhir::search;

constexpr std::uint16_t kTypeParameter = 0xffff;  // no search parameter has these numbers
constexpr std::uint16_t kCompartmentParameter = 0xfffe;
constexpr std::size_t kHeaderBytes = 5;  // type, parameter, kind

constexpr char kString = 's';
constexpr char kToken = 't';
constexpr char kReference = 'r';  // by id and type
constexpr char kUrl = 'R';        // a reference by URL
constexpr char kDate = 'd';
constexpr char kNumber = 'n';
constexpr char kQuantity = 'q';           // without a canonical value
constexpr char kCanonicalQuantity = 'Q';  // in base units
constexpr char kUri = 'u';

constexpr std::size_t kTextBytes = 96;  // of one text in a term
constexpr std::size_t kUrlBytes = 200;

std::string header(TypeNumber type, std::uint16_t parameter) {
  std::string out;
  append_ordered(out, type);
  append_ordered(out, parameter);
  return out;
}

std::string header(TypeNumber type, std::uint16_t parameter, char kind) {
  auto out = header(type, parameter);
  out.push_back(kind);
  return out;
}

std::string_view cut(std::string_view text, std::size_t bytes) { return text.substr(0, bytes); }

/// Takes the text up to a NUL, or all of it.
std::string_view take_text(std::string_view& bytes) {
  const auto end = bytes.find('\0');
  const auto text = bytes.substr(0, end);
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  return text;
}

/// How long a date's range is: a search for what ends after a moment then need not look at every
/// range that begins before it.
constexpr std::int64_t kDayMilliseconds = 86'400'000;
struct DateSpan {
  char mark;
  std::int64_t longest;
};
constexpr DateSpan kDateSpans[] = {{'a', 1'000},
                                   {'b', kDayMilliseconds},
                                   {'c', 32 * kDayMilliseconds},
                                   {'d', 367 * kDayMilliseconds},
                                   {'e', std::numeric_limits<std::int64_t>::max()}};

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
  void append_number(const NumberEntry& number) {
    term.push_back(is_point(number) ? 'p' : 'r');
    append_ordered(term, number.low);
    append_ordered(term, number.high);
  }
};

/// Where the low end of a date can lie that matches: [from, to], before a span's length is added.
struct Bounds {
  std::int64_t from = std::numeric_limits<std::int64_t>::min();
  std::int64_t to = std::numeric_limits<std::int64_t>::max();
  bool needs_span = false;  // `from` bounds the high end
};

Bounds bounds_of(const DateValue& value) {
  switch (value.prefix) {
    case Prefix::kEq:
      return {.from = value.low, .to = value.high};
    case Prefix::kNe:
      return {};
    case Prefix::kGt:
    case Prefix::kGe:
      return {.from = value.low, .needs_span = true};
    case Prefix::kLt:
    case Prefix::kLe:
    case Prefix::kEb:
      return {.to = value.high};
    case Prefix::kSa:
      return {.from = value.high};
    case Prefix::kAp:
      return {.from = value.low, .to = value.high, .needs_span = true};
  }
  return {};
}

/// Where a range of at most `longest` begins at the earliest when it ends at `end` or later.
std::int64_t before(std::int64_t end, std::int64_t longest) {
  constexpr auto kUnbounded = std::numeric_limits<std::int64_t>::min();
  std::int64_t out = 0;
  if (longest == std::numeric_limits<std::int64_t>::max()) return kUnbounded;
  return __builtin_sub_overflow(end, longest, &out) ? kUnbounded : out;
}

/// From `prefix` + from to and including `prefix` + to.
template <class Number>
TermRange between(const std::string& prefix, Number from, Number to) {
  std::string first = prefix;
  append_ordered(first, from);
  std::string last = prefix;
  append_ordered(last, to);
  return {.first = std::move(first), .end = starting_with(std::move(last)).end};
}

struct NumberBounds {
  double from = -std::numeric_limits<double>::infinity();
  double to = std::numeric_limits<double>::infinity();
};

/// Of a point; widened a little, because canonical values are rounded.
NumberBounds bounds_of(const NumberValue& value) {
  constexpr double kSlack = 1e-6;
  const auto down = [](double v) { return v - std::abs(v) * kSlack - 1e-300; };
  const auto up = [](double v) { return v + std::abs(v) * kSlack + 1e-300; };
  switch (value.prefix) {
    case Prefix::kEq:
    case Prefix::kAp:
      return {.from = down(std::min(value.low, value.value)),
              .to = up(std::max(value.high, value.value))};
    case Prefix::kNe:
      return {};
    case Prefix::kGt:
    case Prefix::kGe:
    case Prefix::kSa:
      return {.from = down(value.value)};
    case Prefix::kLt:
    case Prefix::kLe:
    case Prefix::kEb:
      return {.to = up(value.value)};
  }
  return {};
}

struct RangeFinder {
  TypeNumber type;
  std::uint16_t parameter;
  Modifier modifier;
  std::vector<TermRange> ranges;

  void whole(char kind) { ranges.push_back(starting_with(header(type, parameter, kind))); }
  void numbers(const std::string& prefix, const NumberValue& value) {
    const auto bounds = bounds_of(value);
    ranges.push_back(between(prefix + 'p', bounds.from, bounds.to));
    ranges.push_back(starting_with(prefix + 'r'));
  }

  void operator()(const StringValue& value) {
    if (modifier == Modifier::kContains) return whole(kString);
    auto prefix = header(type, parameter, kString);
    prefix.append(cut(value.normalized, kTextBytes));
    if (modifier == Modifier::kExact && value.normalized.size() < kTextBytes) {
      // Of the terms that begin with it only itself.
      auto end = prefix;
      end.push_back('\0');
      ranges.push_back({.first = std::move(prefix), .end = std::move(end)});
      return;
    }
    ranges.push_back(starting_with(std::move(prefix)));
  }
  void operator()(const TokenValue& value) {
    auto prefix = header(type, parameter, kToken);
    if (value.code.empty()) return whole(kToken);
    prefix.append(cut(value.code, kTextBytes));
    prefix.push_back('\0');
    if (value.system.has_value()) {
      prefix.append(cut(*value.system, kTextBytes));
      auto end = prefix;
      end.push_back('\0');
      ranges.push_back({.first = std::move(prefix), .end = std::move(end)});
      return;
    }
    ranges.push_back(starting_with(std::move(prefix)));
  }
  void operator()(const ReferenceValue& value) {
    if (!value.id.empty()) {
      auto prefix = header(type, parameter, kReference);
      prefix.append(cut(value.id, kTextBytes));
      prefix.push_back('\0');
      ranges.push_back(starting_with(std::move(prefix)));
    }
    if (!value.url.empty()) {
      auto prefix = header(type, parameter, kUrl);
      prefix.append(cut(value.url, kUrlBytes));
      ranges.push_back(starting_with(std::move(prefix)));
    }
  }
  void operator()(const DateValue& value) {
    const auto bounds = bounds_of(value);
    for (const auto& span : kDateSpans) {
      auto prefix = header(type, parameter, kDate);
      prefix.push_back(span.mark);
      const auto from = bounds.needs_span ? before(bounds.from, span.longest) : bounds.from;
      ranges.push_back(between(prefix, from, bounds.to));
    }
  }
  void operator()(const NumberValue& value) { numbers(header(type, parameter, kNumber), value); }
  void operator()(const QuantityValue& value) {
    numbers(header(type, parameter, kQuantity), value.number);
    // Without a system the unit's text may be meant, which base units do not tell.
    if (!value.canonical.has_value() || !value.system.has_value()) {
      return whole(kCanonicalQuantity);
    }
    auto prefix = header(type, parameter, kCanonicalQuantity);
    prefix.append(cut(value.canonical_code, kTextBytes));
    prefix.push_back('\0');
    numbers(prefix, *value.canonical);
  }
  void operator()(const UriValue& value) {
    if (modifier == Modifier::kAbove) return whole(kUri);
    auto prefix = header(type, parameter, kUri);
    prefix.append(cut(value.value, kUrlBytes));
    ranges.push_back(starting_with(std::move(prefix)));
  }
  void operator()(const CompositeValue&) {}  // answered by its components
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

TermRange starting_with(std::string prefix) {
  std::string end = prefix;
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return {.first = std::move(prefix), .end = std::move(end)};
}

TermRange all_terms(TypeNumber type, std::uint16_t parameter) {
  return starting_with(header(type, parameter));
}

std::vector<TermRange> ranges_of(TypeNumber type, std::uint16_t parameter, const Value& value,
                                 Modifier modifier) {
  RangeFinder finder{.type = type, .parameter = parameter, .modifier = modifier, .ranges = {}};
  std::visit(finder, value);
  return std::move(finder.ranges);
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
    case kUrl:
      return DecodedTerm{.value = ReferenceEntry{.type = {}, .id = {}, .url = std::string(rest)},
                         .cut = rest.size() >= kUrlBytes};
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
