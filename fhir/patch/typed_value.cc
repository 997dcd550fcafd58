#include "fhir/patch/typed_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <utility>

namespace kap::fhir::patch {
namespace {

using definitions::ElementDef;
using definitions::MemberDef;
using definitions::Primitive;
using definitions::TypeDef;
using definitions::TypeKind;
using definitions::TypeRef;
using json::Document;
using json::Value;

std::unexpected<Refusal> refuse(IssueType code, std::string message) {
  return std::unexpected(Refusal{.code = code, .message = std::move(message)});
}

/// The types a value may be written as where an element asks for the other: they share their JSON
/// form, and Parameters has no valueXhtml. Whether the text fits is the validation's question.
bool is_alike(Primitive given, Primitive wanted) {
  if (given == Primitive::kDate && wanted == Primitive::kDateTime) return true;
  using enum Primitive;
  static constexpr std::array kTexts{kString, kCode, kId, kMarkdown, kXhtml};
  static constexpr std::array kUris{kUri, kUrl, kCanonical, kOid, kUuid};
  static constexpr std::array kIntegers{kInteger, kPositiveInt, kUnsignedInt};
  const auto both_in = [&](const auto& group) {
    return std::ranges::find(group, given) != group.end() &&
           std::ranges::find(group, wanted) != group.end();
  };
  return both_in(kTexts) || both_in(kUris) || both_in(kIntegers);
}

bool takes(const TypeRef& wanted, const TypeDef& given) {
  if (wanted.type == nullptr) return false;
  if (wanted.type == &given) return true;
  if (wanted.type->kind == TypeKind::kPrimitive || given.kind == TypeKind::kPrimitive)
    return wanted.type->kind == given.kind && is_alike(given.primitive, wanted.type->primitive);
  return definitions::is_a(given, *wanted.type) || definitions::is_a(*wanted.type, given);
}

std::string type_list(const ElementDef& element) {
  std::string out;
  for (const TypeRef& ref : element.types)
    out.append(out.empty() ? "" : ", ").append(ref.type != nullptr ? ref.type->name : ref.code);
  return out;
}

std::unexpected<Refusal> wrong_type(const TypeDef& owner, const ElementDef& element,
                                    std::string_view given) {
  return refuse(IssueType::kValue, fmt::format("{}.{} does not take {}; it takes {}", owner.name,
                                               element.name, given, type_list(element)));
}

/// The members of a part that state its value: `valueX`, its sibling, `resource`, `part`.
struct Content {
  const TypeDef* type = nullptr;  // of `valueX`
  const Value* value = nullptr;
  const Value* sibling = nullptr;
  const Value* resource = nullptr;
  const Value* parts = nullptr;
};

Built<Content> read_content(const Value& part) {
  static const TypeDef& part_type = *definitions::find_type("Parameters.parameter");
  Content out;
  for (const json::Member& member : part.members()) {
    if (member.name == "name" || member.name == "id" || member.name == "extension") continue;
    if (member.name == "resource") {
      out.resource = &member.value;
    } else if (member.name == "part") {
      out.parts = &member.value;
    } else {
      const bool is_sibling = member.name.starts_with('_');
      const MemberDef* known =
          definitions::resolve_member(part_type, member.name.substr(is_sibling ? 1 : 0));
      if (known == nullptr || known->element->name != "value" ||
          (out.type != nullptr && out.type != known->type->type))
        return refuse(IssueType::kStructure,
                      "the part must have one value[x], one resource or parts of its own");
      out.type = known->type->type;
      (is_sibling ? out.sibling : out.value) = &member.value;
    }
  }
  if ((out.type != nullptr) + (out.resource != nullptr) + (out.parts != nullptr) != 1)
    return refuse(IssueType::kStructure,
                  "the part must have one value[x], one resource or parts of its own");
  return out;
}

/// `value` and `Quantity` as `valueQuantity`.
const MemberDef* choice_member(const TypeDef& owner, const ElementDef& element,
                               std::string_view type) {
  std::string name(element.name);
  name += static_cast<char>(std::toupper(static_cast<unsigned char>(type.front())));
  name += type.substr(1);
  const MemberDef* member = definitions::resolve_member(owner, name);
  return member != nullptr && member->element == &element ? member : nullptr;
}

Value copy_or_null(Document& document, const Value* value) {
  return value == nullptr ? Value() : document.clone(*value);
}

Built<TypedValue> from_value(Document& document, const TypeDef& owner, const ElementDef& element,
                             const Content& content) {
  TypedValue out;
  if (element.is_choice) {
    out.member = choice_member(owner, element, content.type->name);
  } else if (!element.types.empty() && takes(element.types.front(), *content.type)) {
    out.member = definitions::resolve_member(owner, element.name);
  }
  if (out.member == nullptr) return wrong_type(owner, element, content.type->name);
  out.entry.value = copy_or_null(document, content.value);
  out.entry.sibling = copy_or_null(document, content.sibling);
  return out;
}

Built<TypedValue> from_parts(Document& document, const TypeDef& owner, const ElementDef& element,
                             const Value& parts) {
  const TypeDef* type = element.types.empty() ? nullptr : element.types.front().type;
  if (element.is_choice || type == nullptr ||
      (type->kind != TypeKind::kBackbone && type->kind != TypeKind::kComplex))
    return wrong_type(owner, element, "parts");
  TypedValue out{.member = definitions::resolve_member(owner, element.name), .entry = {}};
  out.entry.value = Document::object();
  for (const Value& part : parts.items()) {
    auto added = add_element(document, out.entry.value, *type, part.string("name"), part);
    if (!added.has_value()) return std::unexpected(std::move(added).error());
  }
  return out;
}

}  // namespace

bool has_element(const Value& object, const TypeDef& owner, const ElementDef& element) {
  return std::ranges::any_of(object.members(), [&](const json::Member& member) {
    const MemberDef* known = definitions::resolve_member(
        owner, member.name.substr(member.name.starts_with('_') ? 1 : 0));
    return known != nullptr && known->element == &element;
  });
}

Built<TypedValue> to_typed_value(Document& document, const TypeDef& owner,
                                 const ElementDef& element, const Value& part) {
  auto content = read_content(part);
  if (!content.has_value()) return std::unexpected(std::move(content).error());
  if (content->parts != nullptr) return from_parts(document, owner, element, *content->parts);
  if (content->resource == nullptr) return from_value(document, owner, element, *content);
  const TypeDef* type = element.types.empty() ? nullptr : element.types.front().type;
  if (type == nullptr || type->kind != TypeKind::kResource)
    return wrong_type(owner, element, "a resource");
  return TypedValue{.member = definitions::resolve_member(owner, element.name),
                    .entry = {.value = document.clone(*content->resource), .sibling = {}}};
}

Built<void> add_element(Document& document, Value& object, const TypeDef& owner,
                        std::string_view name, const Value& part) {
  const ElementDef* element = definitions::find_element(owner, name);
  const MemberDef* named = definitions::resolve_member(owner, name);
  if (element == nullptr && named != nullptr) element = named->element;
  if (element == nullptr)
    return refuse(IssueType::kNotFound,
                  fmt::format("{} has no element of the name that is given", owner.name));
  auto typed = to_typed_value(document, owner, *element, part);
  if (!typed.has_value()) return std::unexpected(std::move(typed).error());
  if (element->is_choice && named != nullptr && named != typed->member)
    return wrong_type(owner, *element, "another type than the name says");
  const bool is_list = element->is_list();
  if (!is_list && has_element(object, owner, *element))
    return refuse(IssueType::kDuplicate,
                  fmt::format("{}.{} is there already and does not repeat; use replace", owner.name,
                              element->name));
  auto entries = read_entries(object, typed->member->name);
  entries.push_back(typed->entry);
  write_entries(document, object, typed->member->name, entries, is_list);
  return {};
}

}  // namespace kap::fhir::patch
