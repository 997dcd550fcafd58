#include <array>
#include <cmath>
#include <optional>

#include "fhir/path/function.h"

/// FHIRPath N1 section 5.7. Roots, powers and logarithms are carried to 15 significant digits.
namespace kap::fhir::path {
namespace {

/// The input as a number; nothing when empty.
bool number_of(Call& call, const Item& value, std::optional<Decimal>& out) {
  out.reset();
  if (value.is(ItemKind::kNone)) return true;
  if (value.is(ItemKind::kInteger))
    out = Decimal(value.as_integer());
  else if (value.is(ItemKind::kDecimal))
    out = value.as_decimal();
  else
    return call.fail("a number is asked for here");
  return true;
}

bool input_number(Call& call, std::optional<Decimal>& out, bool* integer = nullptr) {
  Item value;
  if (!call.input_value(value)) return false;
  if (integer != nullptr) *integer = value.is(ItemKind::kInteger);
  return number_of(call, value, out);
}

bool argument_number(Call& call, std::size_t index, std::optional<Decimal>& out) {
  Item value;
  return call.argument_value(index, value) && number_of(call, value, out);
}

bool yields(Collection& out, std::optional<Decimal> value) {
  if (value) out.push_back(Item::decimal(*value));
  return true;
}

bool yields_integer(Collection& out, std::optional<Decimal> value) {
  const auto integer = value ? value->to_integer() : std::nullopt;
  if (integer) out.push_back(Item::integer(*integer));
  return true;
}

bool abs_of(Call& call, Collection& out) {
  Item value;
  if (!call.input_value(value)) return false;
  if (value.is(ItemKind::kQuantity)) {
    Quantity quantity = value.as_quantity();
    if (quantity.value.is_negative()) quantity.value = quantity.value.negated();
    out.push_back(Item::quantity(std::move(quantity)));
    return true;
  }
  std::optional<Decimal> number;
  if (!number_of(call, value, number)) return false;
  if (number && number->is_negative()) number = number->negated();
  return value.is(ItemKind::kInteger) ? yields_integer(out, number) : yields(out, number);
}

template <Decimal::Rounding rounding>
bool whole(Call& call, Collection& out) {
  std::optional<Decimal> number;
  if (!input_number(call, number)) return false;
  return yields_integer(out, number ? number->rescaled(0, rounding) : std::nullopt);
}

bool round_to(Call& call, Collection& out) {
  std::optional<Decimal> number;
  std::optional<std::int64_t> places;
  bool integer = false;
  if (!input_number(call, number, &integer)) return false;
  if (call.argument_count() == 1 && !call.argument_integer(0, places)) return false;
  if (places && *places < 0) return call.fail("round() takes a precision of 0 or more");
  if (!number) return true;
  const auto scale = static_cast<int>(std::min<std::int64_t>(places.value_or(0), 28));
  const auto rounded = scale >= number->scale()
                           ? number
                           : number->rescaled(scale, Decimal::Rounding::kHalfAwayFromZero);
  return integer ? yields_integer(out, rounded) : yields(out, rounded);
}

template <double (*function)(double)>
bool real(Call& call, Collection& out) {
  std::optional<Decimal> number;
  if (!input_number(call, number)) return false;
  return yields(out, number ? Decimal::from_double(function(number->to_double())) : std::nullopt);
}

bool log_of(Call& call, Collection& out) {
  std::optional<Decimal> number;
  std::optional<Decimal> base;
  if (!input_number(call, number) || !argument_number(call, 0, base)) return false;
  if (!number || !base) return true;
  return yields(out,
                Decimal::from_double(std::log(number->to_double()) / std::log(base->to_double())));
}

/// Small whole exponents are exact.
std::optional<Decimal> exact_power(Decimal base, std::int64_t exponent) {
  Decimal out{1};
  for (std::int64_t i = 0; i < exponent; ++i) {
    const auto next = multiply(out, base);
    if (!next) return std::nullopt;
    out = *next;
  }
  return out;
}

bool power(Call& call, Collection& out) {
  std::optional<Decimal> base;
  std::optional<Decimal> exponent;
  bool integer = false;
  if (!input_number(call, base, &integer) || !argument_number(call, 0, exponent)) return false;
  if (!base || !exponent) return true;
  const auto whole_exponent = exponent->to_integer();
  if (whole_exponent && *whole_exponent >= 0 && *whole_exponent <= 64) {
    const auto exact = exact_power(*base, *whole_exponent);
    if (exact) return integer ? yields_integer(out, exact) : yields(out, exact);
  }
  return yields(out, Decimal::from_double(std::pow(base->to_double(), exponent->to_double())));
}

constexpr std::array kFunctions{
    FunctionDef{"abs", 0, 0, abs_of},
    FunctionDef{"ceiling", 0, 0, whole<Decimal::Rounding::kUp>},
    FunctionDef{"floor", 0, 0, whole<Decimal::Rounding::kDown>},
    FunctionDef{"truncate", 0, 0, whole<Decimal::Rounding::kTruncate>},
    FunctionDef{"round", 0, 1, round_to},
    FunctionDef{"exp", 0, 0, real<std::exp>},
    FunctionDef{"ln", 0, 0, real<std::log>},
    FunctionDef{"sqrt", 0, 0, real<std::sqrt>},
    FunctionDef{"log", 1, 1, log_of},
    FunctionDef{"power", 1, 1, power},
};

}  // namespace

std::span<const FunctionDef> math_functions() { return kFunctions; }

}  // namespace kap::fhir::path
