#include <array>

#include "fhir/base/clock.h"
#include "fhir/path/function.h"
#include "fhir/path/model.h"

/// FHIRPath N1 sections 5.9 and 7 (aggregate).
namespace kap::fhir::path {
namespace {

bool trace(Call& call, Collection& out) {
  std::optional<Text> name;
  if (!call.argument_string(0, name)) return false;
  const std::string_view title = name ? name->view() : std::string_view();
  if (call.argument_count() == 2) {
    Collection shown;
    std::int64_t index = 0;
    for (const Item& item : call.input)
      if (!call.lambda(1, item, index++, shown)) return false;
    call.evaluation.host().trace(title, shown);
  } else {
    call.evaluation.host().trace(title, call.input);
  }
  out.insert(out.end(), call.input.begin(), call.input.end());
  return true;
}

bool read_clock(Call& call, Moment& out) {
  const auto now = call.evaluation.now();
  if (!now) return call.fail("this evaluation has no clock");
  out = *Moment::parse_date_time(to_fhir_instant(*now));
  return true;
}

bool now(Call& call, Collection& out) {
  Moment moment;
  if (!read_clock(call, moment)) return false;
  out.push_back(Item::moment(moment));
  return true;
}

bool today(Call& call, Collection& out) {
  Moment moment;
  if (!read_clock(call, moment)) return false;
  out.push_back(Item::moment(*Moment::parse_date(moment.text().substr(0, 10))));
  return true;
}

bool time_of_day(Call& call, Collection& out) {
  Moment moment;
  if (!read_clock(call, moment)) return false;
  out.push_back(Item::moment(*Moment::parse_time(moment.text().substr(11, 12))));
  return true;
}

bool aggregate(Call& call, Collection& out) {
  Collection total;
  if (call.argument_count() == 2 && !call.argument(1, total)) return false;
  std::int64_t index = 0;
  for (const Item& item : call.input) {
    const Frame inner{.self = {&item, 1}, .index = index++, .total = &total};
    Collection next;
    if (!call.evaluation.run(call.node.arguments[0], inner, next)) return false;
    total = std::move(next);
  }
  out.insert(out.end(), total.begin(), total.end());
  return true;
}

bool type(Call& call, Collection& out) {
  for (const Item& item : call.input) out.push_back(Item::type(type_of(item)));
  return true;
}

using enum ResultType;
using enum Ordering;
constexpr auto kLambdas = FunctionDef::Arguments::kLambdas;

constexpr std::array kFunctions{
    FunctionDef{"trace", 1, 2, trace, kInput, kIndifferent, kLambdas},
    FunctionDef{"now", 0, 0, now},
    FunctionDef{"today", 0, 0, today},
    FunctionDef{"timeOfDay", 0, 0, time_of_day},
    FunctionDef{"aggregate", 1, 2, aggregate, kUnknown, kIndifferent, kLambdas},
    FunctionDef{"type", 0, 0, type},
};

}  // namespace

std::span<const FunctionDef> utility_functions() { return kFunctions; }

}  // namespace kap::fhir::path
