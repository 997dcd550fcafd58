#include "mappings/engine/types.h"

#include <algorithm>

#include "fhir/path/moment.h"

namespace kap::mappings {

using definitions::Primitive;

Primitive Type::primitive() const {
  if (fhir != nullptr) return fhir->primitive;
  return scalar != nullptr ? scalar->primitive : Primitive::kNone;
}

std::string_view to_text(Primitive primitive) {
  switch (primitive) {
    case Primitive::kNone:
      return "complex";
    case Primitive::kBase64Binary:
      return "base64Binary";
    case Primitive::kBoolean:
      return "boolean";
    case Primitive::kCanonical:
      return "canonical";
    case Primitive::kCode:
      return "code";
    case Primitive::kDate:
      return "date";
    case Primitive::kDateTime:
      return "dateTime";
    case Primitive::kDecimal:
      return "decimal";
    case Primitive::kId:
      return "id";
    case Primitive::kInstant:
      return "instant";
    case Primitive::kInteger:
      return "integer";
    case Primitive::kMarkdown:
      return "markdown";
    case Primitive::kOid:
      return "oid";
    case Primitive::kPositiveInt:
      return "positiveInt";
    case Primitive::kString:
      return "string";
    case Primitive::kTime:
      return "time";
    case Primitive::kUnsignedInt:
      return "unsignedInt";
    case Primitive::kUri:
      return "uri";
    case Primitive::kUrl:
      return "url";
    case Primitive::kUuid:
      return "uuid";
    case Primitive::kXhtml:
      return "xhtml";
  }
  return "";
}

std::string to_text(const Type& type) {
  if (type.fhir != nullptr) return std::string(type.fhir->name);
  if (type.message != nullptr) return type.message->name;
  if (type.scalar != nullptr) {
    return type.scalar->enumeration != nullptr ? type.scalar->enumeration->name
                                               : std::string(to_text(type.scalar->primitive));
  }
  return "an unknown type";
}

std::optional<Child> find_child(const Type& type, std::string_view name) {
  Child out;
  if (type.message != nullptr) {
    const ClinicField* field = type.message->find(name);
    if (field == nullptr) return std::nullopt;
    out.name = field->name;
    out.types.push_back(field->message != nullptr ? Type{.message = field->message}
                                                  : Type{.scalar = field});
    out.min = field->rule.required ? 1 : 0;
    out.max = field->is_repeated ? definitions::kUnbounded : 1;
    out.field = field;
    return out;
  }
  if (type.primitive() != Primitive::kNone && name == "value") {
    out.name = "value";
    out.types.push_back(type);
    return out;
  }
  if (type.fhir == nullptr) return std::nullopt;
  const definitions::ElementDef* element = definitions::find_element(*type.fhir, name);
  if (element == nullptr) return std::nullopt;
  out.name = element->name;
  for (const definitions::TypeRef& ref : element->types) {
    if (ref.type != nullptr) out.types.push_back({.fhir = ref.type});
  }
  out.min = element->min;
  out.max = element->max;
  out.element = element;
  return out;
}

std::vector<std::string_view> child_names(const Type& type) {
  std::vector<std::string_view> out;
  if (type.message != nullptr) {
    for (const ClinicField& field : type.message->fields) out.push_back(field.name);
  }
  if (type.fhir != nullptr) {
    for (const definitions::ElementDef& element : type.fhir->elements) out.push_back(element.name);
  }
  if (type.primitive() != Primitive::kNone) out.push_back("value");
  return out;
}

namespace {

bool is_text(Primitive p) {
  switch (p) {
    case Primitive::kString:
    case Primitive::kCode:
    case Primitive::kId:
    case Primitive::kMarkdown:
    case Primitive::kUri:
    case Primitive::kUrl:
    case Primitive::kCanonical:
    case Primitive::kOid:
    case Primitive::kUuid:
      return true;
    default:
      return false;
  }
}

bool is_integer(Primitive p) {
  return p == Primitive::kInteger || p == Primitive::kPositiveInt || p == Primitive::kUnsignedInt;
}

}  // namespace

Conversion conversion(const Type& from_type, Primitive to) {
  const Primitive from = from_type.primitive();
  if (from == Primitive::kNone || to == Primitive::kNone) return Conversion::kNever;
  if (from == to) return Conversion::kImplicit;
  if (is_text(from) && is_text(to)) return Conversion::kImplicit;
  if (is_integer(from) && (is_integer(to) || to == Primitive::kDecimal)) {
    return Conversion::kImplicit;
  }
  if (from == Primitive::kDate && to == Primitive::kDateTime) return Conversion::kImplicit;
  if (from == Primitive::kInstant && to == Primitive::kDateTime) return Conversion::kImplicit;
  // A clinic's date-time has seconds and an offset, all that an instant needs.
  const bool full = from_type.scalar != nullptr && from == Primitive::kDateTime;
  if (full && to == Primitive::kInstant) return Conversion::kImplicit;
  // Markup is made by an explicit cast alone; the narrative rules are the validator's to check.
  if (from == Primitive::kXhtml) return Conversion::kNever;
  return Conversion::kCast;
}

bool is_bare(Primitive primitive) {
  return primitive == Primitive::kBoolean || primitive == Primitive::kDecimal ||
         is_integer(primitive);
}

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
  });
}

bool is_whole(std::string_view text, bool negative, std::int64_t least) {
  if (negative && text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || text.size() > 10 || (text.size() > 1 && text.front() == '0')) return false;
  std::int64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    value = value * 10 + (c - '0');
  }
  return value >= least && value <= 2147483648LL;
}

bool is_decimal(std::string_view text) {
  std::size_t i = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = i;
  while (i < text.size() && is_digit(text[i])) ++i;
  if (i == whole || (text[whole] == '0' && i - whole > 1)) return false;
  if (i < text.size() && text[i] == '.') {
    const std::size_t fraction = ++i;
    while (i < text.size() && is_digit(text[i])) ++i;
    if (i == fraction) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    const std::size_t exponent = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    if (i == exponent) return false;
  }
  return i == text.size();
}

bool is_code(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || (c == ' ' && text[i - 1] == ' ')) return false;
  }
  return true;
}

bool is_uri(std::string_view text) {
  return !text.empty() && text.find_first_of(" \t\r\n") == std::string_view::npos;
}

bool is_moment(Primitive primitive, std::string_view text) {
  using fhir::path::Moment;
  using fhir::path::Precision;
  if (primitive == Primitive::kTime) {
    const auto time = Moment::parse_time(text);
    return time && time->precision >= Precision::kSecond;
  }
  if (primitive == Primitive::kDate) return Moment::parse_date(text).has_value();
  const auto moment = Moment::parse_date_time(text);
  if (!moment || text.ends_with('T')) return false;
  const bool has_time = moment->precision > Precision::kDay;
  if (primitive == Primitive::kInstant && !has_time) return false;
  return !has_time || (moment->precision >= Precision::kSecond && moment->has_offset);
}

}  // namespace

bool is_valid(Primitive primitive, std::string_view text) {
  switch (primitive) {
    case Primitive::kBoolean:
      return text == "true" || text == "false";
    case Primitive::kInteger:
      return is_whole(text, true, 0) && text != "2147483648";
    case Primitive::kUnsignedInt:
      return is_whole(text, false, 0) && text != "2147483648";
    case Primitive::kPositiveInt:
      return is_whole(text, false, 1) && text != "2147483648";
    case Primitive::kDecimal:
      return is_decimal(text);
    case Primitive::kId:
      return is_id(text);
    case Primitive::kCode:
      return is_code(text);
    case Primitive::kUri:
    case Primitive::kUrl:
    case Primitive::kCanonical:
    case Primitive::kOid:
    case Primitive::kUuid:
      return is_uri(text);
    case Primitive::kDate:
    case Primitive::kDateTime:
    case Primitive::kInstant:
    case Primitive::kTime:
      return is_moment(primitive, text);
    case Primitive::kString:
    case Primitive::kMarkdown:
      return text.find_first_not_of(" \t\r\n") != std::string_view::npos;
    case Primitive::kBase64Binary:
    case Primitive::kXhtml:
    case Primitive::kNone:
      return !text.empty();
  }
  return false;
}

}  // namespace kap::mappings
