#include "fhir/validate/structure.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "fhir/validate/narrative.h"
#include "fhir/validate/primitive_format.h"
#include "fhir/validate/walk.h"

namespace kap::fhir::validate {
namespace {

using definitions::ElementDef;
using definitions::MemberDef;
using definitions::Primitive;
using definitions::TypeDef;
using definitions::TypeKind;

const TypeDef& resource_type() {
  static const TypeDef* type = definitions::find_type("Resource");
  return *type;
}

json::Kind kind_of(Primitive primitive, json::Kind written) {
  switch (primitive) {
    case Primitive::kBoolean:
      return written == json::Kind::kFalse ? json::Kind::kFalse : json::Kind::kTrue;
    case Primitive::kInteger:
    case Primitive::kUnsignedInt:
    case Primitive::kPositiveInt:
    case Primitive::kDecimal:
      return json::Kind::kNumber;
    default:
      return json::Kind::kString;
  }
}

std::string_view describe(json::Kind kind) {
  switch (kind) {
    case json::Kind::kNull:
      return "null";
    case json::Kind::kFalse:
    case json::Kind::kTrue:
      return "a boolean";
    case json::Kind::kNumber:
      return "a number";
    case json::Kind::kString:
      return "a string";
    case json::Kind::kArray:
      return "a list";
    case json::Kind::kObject:
      return "an object";
  }
  return "something else";
}

std::string element_names(const TypeDef& type) {
  std::string names;
  for (const ElementDef& element : type.elements) {
    names.append(names.empty() ? "" : ", ").append(element.name);
    if (element.is_choice) names.append("[x]");
  }
  return names;
}

/// `http:`, `urn:` ...; a scheme has no slash, question mark or number sign in front of its colon.
bool is_absolute(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon < text.find_first_of("/?#");
}

bool same_letters(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

}  // namespace

void Walk::resource(const json::Value& value, const Place& place, Position position) {
  if (!value.is_object()) {
    findings_.add(IssueType::kStructure, place,
                  fmt::format("must be a resource (an object with resourceType), not {}",
                              describe(value.kind())));
    return;
  }
  const json::Value* name = value.find("resourceType");
  const TypeDef* type = name != nullptr && name->is_string()
                            ? definitions::find_resource_type(name->text())
                            : nullptr;
  if (type == nullptr || type->is_abstract) {
    findings_.add(name == nullptr ? IssueType::kRequired : IssueType::kStructure, place,
                  "resourceType",
                  "resourceType must name a resource type of FHIR R4, such as Patient");
    return;
  }
  Container outer;
  if (position != Position::kContained) {
    outer = std::exchange(container_, Container{.resource = &value, .by_id = {}});
    contained_ids(value, place);
  } else if (value.find("contained") != nullptr) {
    findings_.add(invariant("dom-2"), Place{.parent = &place, .name = "contained", .of_type = {}},
                  "a contained resource contains none (dom-2): move them to the outer resource");
  }
  if (place.parent == nullptr) {
    object(*type, value.members(), Place{.parent = nullptr, .name = type->name, .of_type = {}});
  } else {
    object(*type, value.members(), place);
  }
  if (position != Position::kContained) container_ = std::move(outer);
}

void Walk::instance(const TypeDef& type, const json::Value& value, const Place& place) {
  if (type.kind == TypeKind::kResource) {
    resource(value, place, Position::kRoot);
  } else if (type.primitive != Primitive::kNone) {
    primitive(type, value, place);
  } else if (value.is_object()) {
    object(type, value.members(), place);
  } else {
    findings_.add(
        IssueType::kStructure, place,
        fmt::format("must be an object of type {}, not {}", type.name, describe(value.kind())));
  }
}

void Walk::object(const TypeDef& type, Members members, const Place& place) {
  if (++depth_ > options_.depth) {
    findings_.add(
        IssueType::kTooCostly, place,
        fmt::format("is nested more than {} deep; nothing below was checked", options_.depth));
    --depth_;
    return;
  }
  const bool is_only_id = members.size() == 1 && members.front().name == "id";
  if ((members.empty() || is_only_id) && type.kind != TypeKind::kResource) {
    findings_.add(invariant("ele-1"), place,
                  "must have content (ele-1): leave the empty element out");
  }
  Seen seen;
  for (const json::Member& each : members) {
    if (findings_.is_full()) break;
    if (each.name.starts_with('_')) {
      sibling(type, each, members, seen, place);
      continue;
    }
    const MemberDef* def = definitions::resolve_member(type, each.name);
    if (def == nullptr) {
      if (each.name != "resourceType" || type.kind != TypeKind::kResource) {
        unknown(type, each.name, place);
      }
      continue;
    }
    if (meet(*def, seen.values, seen, place)) member(*def, each.value, members, place);
  }
  if ((type.required & ~(seen.values | seen.siblings)) != 0) missing(type, seen, place);
  --depth_;
}

/// Notes that the element is there; false where it was already.
bool Walk::meet(const MemberDef& def, std::uint64_t& met, Seen& seen, const Place& place) {
  const ElementDef& element = *def.element;
  const std::uint64_t bit = std::uint64_t{1} << element.index;
  const std::uint64_t before = seen.values | seen.siblings;
  if (element.is_choice && (before & bit) != 0 && seen.chosen[element.index] != &def) {
    findings_.add(IssueType::kStructure, place, def.name,
                  fmt::format("{}[x] takes one type only, and {} is there too", element.name,
                              seen.chosen[element.index]->name));
    return false;
  }
  if ((met & bit) != 0) {
    findings_.add(IssueType::kDuplicate, place, def.name,
                  fmt::format("{} is there twice; write it once", def.name));
    return false;
  }
  met |= bit;
  seen.chosen[element.index] = &def;
  return true;
}

void Walk::unknown(const TypeDef& type, std::string_view name, const Place& place) {
  std::string hint;
  for (const MemberDef& def : type.members) {
    if (same_letters(def.name, name)) hint = fmt::format("did you mean {}?", def.name);
  }
  const ElementDef* element = definitions::find_element(type, name);
  if (element != nullptr && element->is_choice) {
    hint = fmt::format("{}[x] is written with its type, such as ", name);
    for (const MemberDef& def : type.members) {
      if (def.element != element) continue;
      hint.append(def.name);
      break;
    }
  }
  if (hint.empty()) hint = fmt::format("its elements are {}", element_names(type));
  findings_.add(IssueType::kStructure, place, name,
                fmt::format("{} has no element of this name; {}", type.name, hint));
}

void Walk::missing(const TypeDef& type, const Seen& seen, const Place& place) {
  for (std::uint64_t left = type.required & ~(seen.values | seen.siblings); left != 0;
       left &= left - 1) {
    const ElementDef& element = type.elements[static_cast<std::size_t>(std::countr_zero(left))];
    findings_.add(IssueType::kRequired,
                  Place{.parent = &place, .name = element.name, .of_type = {}},
                  fmt::format("{}.{} is required", type.name, element.name));
  }
}

void Walk::member(const MemberDef& def, const json::Value& value, Members members,
                  const Place& place) {
  const ElementDef& element = *def.element;
  Place at{.parent = &place,
           .name = element.name,
           .of_type = element.is_choice ? def.type->code : std::string_view()};
  if (!element.is_list()) {
    if (value.is_array()) {
      findings_.add(IssueType::kStructure, at, "takes one value, not a list: leave the [ ] out");
    } else if (value.is_null()) {
      findings_.add(IssueType::kStructure, at, "null is no value: leave the member out");
    } else {
      item(def, value, at);
    }
    return;
  }
  if (!value.is_array()) {
    findings_.add(IssueType::kStructure, at, "is a list, also with one value: write it within [ ]");
    return;
  }
  const std::span<const json::Value> items = value.items();
  if (items.empty()) {
    findings_.add(IssueType::kStructure, at, "a list is never empty: leave the member out");
  }
  if (items.size() > element.max) {
    findings_.add(IssueType::kStructure, at, fmt::format("takes at most {} values", element.max));
  }
  const bool has_null = std::ranges::any_of(items, &json::Value::is_null);
  const json::Value* beside = has_null ? find_sibling(members, def.name) : nullptr;
  for (std::size_t i = 0; i < items.size() && !findings_.is_full(); ++i) {
    at.index = static_cast<std::uint32_t>(i);
    if (items[i].is_null()) {
      null_item(def, beside, i, at);
    } else {
      item(def, items[i], at);
    }
  }
}

void Walk::item(const MemberDef& def, const json::Value& value, const Place& place) {
  const TypeDef& type = *def.type->type;
  if (type.primitive == Primitive::kNone) {
    complex(def, value, place);
    return;
  }
  primitive(type, value, place);
  if (def.element->binding != nullptr) bound(*def.element, type, value, place);
  if (type.primitive != Primitive::kCanonical || !value.is_string()) return;
  if (value.text().starts_with('#')) {
    contained_reference(*def.type, value.text().substr(1), place);
  } else if (!is_absolute(value.text())) {
    findings_.add(IssueType::kValue, place, "a canonical is an absolute URL, a urn or #id");
  }
}

void Walk::complex(const MemberDef& def, const json::Value& value, const Place& place) {
  const TypeDef& type = *def.type->type;
  if (&type == &resource_type()) {
    resource(value, place,
             def.element->name == "contained" ? Position::kContained : Position::kEntry);
    return;
  }
  if (!value.is_object()) {
    findings_.add(
        IssueType::kStructure, place,
        fmt::format("must be an object of type {}, not {}", type.name, describe(value.kind())));
    return;
  }
  object(type, value.members(), place);
  if (type.name == "Reference") reference(*def.type, value, place);
  if (type.name == "Extension") extension(value, place);
  if (def.element->binding != nullptr) bound(*def.element, type, value, place);
  if (!def.type->profile.empty() && value.find("comparator") != nullptr) {
    findings_.add(IssueType::kInvariant, place, "comparator",
                  "a SimpleQuantity has no comparator: leave it out");
  }
}

void Walk::primitive(const TypeDef& type, const json::Value& value, const Place& place) {
  if (value.kind() != kind_of(type.primitive, value.kind())) {
    findings_.add(IssueType::kStructure, place,
                  fmt::format("must be {}, not {}", validate::describe(type.primitive),
                              describe(value.kind())));
    return;
  }
  if (is_primitive(type.primitive, value.text())) return;
  if (type.primitive == Primitive::kXhtml) {
    findings_.add(invariant("txt-1"), place,
                  fmt::format("the narrative {}", *find_narrative_fault(value.text())));
    return;
  }
  findings_.add(IssueType::kValue, place,
                fmt::format("must be {}", validate::describe(type.primitive)));
}

std::vector<Issue> validate_structure(const json::Value& resource, const Options& options) {
  Findings findings(options.max_issues, options.source);
  Walk walk(options, findings);
  walk.resource(resource, Place{.parent = nullptr, .name = "Resource", .of_type = {}},
                Walk::Position::kRoot);
  return findings.take();
}

std::vector<Issue> validate_structure(const json::Value& value, const TypeDef& type,
                                      const Options& options) {
  Findings findings(options.max_issues, options.source);
  Walk walk(options, findings);
  walk.instance(type, value, Place{.parent = nullptr, .name = type.name, .of_type = {}});
  return findings.take();
}

}  // namespace kap::fhir::validate
