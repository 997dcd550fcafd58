#include "fhir/search/convert.h"

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>

#include "fhir/definitions/types.h"
#include "fhir/definitions/value_sets.h"
#include "fhir/json/value.h"
#include "fhir/path/decimal.h"
#include "fhir/path/json_model.h"
#include "fhir/path/model.h"
#include "fhir/path/quantity.h"

namespace kap::fhir::search {
namespace {

using definitions::SearchType;
using json::Value;
using path::Item;
using path::ItemKind;
using Entries = std::vector<EntryValue>;

constexpr std::string_view kUcum = "http://unitsofmeasure.org";
constexpr std::string_view kCurrency = "urn:iso:std:iso:4217";
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// What an item is to the converters: its FHIR type and its JSON.
struct Source {
  std::string_view type;
  const Value* value = nullptr;
  const path::Element* element = nullptr;
};

// String -------------------------------------------------------------------------------------

void add_string(const Value* value, Entries& out) {
  if (value == nullptr) return;
  if (value->is_array()) {
    for (const Value& item : value->items()) add_string(&item, out);
  } else if (value->is_string() && !value->text().empty()) {
    out.emplace_back(
        StringEntry{.normalized = normalize(value->text()), .exact = std::string(value->text())});
  }
}

void convert_string(const Source& source, Entries& out) {
  static constexpr std::array<std::string_view, 5> kName{"family", "given", "prefix", "suffix",
                                                         "text"};
  static constexpr std::array<std::string_view, 7> kAddress{
      "line", "city", "district", "state", "postalCode", "country", "text"};
  if (source.type == "HumanName") {
    for (const auto part : kName) add_string(source.value->find(part), out);
  } else if (source.type == "Address") {
    for (const auto part : kAddress) add_string(source.value->find(part), out);
  } else if (source.type == "CodeableConcept" || source.type == "Annotation") {
    add_string(source.value->find("text"), out);
  } else {
    add_string(source.value, out);
  }
}

// Token --------------------------------------------------------------------------------------

void add_token(std::string_view system, std::string_view code, Entries& out) {
  if (system.empty() && code.empty()) return;
  out.emplace_back(TokenEntry{.system = std::string(system), .code = std::string(code)});
}

void add_text(std::string_view text, Entries& out) {
  std::string normalized = normalize(text);
  if (!normalized.empty()) out.emplace_back(TextEntry{std::move(normalized)});
}

std::span<const Value> items(const Value& object, std::string_view name) {
  const Value* list = object.find(name);
  return list == nullptr ? std::span<const Value>() : list->items();
}

void add_concept(const Value& concept_value, Entries& out) {
  for (const Value& coding : items(concept_value, "coding"))
    add_token(coding.string("system"), coding.string("code"), out);
  for (const Value& coding : items(concept_value, "coding"))
    add_text(coding.string("display"), out);
  add_text(concept_value.string("text"), out);
}

void add_identifier(const Value& identifier, Entries& out) {
  const std::string_view value = identifier.string("value");
  add_token(identifier.string("system"), value, out);
  const Value* type = identifier.find("type");
  if (type == nullptr) return;
  for (const Value& coding : items(*type, "coding")) {
    if (value.empty() || coding.string("code").empty()) continue;
    out.emplace_back(TypedIdentifierEntry{.system = std::string(coding.string("system")),
                                          .code = std::string(coding.string("code")),
                                          .value = std::string(value)});
  }
  add_text(type->string("text"), out);
}

/// A `code` has the system of its required binding.
std::string_view implied_system(const Source& source) {
  const auto* definition =
      source.element == nullptr ? nullptr : path::json_definition(*source.element);
  if (source.type != "code" || definition == nullptr || definition->binding == nullptr) return {};
  const definitions::Binding& binding = *definition->binding;
  if (binding.strength != definitions::BindingStrength::kRequired || binding.value_set == nullptr)
    return {};
  const auto* code = definitions::find_code(*binding.value_set, source.value->text());
  return code == nullptr ? std::string_view{} : code->system;
}

void convert_token(const Source& source, Entries& out) {
  const Value& value = *source.value;
  if (!value.is_object()) {
    add_token(implied_system(source), value.text(), out);
  } else if (source.type == "CodeableConcept") {
    add_concept(value, out);
  } else if (source.type == "Coding") {
    add_token(value.string("system"), value.string("code"), out);
    add_text(value.string("display"), out);
  } else if (source.type == "Identifier") {
    add_identifier(value, out);
  } else if (source.type == "ContactPoint") {
    add_token({}, value.string("value"), out);
  }
}

// Reference ----------------------------------------------------------------------------------

void convert_reference(const Source& source, Entries& out) {
  const Value& value = *source.value;
  if (value.is_string()) {
    // A canonical or uri: the URL is the name, its version is not part of it.
    const std::size_t bar = value.text().find('|');
    const std::string_view text = value.text().substr(0, bar);
    if (source.type == "canonical" && !text.empty() && text.front() != '#')
      out.emplace_back(ReferenceEntry{.type = std::string(referenced_type(text)),
                                      .id = {},
                                      .url = std::string(text),
                                      .version = bar == std::string_view::npos
                                                     ? ""
                                                     : std::string(value.text().substr(bar + 1))});
    else if (auto entry = parse_reference(text))
      out.emplace_back(std::move(*entry));
    return;
  }
  if (definitions::find_resource_type(source.type) != nullptr) {
    if (!value.string("id").empty())
      out.emplace_back(ReferenceEntry{
          .type = std::string(source.type), .id = std::string(value.string("id")), .url = {}});
    return;
  }
  if (auto entry = parse_reference(value.string("reference"))) out.emplace_back(std::move(*entry));
  if (const Value* identifier = value.find("identifier"))
    add_token(identifier->string("system"), identifier->string("value"), out);
}

// Date ---------------------------------------------------------------------------------------

std::optional<DateEntry> date_of(const Value* value) {
  if (value == nullptr || !value->is_string()) return std::nullopt;
  const auto moment = path::Moment::parse_date_time(value->text());
  return moment ? std::optional(to_date(*moment)) : std::nullopt;
}

void add_period(const Value& period, Entries& out) {
  const auto start = date_of(period.find("start"));
  const auto end = date_of(period.find("end"));
  if (!start && !end) return;
  out.emplace_back(DateEntry{.low = start ? start->low : std::numeric_limits<std::int64_t>::min(),
                             .high = end ? end->high : std::numeric_limits<std::int64_t>::max()});
}

/// The events and the bounds of a Timing span one range.
void add_timing(const Value& timing, Entries& out) {
  DateEntry range{.low = std::numeric_limits<std::int64_t>::max(),
                  .high = std::numeric_limits<std::int64_t>::min()};
  if (const Value* events = timing.find("event")) {
    for (const Value& event : events->items()) {
      const auto date = date_of(&event);
      if (!date) continue;
      range.low = std::min(range.low, date->low);
      range.high = std::max(range.high, date->high);
    }
  }
  if (range.low < range.high) out.emplace_back(range);
  const Value* repeat = timing.find("repeat");
  const Value* bounds = repeat == nullptr ? nullptr : repeat->find("boundsPeriod");
  if (bounds != nullptr) add_period(*bounds, out);
}

void convert_date(const Source& source, Entries& out) {
  if (source.type == "Period") return add_period(*source.value, out);
  if (source.type == "Timing") return add_timing(*source.value, out);
  if (const auto date = date_of(source.value)) out.emplace_back(*date);
}

// Number and quantity ------------------------------------------------------------------------

std::optional<path::Decimal> decimal_of(const Value* value) {
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return path::Decimal::parse(value->text());
}

NumberEntry number_of(path::Decimal value, std::string_view comparator) {
  const double number = value.to_double();
  if (comparator == "<" || comparator == "<=") return {.low = -kInfinity, .high = number};
  if (comparator == ">" || comparator == ">=") return {.low = number, .high = kInfinity};
  return {.low = number, .high = number};
}

void set_canonical(QuantityEntry& entry, const std::optional<path::Decimal>& low,
                   const std::optional<path::Decimal>& high, std::string_view comparator) {
  if (entry.system != kUcum || entry.code.empty()) return;
  const auto bound = [&](const std::optional<path::Decimal>& value) {
    return value ? path::to_canonical(*value, entry.code) : std::nullopt;
  };
  const auto from = bound(low);
  const auto to = low == high ? from : bound(high);
  if (!from && !to) return;
  entry.canonical_code = from ? from->unit : to->unit;
  entry.canonical = from && low == high
                        ? number_of(from->value, comparator)
                        : NumberEntry{.low = from ? from->value.to_double() : -kInfinity,
                                      .high = to ? to->value.to_double() : kInfinity};
}

void add_quantity(const Value& quantity, Entries& out) {
  const auto value = decimal_of(quantity.find("value"));
  if (!value) return;
  const std::string_view comparator = quantity.string("comparator");
  QuantityEntry entry{.value = number_of(*value, comparator),
                      .system = std::string(quantity.string("system")),
                      .code = std::string(quantity.string("code")),
                      .unit = std::string(quantity.string("unit")),
                      .canonical = {},
                      .canonical_code = {}};
  set_canonical(entry, value, value, comparator);
  out.emplace_back(std::move(entry));
}

void add_range(const Value& range, Entries& out) {
  const Value* low = range.find("low");
  const Value* high = range.find("high");
  const auto from = low == nullptr ? std::nullopt : decimal_of(low->find("value"));
  const auto to = high == nullptr ? std::nullopt : decimal_of(high->find("value"));
  if (!from && !to) return;
  const Value& stated = from ? *low : *high;
  QuantityEntry entry{.value = {.low = from ? from->to_double() : -kInfinity,
                                .high = to ? to->to_double() : kInfinity},
                      .system = std::string(stated.string("system")),
                      .code = std::string(stated.string("code")),
                      .unit = std::string(stated.string("unit")),
                      .canonical = {},
                      .canonical_code = {}};
  set_canonical(entry, from, to, {});
  out.emplace_back(std::move(entry));
}

void convert_quantity(const Source& source, Entries& out) {
  const Value& value = *source.value;
  if (source.type == "Range") return add_range(value, out);
  if (source.type == "Money") {
    if (const auto amount = decimal_of(value.find("value")))
      out.emplace_back(QuantityEntry{.value = number_of(*amount, {}),
                                     .system = std::string(kCurrency),
                                     .code = std::string(value.string("currency")),
                                     .unit = {},
                                     .canonical = {},
                                     .canonical_code = {}});
    return;
  }
  if (value.is_object()) return add_quantity(value, out);
  if (const auto number = decimal_of(&value))
    out.emplace_back(QuantityEntry{.value = number_of(*number, {}),
                                   .system = {},
                                   .code = {},
                                   .unit = {},
                                   .canonical = {},
                                   .canonical_code = {}});
}

void convert_number(const Source& source, Entries& out) {
  if (const auto number = decimal_of(source.value)) {
    out.emplace_back(number_of(*number, {}));
  } else if (source.type == "Range") {
    Entries range;
    add_range(*source.value, range);
    for (const EntryValue& entry : range) out.emplace_back(std::get<QuantityEntry>(entry).value);
  }
}

/// A canonical with a version is also found without it.
void convert_uri(const Source& source, Entries& out) {
  if (!source.value->is_string()) return;
  const std::string_view text = source.value->text();
  out.emplace_back(UriEntry{std::string(text)});
  const std::size_t bar = text.find('|');
  if (source.type == "canonical" && bar != std::string_view::npos)
    out.emplace_back(UriEntry{std::string(text.substr(0, bar))});
}

/// A System value: what an expression such as `deceased.exists() and …` yields.
void convert_system(const Item& item, SearchType type, Entries& out) {
  const std::string text = path::to_text(item);
  if (type == SearchType::kToken)
    add_token({}, text, out);
  else if (type == SearchType::kString)
    out.emplace_back(StringEntry{.normalized = normalize(text), .exact = text});
  else if (type == SearchType::kUri)
    out.emplace_back(UriEntry{text});
  else if (type == SearchType::kDate && item.is(ItemKind::kMoment))
    out.emplace_back(to_date(item.as_moment()));
}

}  // namespace

DateEntry to_date(const path::Moment& moment) {
  return {.low = moment.first_millisecond(), .high = moment.end_millisecond()};
}

void convert(const Item& item, SearchType type, Entries& out) {
  if (!item.is(ItemKind::kElement)) return convert_system(item, type, out);
  const path::Element& element = item.as_element();
  Source source{.type = element.model->type(element).name,
                .value = path::json_value(element),
                .element = &element};
  if (source.value == nullptr) return;
  if (source.type == "Extension") {
    path::Collection values;
    element.model->children(element, "value", values);
    for (const Item& value : values) convert(value, type, out);
    return;
  }
  switch (type) {
    case SearchType::kString:
      return convert_string(source, out);
    case SearchType::kToken:
      return convert_token(source, out);
    case SearchType::kReference:
      return convert_reference(source, out);
    case SearchType::kDate:
      return convert_date(source, out);
    case SearchType::kNumber:
      return convert_number(source, out);
    case SearchType::kQuantity:
      return convert_quantity(source, out);
    case SearchType::kUri:
      return convert_uri(source, out);
    case SearchType::kComposite:
    case SearchType::kSpecial:
      return;
  }
}

}  // namespace kap::fhir::search
