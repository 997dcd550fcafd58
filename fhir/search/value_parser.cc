#include "fhir/search/value_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <expected>
#include <optional>
#include <utility>

#include "fhir/definitions/types.h"
#include "fhir/path/decimal.h"
#include "fhir/path/moment.h"
#include "fhir/path/quantity.h"
#include "fhir/search/convert.h"
#include "fhir/search/index_entry.h"
#include "fhir/search/token_modifiers.h"

namespace kap::fhir::search {
namespace {

using definitions::SearchType;
template <class T>
using Parsed = std::expected<T, Reason>;

constexpr std::string_view kUcum = "http://unitsofmeasure.org";

std::unexpected<Reason> refuse(std::string reason) { return std::unexpected(std::move(reason)); }

struct Prefixed {
  Prefix prefix = Prefix::kEq;
  std::string_view rest;
};

/// `example` is a value of the parameter's type, for who gave none.
Parsed<Prefixed> take_prefix(std::string_view text, std::string_view example) {
  static constexpr std::array<std::pair<std::string_view, Prefix>, 9> kPrefixes{
      {{"eq", Prefix::kEq},
       {"ne", Prefix::kNe},
       {"gt", Prefix::kGt},
       {"lt", Prefix::kLt},
       {"ge", Prefix::kGe},
       {"le", Prefix::kLe},
       {"sa", Prefix::kSa},
       {"eb", Prefix::kEb},
       {"ap", Prefix::kAp}}};
  if (text.empty() || !((text.front() >= 'a' && text.front() <= 'z') ||
                        (text.front() >= 'A' && text.front() <= 'Z')))
    return Prefixed{.prefix = Prefix::kEq, .rest = text};
  for (const auto& [word, prefix] : kPrefixes)
    if (text.starts_with(word)) return Prefixed{.prefix = prefix, .rest = text.substr(2)};
  return refuse(
      fmt::format("an unknown prefix; known are eq, ne, gt, lt, ge, le, sa, eb and ap, before a "
                  "value such as {}",
                  example));
}

Parsed<DateValue> parse_date(std::string_view text, const QueryOptions& options) {
  constexpr std::int64_t kDay = 86'400'000;
  const auto prefixed = take_prefix(text, "2015-02-07");
  if (!prefixed) return refuse(prefixed.error());
  const auto moment = path::Moment::parse_date_time(prefixed->rest);
  if (!moment || moment->precision == path::Precision::kHour)
    return refuse(
        "no date; 2015, 2015-02, 2015-02-07 or 2015-02-07T13:28:17Z would be right (a + before an "
        "offset is written %2B)");
  const DateEntry range = to_date(*moment);
  DateValue out{.prefix = prefixed->prefix, .low = range.low, .high = range.high};
  if (out.prefix == Prefix::kAp) {
    const std::int64_t now = options.now.time_since_epoch().count();
    const std::int64_t slack = std::max(std::abs(now - out.low) / 10, kDay);
    out.low -= slack;
    out.high += slack;
  }
  return out;
}

/// 10^exponent as a decimal text has it.
int exponent_of(std::string_view text) {
  const std::size_t e = text.find_first_of("eE");
  if (e == std::string_view::npos) return 0;
  std::string_view digits = text.substr(e + 1);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  int out = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), out);
  return out;
}

/// Half a unit of the last digit written.
double half_unit(std::string_view text) {
  const std::string_view mantissa = text.substr(0, text.find_first_of("eE"));
  const std::size_t point = mantissa.find('.');
  const int decimals =
      point == std::string_view::npos ? 0 : static_cast<int>(mantissa.size() - point - 1);
  return 0.5 * std::pow(10.0, exponent_of(text) - decimals);
}

struct Numeral {
  NumberValue number;
  path::Decimal decimal;
  double half = 0;
};

Parsed<Numeral> parse_numeral(std::string_view text) {
  const auto prefixed = take_prefix(text, "5.40");
  if (!prefixed) return refuse(prefixed.error());
  const auto decimal = path::Decimal::parse(prefixed->rest);
  if (!decimal) return refuse("no number; 100, 5.40 or ge1e2 would be right");
  Numeral out{.number = {.prefix = prefixed->prefix, .value = decimal->to_double()},
              .decimal = *decimal,
              .half = half_unit(prefixed->rest)};
  const double slack =
      prefixed->prefix == Prefix::kAp ? std::abs(out.number.value) * 0.1 : out.half;
  out.number.low = out.number.value - slack;
  out.number.high = out.number.value + slack;
  return out;
}

/// The number in base units: scaled by what one unit is.
void set_canonical(QuantityValue& value, const Numeral& numeral) {
  const bool ucum = !value.system.has_value() || *value.system == kUcum;
  if (!ucum || value.code.empty()) return;
  const auto canonical = path::to_canonical(numeral.decimal, value.code);
  const auto one = path::to_canonical(path::Decimal{1}, value.code);
  if (!canonical || !one) return;
  const double factor = one->value.to_double();
  value.canonical = NumberValue{.prefix = value.number.prefix,
                                .value = canonical->value.to_double(),
                                .low = value.number.low * factor,
                                .high = value.number.high * factor};
  value.canonical_code = canonical->unit;
}

Parsed<QuantityValue> parse_quantity(std::string_view text) {
  const auto parts = split_escaped(text, '|');
  if (parts.size() != 1 && parts.size() != 3)
    return refuse("a quantity is written number, number|system|code or number||code");
  const auto numeral = parse_numeral(parts.front());
  if (!numeral) return refuse(numeral.error());
  QuantityValue out{
      .number = numeral->number, .system = {}, .code = {}, .canonical = {}, .canonical_code = {}};
  if (parts.size() == 1) return out;
  auto system = unescape(parts[1]);
  auto code = unescape(parts[2]);
  if (!system) return refuse(system.error());
  if (!code) return refuse(code.error());
  if (!system->empty()) out.system = std::move(*system);
  out.code = std::move(*code);
  set_canonical(out, *numeral);
  return out;
}

Parsed<TokenValue> parse_token(std::string_view text) {
  const auto parts = split_escaped(text, '|');
  if (parts.size() > 2) return refuse("a token is written code, system|code, |code or system|");
  auto code = unescape(parts.back());
  if (!code) return refuse(code.error());
  TokenValue out{.system = {}, .code = std::move(*code)};
  if (parts.size() == 2) {
    auto system = unescape(parts.front());
    if (!system) return refuse(system.error());
    out.system = std::move(*system);
  }
  if (out.code.empty() && out.system.value_or("").empty())
    return refuse("a token has a code or a system");
  return out;
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
}

bool may_point_to(const definitions::SearchParameterDef& parameter, std::string_view type) {
  return parameter.targets.empty() ||
         std::ranges::find(parameter.targets, type) != parameter.targets.end();
}

/// A URL, with or without a version: a canonical, or a resource elsewhere.
ReferenceValue parse_url(std::string_view text) {
  const std::size_t bar = text.find('|');
  ReferenceValue out{.type = {}, .id = {}, .url = std::string(text.substr(0, bar)), .version = {}};
  if (bar != std::string_view::npos) out.version = text.substr(bar + 1);
  return out;
}

Parsed<ReferenceValue> parse_reference_value(const definitions::SearchParameterDef& parameter,
                                             std::string_view target_type, std::string_view text,
                                             std::string_view base_url) {
  std::string_view view = text;
  if (!base_url.empty() && view.starts_with(base_url) &&
      view.substr(base_url.size()).starts_with('/'))
    view.remove_prefix(base_url.size() + 1);
  if (view.find(':') != std::string_view::npos) return parse_url(view);
  const std::size_t slash = view.find('/');
  ReferenceValue out{.type = std::string(target_type), .id = std::string(view), .url = {}};
  if (slash != std::string_view::npos) {
    const std::string_view type = view.substr(0, slash);
    out.id = std::string(view.substr(slash + 1));
    if (definitions::find_resource_type(type) == nullptr)
      return refuse("no reference; an id, Type/id or an absolute URL would be right");
    if (!target_type.empty() && type != target_type)
      return refuse(
          fmt::format("the modifier asks for a {}; the value names another type", target_type));
    if (!may_point_to(parameter, type))
      return refuse(fmt::format("this parameter points to {}, not to {}",
                                fmt::join(parameter.targets, ", "), type));
    out.type = std::string(type);
  } else if (out.type.empty() && parameter.targets.size() == 1) {
    out.type = std::string(parameter.targets.front());
  }
  if (!is_id(out.id)) return refuse("an id has 1 to 64 letters, digits, '-' and '.'");
  return out;
}

/// :above and :below ask along a hierarchy: of versions, or of what is part of what.
Parsed<ReferenceValue> check_hierarchy(ReferenceValue value) {
  if (!value.url.empty()) {
    if (value.version.empty())
      return refuse(":above and :below take a canonical with its version: http://…|1.2");
    return value;
  }
  if (value.type.empty()) return refuse(":above and :below take Type/id");
  if (part_of_parameter(value.type) == nullptr)
    return refuse(fmt::format("a {} is not part of another {}: there is no hierarchy to follow",
                              value.type, value.type));
  return value;
}

template <class T>
Parsed<Value> wrap(Parsed<T> parsed) {
  if (!parsed) return refuse(std::move(parsed).error());
  return Value(std::move(*parsed));
}

template <class T>
SimpleValue simple(const T& value) {
  if constexpr (std::is_constructible_v<SimpleValue, const T&>)
    return SimpleValue(value);
  else
    return SimpleValue();
}

Parsed<Value> parse_composite(const definitions::SearchParameterDef& parameter,
                              std::string_view text, const QueryOptions& options) {
  const auto parts = split_escaped(text, '$');
  if (parts.size() != parameter.components.size())
    return refuse(fmt::format("this composite parameter takes {} values joined by $",
                              parameter.components.size()));
  CompositeValue out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto part =
        parse_value(*parameter.components[i].parameter, Modifier::kNone, {}, parts[i], options);
    if (!part) return refuse(std::move(part).error());
    out.components.push_back(std::visit([](const auto& value) { return simple(value); }, *part));
  }
  return Value(std::move(out));
}

}  // namespace

std::vector<std::string_view> split_escaped(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == separator) {
      out.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  out.push_back(text.substr(begin));
  return out;
}

std::expected<std::string, Reason> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
      if (i == text.size() || std::string_view(",|$\\").find(text[i]) == std::string_view::npos)
        return refuse("an unknown escape; known are \\, \\| \\$ and \\\\");
    }
    out += text[i];
  }
  return out;
}

std::expected<Value, Reason> parse_value(const definitions::SearchParameterDef& parameter,
                                         Modifier modifier, std::string_view target_type,
                                         std::string_view text, const QueryOptions& options) {
  if (text.empty()) return refuse("an empty value");
  if (modifier == Modifier::kIdentifier) return wrap(parse_token(text));
  switch (parameter.type) {
    case SearchType::kComposite:
      return parse_composite(parameter, text, options);
    case SearchType::kQuantity:
      return wrap(parse_quantity(text));
    case SearchType::kToken:
      if (modifier != Modifier::kNone && modifier != Modifier::kNot)
        return parse_modified_token(modifier, text, options);
      return wrap(parse_token(text));
    case SearchType::kDate:
      return wrap(parse_date(text, options));
    case SearchType::kNumber: {
      const auto numeral = parse_numeral(text);
      if (!numeral) return refuse(numeral.error());
      return Value(numeral->number);
    }
    default:
      break;
  }
  auto plain = unescape(text);
  if (!plain) return refuse(std::move(plain).error());
  switch (parameter.type) {
    case SearchType::kString:
      return Value(StringValue{.normalized = normalize(*plain), .exact = *plain});
    case SearchType::kUri:
      return Value(UriValue{std::move(*plain)});
    case SearchType::kReference: {
      auto value = parse_reference_value(parameter, target_type, *plain, options.base_url);
      if (value && (modifier == Modifier::kAbove || modifier == Modifier::kBelow))
        value = check_hierarchy(std::move(*value));
      return wrap(std::move(value));
    }
    default:
      return refuse("this kind of parameter is not supported");
  }
}

}  // namespace kap::fhir::search
