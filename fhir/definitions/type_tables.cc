#include "fhir/definitions/type_tables.h"

#include <array>
#include <utility>

#include "fhir/base/embedded.h"
#include "fhir/definitions/name_index.h"
#include "fhir/definitions/value_sets.h"

KAP_EMBEDDED_DECLARE(r4_types);

namespace kap::fhir::definitions {
namespace {

constexpr std::size_t kMaxElements = 64;  // bits of TypeDef::required

constexpr auto kTypeName = [](const TypeDef& type) { return type.name; };
constexpr auto kMemberName = [](const MemberDef& member) { return member.name; };

TypeKind to_kind(std::string_view text) {
  if (text == "primitive") return TypeKind::kPrimitive;
  if (text == "complex") return TypeKind::kComplex;
  if (text == "resource") return TypeKind::kResource;
  if (text == "backbone") return TypeKind::kBackbone;
  broken_table(text);
}

Primitive to_primitive(std::string_view name) {
  static constexpr std::array<std::string_view, 20> kNames = {
      "base64Binary", "boolean",     "canonical", "code",     "date", "dateTime",    "decimal",
      "id",           "instant",     "integer",   "markdown", "oid",  "positiveInt", "string",
      "time",         "unsignedInt", "uri",       "url",      "uuid", "xhtml"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Primitive>(i + 1);
  }
  broken_table(name);
}

BindingStrength to_strength(std::string_view text) {
  if (text == "required") return BindingStrength::kRequired;
  if (text == "extensible") return BindingStrength::kExtensible;
  if (text == "preferred") return BindingStrength::kPreferred;
  if (text == "example") return BindingStrength::kExample;
  broken_table(text);
}

}  // namespace

TypeTables::TypeTables() {
  read_rows();
  slots_.resize(slots_for(types_.size()));
  index_names(types(), std::span(slots_), kTypeName);
  for (std::size_t i = 0; i < types_.size(); ++i) link_type(i);
  for (TypeDef& type : types_) link_members(type);
  for (const TypeDef& type : types_) {
    if (type.kind == TypeKind::kResource && !type.is_abstract) resource_types_.push_back(&type);
  }
  std::vector<Row>().swap(rows_);
  std::vector<Draft>().swap(drafts_);
}

void TypeTables::read_rows() {
  types_.reserve(1024);
  drafts_.reserve(1024);
  rows_.reserve(8192);
  for_each_row(KAP_EMBEDDED(r4_types), [&](std::string_view line) {
    const std::string_view first = take(line, '\t');
    if (first == "T") {
      read_type(line);
    } else {
      read_element(first, line);
    }
  });
}

void TypeTables::read_type(std::string_view line) {
  TypeDef type;
  type.name = take(line, '\t');
  type.kind = to_kind(take(line, '\t'));
  drafts_.push_back({.base = take(line, '\t'), .first_row = rows_.size()});
  type.is_abstract = take(line, '\t') == "abstract";
  type.url = line;
  if (type.kind == TypeKind::kPrimitive) type.primitive = to_primitive(type.name);
  types_.push_back(type);
}

void TypeTables::read_element(std::string_view name, std::string_view line) {
  Row row;
  row.element.name = name;
  row.element.min = static_cast<std::uint16_t>(to_number(take(line, '\t')));
  const std::string_view max = take(line, '\t');
  row.element.max = max == "*" ? kUnbounded : to_number(max);
  const std::string_view flags = take(line, '\t');
  row.element.is_choice = flags.find('x') != std::string_view::npos;
  row.element.is_summary = flags.find('s') != std::string_view::npos;
  row.element.is_modifier = flags.find('m') != std::string_view::npos;
  row.types = take(line, '\t');
  row.binding = line;
  if (drafts_.empty() || row.types.empty()) broken_table(name);
  rows_.push_back(row);
  ++drafts_.back().row_count;
}

const TypeDef* TypeTables::type_named(std::string_view name) const {
  const TypeDef* type = find_name(types(), std::span<const std::uint16_t>(slots_), name, kTypeName);
  if (type == nullptr) broken_table(name);
  return type;
}

void TypeTables::link_type(std::size_t index) {
  if (drafts_[index].linked) return;
  drafts_[index].linked = true;
  TypeDef& type = types_[index];
  if (!drafts_[index].base.empty()) {
    type.base = type_named(drafts_[index].base);
    link_type(static_cast<std::size_t>(type.base - types_.data()));
  }
  link_elements(type, drafts_[index]);
}

void TypeTables::link_elements(TypeDef& type, const Draft& draft) {
  const std::span<const ElementDef> inherited =
      type.base == nullptr ? std::span<const ElementDef>() : type.base->elements;
  const std::span<ElementDef> elements =
      arena_.array<ElementDef>(inherited.size() + draft.row_count);
  if (elements.size() > kMaxElements) broken_table(type.name);
  std::ranges::copy(inherited, elements.begin());
  for (std::size_t i = 0; i < draft.row_count; ++i) {
    const Row& row = rows_[draft.first_row + i];
    ElementDef& element = elements[inherited.size() + i];
    element = row.element;
    element.owner = &type;
    element.binding = binding(row.binding);
    element.types = type_refs(type, row);
    if (row.types.starts_with('#')) element.content_reference = element.types.front().type;
  }
  for (std::size_t i = 0; i < elements.size(); ++i) {
    elements[i].index = static_cast<std::uint16_t>(i);
    if (elements[i].min > 0) type.required |= std::uint64_t{1} << i;
  }
  type.elements = elements;
}

std::span<const TypeRef> TypeTables::type_refs(const TypeDef& owner, const Row& row) {
  std::string_view cell = row.types;
  const std::span<TypeRef> refs =
      arena_.array<TypeRef>(1 + static_cast<std::size_t>(std::ranges::count(cell, ' ')));
  for (TypeRef& ref : refs) ref = type_ref(owner, row.element.name, take(cell, ' '));
  return refs;
}

TypeRef TypeTables::type_ref(const TypeDef& owner, std::string_view element,
                             std::string_view word) {
  TypeRef ref;
  if (word.starts_with('#')) {
    ref.type = type_named(word.substr(1));
    ref.code = drafts_[static_cast<std::size_t>(ref.type - types_.data())].base;
    return ref;
  }
  ref.code = word.substr(0, word.find_first_of("({"));
  std::string_view rest = word.substr(ref.code.size());
  if (ref.code == "BackboneElement" || (ref.code == "Element" && owner.name != "Element")) {
    std::array<char, 256> path{};
    if (owner.name.size() + element.size() + 1 > path.size()) broken_table(owner.name);
    char* end = std::ranges::copy(owner.name, path.data()).out;
    *end++ = '.';
    end = std::ranges::copy(element, end).out;
    ref.type = type_named({path.data(), end});
  } else {
    ref.type = type_named(ref.code);
  }
  if (rest.starts_with('(')) {
    std::string_view list = rest.substr(1, rest.find(')') - 1);
    rest.remove_prefix(list.size() + 2);
    const std::span<const TypeDef*> targets =
        arena_.array<const TypeDef*>(1 + static_cast<std::size_t>(std::ranges::count(list, '|')));
    for (const TypeDef*& target : targets) target = type_named(take(list, '|'));
    ref.targets = targets;
  }
  if (rest.starts_with('{')) ref.profile = rest.substr(1, rest.size() - 2);
  return ref;
}

const Binding* TypeTables::binding(std::string_view cell) {
  if (cell.empty()) return nullptr;
  Binding binding;
  binding.strength = to_strength(take(cell, ' '));
  binding.value_set_url = cell;
  binding.value_set = find_value_set(cell);
  return arena_.keep(binding);
}

std::string_view TypeTables::choice_name(std::string_view element, std::string_view type) {
  const std::string_view name = arena_.concat(element, type);
  char& first = const_cast<char&>(name[element.size()]);
  if (first >= 'a' && first <= 'z') first = static_cast<char>(first - 'a' + 'A');
  return name;
}

void TypeTables::link_members(TypeDef& type) {
  std::size_t count = 0;
  for (const ElementDef& element : type.elements) count += element.types.size();
  const std::span<MemberDef> members = arena_.array<MemberDef>(count);
  std::size_t next = 0;
  for (const ElementDef& element : type.elements) {
    for (const TypeRef& ref : element.types) {
      MemberDef& member = members[next++];
      member.name = element.is_choice ? choice_name(element.name, ref.code) : element.name;
      member.element = &element;
      member.type = &ref;
    }
  }
  const std::span<std::uint16_t> slots = arena_.array<std::uint16_t>(slots_for(count));
  index_names(std::span<const MemberDef>(members), slots, kMemberName);
  type.members = members;
  type.slots = slots;
}

}  // namespace kap::fhir::definitions
