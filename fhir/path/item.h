#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <boost/container/small_vector.hpp>

#include "fhir/path/decimal.h"
#include "fhir/path/element.h"
#include "fhir/path/moment.h"

namespace kap::fhir::path {

/// A string that is either borrowed (from the instance or the expression) or shared.
class Text {
 public:
  Text() = default;
  [[nodiscard]] static Text borrowed(std::string_view text) { return Text(text, nullptr); }
  [[nodiscard]] static Text owned(std::string text) {
    auto shared = std::make_shared<const std::string>(std::move(text));
    const std::string_view view = *shared;
    return Text(view, std::move(shared));
  }

  [[nodiscard]] std::string_view view() const { return view_; }

 private:
  Text(std::string_view view, std::shared_ptr<const std::string> owner)
      : view_(view), owner_(std::move(owner)) {}

  std::string_view view_;
  std::shared_ptr<const std::string> owner_;
};

/// A System.Quantity. `unit` is a UCUM code (`mg`) or, with `calendar`, a calendar duration in the
/// singular (`day`).
struct Quantity {
  Decimal value;
  std::string unit;
  enum class Unit : std::uint8_t { kUcum, kCalendar } kind = Unit::kUcum;
};

enum class ItemKind : std::uint8_t {
  kNone,
  kBoolean,
  kInteger,
  kDecimal,
  kString,
  kMoment,
  kQuantity,
  kElement,
  kType
};

/// One member of a collection: a System value or an Element.
class Item {
 public:
  Item() = default;
  [[nodiscard]] static Item boolean(bool value) { return Item(value); }
  [[nodiscard]] static Item integer(std::int64_t value) { return Item(value); }
  [[nodiscard]] static Item decimal(Decimal value) { return Item(value); }
  [[nodiscard]] static Item string(Text text) { return Item(std::move(text)); }
  [[nodiscard]] static Item string(std::string text) { return Item(Text::owned(std::move(text))); }
  [[nodiscard]] static Item borrowed(std::string_view text) { return Item(Text::borrowed(text)); }
  [[nodiscard]] static Item moment(Moment moment) { return Item(moment); }
  [[nodiscard]] static Item quantity(Quantity quantity) {
    return Item(std::make_shared<const Quantity>(std::move(quantity)));
  }
  [[nodiscard]] static Item type(TypeName type) { return Item(type); }
  Item(const Element& element) : value_(element) {}  // NOLINT: an Element is an Item

  [[nodiscard]] ItemKind kind() const { return static_cast<ItemKind>(value_.index()); }
  [[nodiscard]] bool is(ItemKind kind) const { return this->kind() == kind; }

  /// Each asks for the kind it names.
  [[nodiscard]] bool as_boolean() const { return std::get<bool>(value_); }
  [[nodiscard]] std::int64_t as_integer() const { return std::get<std::int64_t>(value_); }
  [[nodiscard]] const Decimal& as_decimal() const { return std::get<Decimal>(value_); }
  [[nodiscard]] std::string_view as_string() const { return std::get<Text>(value_).view(); }
  [[nodiscard]] const Text& text() const { return std::get<Text>(value_); }
  [[nodiscard]] const Moment& as_moment() const { return std::get<Moment>(value_); }
  [[nodiscard]] const Quantity& as_quantity() const {
    return *std::get<std::shared_ptr<const Quantity>>(value_);
  }
  [[nodiscard]] const Element& as_element() const { return std::get<Element>(value_); }
  [[nodiscard]] const TypeName& as_type() const { return std::get<TypeName>(value_); }

 private:
  template <class T>
  explicit Item(T value) : value_(std::move(value)) {}

  std::variant<std::monostate, bool, std::int64_t, Decimal, Text, Moment,
               std::shared_ptr<const Quantity>, Element, TypeName>
      value_;
};
static_assert(sizeof(Item) <= 48);

/// An ordered collection; up to four items need no heap.
using Collection = boost::container::small_vector<Item, 4>;

/// The System value of an item: an element's primitive value (or Quantity), other items as they
/// are; kind kNone where an element has no value.
[[nodiscard]] Item to_value(const Item& item);

/// The text of toString(): FHIR's literal forms; empty for what has none (complex elements).
[[nodiscard]] std::string to_text(const Item& item);

}  // namespace kap::fhir::path
