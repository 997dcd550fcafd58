#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <variant>

#include "gateway/store/index/ordered.h"
#include "gateway/store/index/term_layout.h"
#include "gateway/store/index/terms.h"

namespace kap::gateway::store {
namespace {

using namespace fhir::search;
using namespace term_layout;

/// Of more codes than these it is quicker to look at every token there is.
constexpr std::size_t kManyCodes = 2'000;

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
  void operator()(const TextValue&) { whole(kText); }
  void operator()(const TypedIdentifierValue& value) {
    auto prefix = header(type, parameter, kOfType);
    prefix.append(cut(value.value, kTextBytes));
    prefix.push_back('\0');
    ranges.push_back(starting_with(std::move(prefix)));
  }
  void operator()(const TokenSetValue& value) {
    if (value.codes == nullptr) return;
    if (value.codes->codes().size() > kManyCodes) return whole(kToken);
    std::string_view last;
    for (const auto& [code, system] : value.codes->codes()) {
      if (code == last) continue;  // one range holds it with every system
      last = code;
      auto prefix = header(type, parameter, kToken);
      prefix.append(cut(code, kTextBytes));
      prefix.push_back('\0');
      ranges.push_back(starting_with(std::move(prefix)));
    }
  }
};

}  // namespace

TermRange starting_with(std::string prefix) {
  std::string end = prefix;
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return {.first = std::move(prefix), .end = std::move(end)};
}

TermRange all_terms(TypeNumber type, std::uint16_t parameter) {
  return starting_with(header(type, parameter));
}

std::vector<TermRange> unsortable_terms(TypeNumber type, std::uint16_t parameter) {
  return {starting_with(header(type, parameter, kText)),
          starting_with(header(type, parameter, kOfType))};
}

std::vector<TermRange> ranges_of(TypeNumber type, std::uint16_t parameter, const Value& value,
                                 Modifier modifier) {
  RangeFinder finder{.type = type, .parameter = parameter, .modifier = modifier, .ranges = {}};
  std::visit(finder, value);
  return std::move(finder.ranges);
}

}  // namespace kap::gateway::store
