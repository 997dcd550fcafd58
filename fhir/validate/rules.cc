#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "fhir/definitions/value_sets.h"
#include "fhir/validate/primitive_format.h"
#include "fhir/validate/walk.h"

/// What a type asks beyond its members: codes of required bindings, targets of references,
/// extensions with a value or extensions of their own, ids of contained resources.
namespace kap::fhir::validate {
namespace {

using definitions::TypeDef;
using definitions::TypeRef;
using definitions::ValueSetDef;

constexpr std::size_t kListedCodes = 24;
constexpr std::size_t kFewContained = 16;  // beyond it ids are hashed

/// `one of male, female, other, unknown` or, of a long one, its name.
std::string accepted(const ValueSetDef& value_set) {
  if (value_set.codes.size() > kListedCodes) return fmt::format("a code of {}", value_set.url);
  std::string list;
  for (const definitions::CodeDef& code : value_set.codes) {
    list.append(list.empty() ? "one of " : ", ").append(code.code);
  }
  return list;
}

bool is_in(const ValueSetDef& value_set, const json::Value& coding) {
  return definitions::find_code(value_set, coding.string("system"), coding.string("code")) !=
         nullptr;
}

std::string target_names(const TypeRef& ref) {
  std::string list;
  for (const TypeDef* target : ref.targets) {
    list.append(list.empty() ? "" : ", ").append(target->name);
  }
  return list;
}

bool is_allowed(const TypeRef& ref, const TypeDef& type) {
  return ref.targets.empty() || std::ranges::find(ref.targets, &type) != ref.targets.end();
}

/// The parts of `Type/id` and `Type/id/_history/vid`; of a conditional reference `Type?query` the
/// id is the query.
struct RelativeReference {
  std::string_view type;
  bool is_well_formed = false;
};

RelativeReference split(std::string_view text) {
  const std::size_t end = text.find_first_of("/?");
  RelativeReference parts{.type = text.substr(0, end)};
  if (end == std::string_view::npos) return parts;
  std::string_view rest = text.substr(end + 1);
  if (text[end] == '?') {
    parts.is_well_formed = !rest.empty();
    return parts;
  }
  const std::size_t slash = rest.find('/');
  const std::string_view id = rest.substr(0, slash);
  parts.is_well_formed = is_id(id);
  if (slash == std::string_view::npos) return parts;
  rest.remove_prefix(slash + 1);
  constexpr std::string_view kHistory = "_history/";
  parts.is_well_formed = parts.is_well_formed && rest.starts_with(kHistory) &&
                         is_id(rest.substr(std::min(kHistory.size(), rest.size())));
  return parts;
}

/// `http:`, `urn:` ...; a scheme has no slash, question mark or number sign in front of its colon.
bool is_absolute(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon < text.find_first_of("/?#");
}

}  // namespace

void Walk::bound(const definitions::ElementDef& element, const TypeDef& type,
                 const json::Value& value, const Place& place) {
  const definitions::Binding& binding = *element.binding;
  const ValueSetDef* value_set = binding.value_set;
  if (binding.strength != definitions::BindingStrength::kRequired || value_set == nullptr) return;
  if (type.primitive == definitions::Primitive::kCode) {
    if (!value.is_string() || definitions::find_code(*value_set, value.text()) != nullptr) return;
    findings_.add(IssueType::kCodeInvalid, place, fmt::format("must be {}", accepted(*value_set)));
  } else if (type.name == "Coding") {
    if (value.find("code") == nullptr || is_in(*value_set, value)) return;
    findings_.add(IssueType::kCodeInvalid, place,
                  fmt::format("must be {}, with its system", accepted(*value_set)));
  } else if (type.name == "CodeableConcept") {
    const json::Value* codings = value.find("coding");
    if (codings == nullptr && value.find("extension") != nullptr) return;
    const auto list = codings == nullptr ? std::span<const json::Value>() : codings->items();
    if (std::ranges::any_of(list, [&](const json::Value& c) { return is_in(*value_set, c); })) {
      return;
    }
    findings_.add(IssueType::kCodeInvalid, place,
                  fmt::format("needs a coding that is {}, with its system", accepted(*value_set)));
  }
}

void Walk::target(const TypeRef& ref, std::string_view type_name, const Place& place) {
  const TypeDef* type = definitions::find_resource_type(type_name);
  if (type == nullptr || type->is_abstract) {
    findings_.add(IssueType::kValue, place,
                  "must be Type/id with a resource type of FHIR R4, an absolute URL, a urn or #id");
  } else if (!is_allowed(ref, *type)) {
    findings_.add(IssueType::kInvalid, place,
                  fmt::format("refers to a {}, but takes {}", type->name, target_names(ref)));
  }
}

void Walk::reference(const TypeRef& ref, const json::Value& value, const Place& place) {
  const std::string_view text = value.string("reference");
  const Place at{.parent = &place, .name = "reference", .of_type = {}};
  const std::string_view named = value.string("type");
  const TypeDef* named_type = definitions::find_resource_type(named);
  if (named_type != nullptr && !is_allowed(ref, *named_type)) {
    findings_.add(IssueType::kInvalid, Place{.parent = &place, .name = "type", .of_type = {}},
                  fmt::format("takes {}", target_names(ref)));
  }
  if (text.empty()) return;  // an identifier or a display; a wrong one is reported already
  if (text.front() == '#') {
    contained_reference(ref, text.substr(1), at);
    return;
  }
  if (is_absolute(text)) return;
  const RelativeReference parts = split(text);
  if (!parts.is_well_formed) {
    findings_.add(IssueType::kValue, at,
                  "must be Type/id, Type/id/_history/version, an absolute URL, a urn or #id");
    return;
  }
  if (named_type != nullptr && named != parts.type) {
    findings_.add(IssueType::kInvalid, Place{.parent = &place, .name = "type", .of_type = {}},
                  "must be the type that the reference names");
  }
  target(ref, parts.type, at);
}

void Walk::contained_reference(const TypeRef& ref, std::string_view id, const Place& place) {
  if (options_.local_references == LocalReferences::kIgnore || container_.resource == nullptr) {
    return;
  }
  // `#` alone is the container itself.
  const json::Value* found = id.empty() ? container_.resource : find_contained(id);
  if (found == nullptr) {
    findings_.add(IssueType::kNotFound, place,
                  "no contained resource has this id: contain it or write Type/id");
    return;
  }
  const TypeDef* type = definitions::find_resource_type(found->string("resourceType"));
  if (type == nullptr || is_allowed(ref, *type)) return;
  findings_.add(IssueType::kInvalid, place,
                fmt::format("refers to a {}, but takes {}", type->name, target_names(ref)));
}

void Walk::extension(const json::Value& value, const Place& place) {
  bool has_value = false;
  bool has_extensions = false;
  for (const json::Member& each : value.members()) {
    has_value = has_value || each.name.starts_with("value") || each.name.starts_with("_value");
    has_extensions = has_extensions || each.name == "extension";
  }
  if (has_value != has_extensions) return;
  findings_.add(invariant("ext-1"), place,
                "must have either a value[x] or extensions, not both and not neither (ext-1)");
}

const json::Value* Walk::find_contained(std::string_view id) const {
  const json::Value* contained = container_.resource->find("contained");
  if (contained == nullptr) return nullptr;
  const std::span<const json::Value> items = contained->items();
  if (items.size() > kFewContained) {
    const auto found = container_.by_id.find(id);
    return found == container_.by_id.end() ? nullptr : found->second;
  }
  for (const json::Value& resource : items) {
    if (resource.string("id") == id) return &resource;
  }
  return nullptr;
}

void Walk::contained_ids(const json::Value& container, const Place& place) {
  const json::Value* contained = container.find("contained");
  if (contained == nullptr) return;
  const std::span<const json::Value> items = contained->items();
  const Place root{.parent = nullptr, .name = container.string("resourceType"), .of_type = {}};
  const Place& at = place.parent == nullptr ? root : place;
  for (std::size_t i = 0; i < items.size() && !findings_.is_full(); ++i) {
    contained_id(items[i], static_cast<std::uint32_t>(i), at);
  }
}

void Walk::contained_id(const json::Value& resource, std::uint32_t index, const Place& place) {
  const Place contained{.parent = &place, .name = "contained", .of_type = {}, .index = index};
  const Place at{.parent = &contained, .name = "id", .of_type = {}};
  const std::string_view id = resource.string("id");
  if (id.empty()) {
    if (!resource.is_object()) return;  // found to be no resource later
    findings_.add(IssueType::kRequired, at,
                  "a contained resource needs an id, so that #id can refer to it");
    return;
  }
  const std::span<const json::Value> items = container_.resource->find("contained")->items();
  const bool is_new = items.size() > kFewContained
                          ? container_.by_id.emplace(id, &resource).second
                          : std::ranges::none_of(
                                items.subspan(0, index),
                                [&](const json::Value& other) { return other.string("id") == id; });
  if (is_new) return;
  findings_.add(IssueType::kDuplicate, at,
                "another contained resource has this id; give each its own");
}

}  // namespace kap::fhir::validate
