#include "fhir/path/function.h"

#include <fmt/format.h>

#include <string>
#include <unordered_map>

namespace kap::fhir::path {
namespace {

std::unordered_map<std::string_view, const FunctionDef*> index_functions() {
  std::unordered_map<std::string_view, const FunctionDef*> out;
  for (const auto table :
       {existence_functions(), filtering_functions(), subsetting_functions(), combining_functions(),
        conversion_functions(), string_functions(), encoding_functions(), math_functions(),
        navigation_functions(), utility_functions(), boundary_functions(), fhir_functions()})
    for (const FunctionDef& function : table) out.emplace(function.name, &function);
  return out;
}

}  // namespace

const FunctionDef* find_function(std::string_view name) {
  static const auto index = index_functions();
  const auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

bool Call::lambda(std::size_t argument, const Item& item, std::int64_t index, Collection& out) {
  const Frame inner{.self = {&item, 1}, .index = index, .total = frame.total};
  return evaluation.run(node.arguments[argument], inner, out);
}

bool Call::criterion(std::size_t argument, const Item& item, std::int64_t index,
                     std::optional<bool>& out) {
  const Frame inner{.self = {&item, 1}, .index = index, .total = frame.total};
  return evaluation.run_boolean(node.arguments[argument], inner, out);
}

namespace {

bool single_value(Call& call, const Collection& items, std::string_view what, Item& out) {
  out = Item{};
  if (items.empty()) return true;
  if (items.size() > 1)
    return call.fail(fmt::format("{} is a single item or empty; it has {}", what, items.size()));
  out = to_value(items.front());
  return true;
}

bool to_string(Call& call, const Item& value, std::string_view what, std::optional<Text>& out) {
  out.reset();
  if (value.is(ItemKind::kNone)) return true;
  if (!value.is(ItemKind::kString))
    return call.fail(fmt::format("{} is a string, not a {}", what, type_of(value).name));
  out = value.text();
  return true;
}

}  // namespace

bool Call::input_value(Item& out) { return single_value(*this, input, "the input", out); }

bool Call::argument_value(std::size_t index, Item& out) {
  Collection items;
  return argument(index, items) && single_value(*this, items, "an argument", out);
}

bool Call::input_string(std::optional<Text>& out) {
  Item value;
  if (!input_value(value)) return false;
  if (value.is(ItemKind::kNone) && !input.empty() && input.front().is(ItemKind::kElement)) {
    const TypeName type = type_of(input.front());
    if (!type.name.empty() && type.name.front() >= 'A' && type.name.front() <= 'Z')
      return fail(fmt::format("the input is a string, not a {}", type.name));
  }
  return to_string(*this, value, "the input", out);
}

bool Call::argument_string(std::size_t index, std::optional<Text>& out) {
  Item value;
  return argument_value(index, value) && to_string(*this, value, "the argument", out);
}

bool Call::argument_integer(std::size_t index, std::optional<std::int64_t>& out) {
  out.reset();
  Item value;
  if (!argument_value(index, value)) return false;
  if (value.is(ItemKind::kNone)) return true;
  if (!value.is(ItemKind::kInteger))
    return fail(fmt::format("the argument is an integer, not a {}", type_of(value).name));
  out = value.as_integer();
  return true;
}

}  // namespace kap::fhir::path
