#include <array>
#include <optional>
#include <string>

#include "fhir/path/function.h"
#include "fhir/path/quantity.h"
#include "fhir/path/unicode.h"

/// FHIRPath N1 section 5.5. Every to…() has a converts to…() that tells whether it yields.
namespace kap::fhir::path {
namespace {

using Conversion = std::optional<Item> (*)(const Item& value);

std::optional<Item> to_boolean_value(const Item& value) {
  std::optional<bool> out;
  if (value.is(ItemKind::kBoolean)) return value;
  if (value.is(ItemKind::kInteger) || value.is(ItemKind::kDecimal)) {
    const Decimal number =
        value.is(ItemKind::kInteger) ? Decimal(value.as_integer()) : value.as_decimal();
    if (number == Decimal{1}) out = true;
    if (number == Decimal{0}) out = false;
  } else if (value.is(ItemKind::kString)) {
    const std::string word = to_lower(value.as_string());
    if (word == "true" || word == "t" || word == "yes" || word == "y" || word == "1" ||
        word == "1.0")
      out = true;
    if (word == "false" || word == "f" || word == "no" || word == "n" || word == "0" ||
        word == "0.0")
      out = false;
  }
  return out.has_value() ? std::optional(Item::boolean(*out)) : std::nullopt;
}

std::optional<Item> to_integer_value(const Item& value) {
  if (value.is(ItemKind::kInteger)) return value;
  if (value.is(ItemKind::kBoolean)) return Item::integer(value.as_boolean() ? 1 : 0);
  if (!value.is(ItemKind::kString)) return std::nullopt;
  const std::string_view text = value.as_string();
  if (text.find_first_of(".eE") != std::string_view::npos) return std::nullopt;
  const auto number = Decimal::parse(text);
  const auto integer = number ? number->to_integer() : std::nullopt;
  return integer ? std::optional(Item::integer(*integer)) : std::nullopt;
}

std::optional<Item> to_decimal_value(const Item& value) {
  if (value.is(ItemKind::kDecimal)) return value;
  if (value.is(ItemKind::kInteger)) return Item::decimal(Decimal(value.as_integer()));
  if (value.is(ItemKind::kBoolean)) return Item::decimal(Decimal(value.as_boolean() ? 1 : 0));
  if (!value.is(ItemKind::kString)) return std::nullopt;
  if (value.as_string().find_first_of("eE") != std::string_view::npos) return std::nullopt;
  const auto number = Decimal::parse(value.as_string());
  return number ? std::optional(Item::decimal(*number)) : std::nullopt;
}

std::optional<Item> to_date_value(const Item& value) {
  std::optional<Moment> out;
  if (value.is(ItemKind::kMoment) && value.as_moment().kind != Moment::Kind::kTime) {
    out = Moment::parse_date(value.as_moment().text().substr(0, 10));
  } else if (value.is(ItemKind::kString)) {
    const auto moment = Moment::parse_date_time(value.as_string());
    if (moment) out = Moment::parse_date(moment->text().substr(0, 10));
  }
  return out ? std::optional(Item::moment(*out)) : std::nullopt;
}

std::optional<Item> to_date_time_value(const Item& value) {
  std::optional<Moment> out;
  if (value.is(ItemKind::kMoment) && value.as_moment().kind != Moment::Kind::kTime) {
    out = value.as_moment();
    out->kind = Moment::Kind::kDateTime;
  } else if (value.is(ItemKind::kString)) {
    out = Moment::parse_date_time(value.as_string());
  }
  return out ? std::optional(Item::moment(*out)) : std::nullopt;
}

std::optional<Item> to_time_value(const Item& value) {
  if (value.is(ItemKind::kMoment) && value.as_moment().kind == Moment::Kind::kTime) return value;
  if (!value.is(ItemKind::kString)) return std::nullopt;
  std::string_view text = value.as_string();
  if (text.starts_with('T')) text.remove_prefix(1);
  const auto moment = Moment::parse_time(text);
  return moment ? std::optional(Item::moment(*moment)) : std::nullopt;
}

std::optional<Item> to_quantity_value(const Item& value) {
  if (value.is(ItemKind::kQuantity)) return value;
  if (value.is(ItemKind::kString)) {
    auto quantity = parse_quantity(value.as_string());
    return quantity ? std::optional(Item::quantity(std::move(*quantity))) : std::nullopt;
  }
  const auto number = to_decimal_value(value);
  if (!number) return std::nullopt;
  return Item::quantity(Quantity{.value = number->as_decimal(), .unit = "1"});
}

std::optional<Item> to_string_value(const Item& value) {
  if (value.is(ItemKind::kType) || value.is(ItemKind::kNone)) return std::nullopt;
  if (value.is(ItemKind::kString)) return value;
  return Item::string(to_text(value));
}

template <Conversion convert>
bool converted(Call& call, Collection& out) {
  Item value;
  if (!call.input_value(value)) return false;
  if (value.is(ItemKind::kNone)) return true;
  if (auto result = convert(value)) out.push_back(std::move(*result));
  return true;
}

template <Conversion convert>
bool converts(Call& call, Collection& out) {
  Item value;
  if (!call.input_value(value)) return false;
  if (call.input.empty()) return true;
  out.push_back(Item::boolean(convert(value).has_value()));
  return true;
}

/// toQuantity(unit): also converted to that unit.
bool quantity_in(Call& call, Collection& out) {
  Item value;
  if (!call.input_value(value)) return false;
  const auto quantity = value.is(ItemKind::kNone) ? std::nullopt : to_quantity_value(value);
  if (!quantity) return true;
  std::optional<Text> unit;
  if (call.argument_count() == 1 && !call.argument_string(0, unit)) return false;
  if (!unit.has_value()) return out.push_back(*quantity), true;
  auto zero = to_quantity(Decimal{0}, unit->view());
  if (auto sum = add(zero, quantity->as_quantity())) out.push_back(Item::quantity(std::move(*sum)));
  return true;
}

bool is(Call& call, Collection& out) {
  if (call.input.empty()) return true;
  if (call.input.size() > 1) return call.fail("is() takes a single item");
  out.push_back(Item::boolean(is_type(call.input.front(), call.node.type, Subtypes::kInclude)));
  return true;
}

bool as(Call& call, Collection& out) {
  if (call.input.size() > 1)
    return call.fail("as() takes a single item; ofType() filters several by their type");
  if (!call.input.empty() && is_type(call.input.front(), call.node.type, Subtypes::kExclude))
    out.push_back(call.input.front());
  return true;
}

bool iif(Call& call, Collection& out) {
  if (call.input.size() > 1) return call.fail("iif() is called on a single item or none");
  const Frame inner{.self = call.input, .index = call.frame.index, .total = call.frame.total};
  std::optional<bool> holds;
  if (!call.evaluation.run_boolean(call.node.arguments[0], inner, holds)) return false;
  if (holds == true) return call.evaluation.run(call.node.arguments[1], inner, out);
  return call.argument_count() < 3 || call.evaluation.run(call.node.arguments[2], inner, out);
}

using enum ResultType;
using enum Ordering;
constexpr auto kLambdas = FunctionDef::Arguments::kLambdas;

constexpr std::array kFunctions{
    FunctionDef{"iif", 2, 3, iif, kUnknown, kIndifferent, kLambdas},
    FunctionDef{"is", 1, 1, is},
    FunctionDef{"as", 1, 1, as, kArgument},
    FunctionDef{"toBoolean", 0, 0, converted<to_boolean_value>},
    FunctionDef{"convertsToBoolean", 0, 0, converts<to_boolean_value>},
    FunctionDef{"toInteger", 0, 0, converted<to_integer_value>},
    FunctionDef{"convertsToInteger", 0, 0, converts<to_integer_value>},
    FunctionDef{"toDecimal", 0, 0, converted<to_decimal_value>},
    FunctionDef{"convertsToDecimal", 0, 0, converts<to_decimal_value>},
    FunctionDef{"toDate", 0, 0, converted<to_date_value>},
    FunctionDef{"convertsToDate", 0, 0, converts<to_date_value>},
    FunctionDef{"toDateTime", 0, 0, converted<to_date_time_value>},
    FunctionDef{"convertsToDateTime", 0, 0, converts<to_date_time_value>},
    FunctionDef{"toTime", 0, 0, converted<to_time_value>},
    FunctionDef{"convertsToTime", 0, 0, converts<to_time_value>},
    FunctionDef{"toQuantity", 0, 1, quantity_in},
    FunctionDef{"convertsToQuantity", 0, 1, converts<to_quantity_value>},
    FunctionDef{"toString", 0, 0, converted<to_string_value>},
    FunctionDef{"convertsToString", 0, 0, converts<to_string_value>},
};

}  // namespace

std::span<const FunctionDef> conversion_functions() { return kFunctions; }

}  // namespace kap::fhir::path
