#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "fhir/validate/inspection.h"
#include "fhir/validate/profile_check.h"

/// Extensions against their definitions, http://hl7.org/fhir/R4/extensibility.html and
/// http://hl7.org/fhir/R4/defining-extensions.html#context.
namespace kap::fhir::validate {
namespace {

using definitions::ProfileDef;
using definitions::TypeDef;

constexpr std::size_t kMaxUrl = 256;

bool is_absolute(std::string_view url) { return url.find(':') != std::string_view::npos; }

/// `Patient.contact` of the element that an extension stands in, from its resource or, where one is
/// given, from the element at that place.
std::string path_from(const Place& place, const Place* root, std::string_view root_name) {
  if (&place == root || place.parent == nullptr) return std::string(root_name);
  std::string path = path_from(*place.parent, root, root_name);
  return path.append(".").append(place.name);
}

/// The element that the extension stands in is of that name: a path from the resource, a path from
/// its type (`HumanName.family`), or a type.
class Where {
 public:
  Where(const Node& parent, std::string path) : parent_(parent), path_(std::move(path)) {}

  [[nodiscard]] bool is(std::string_view context) const {
    if (context == "Element" || context == "*") return true;
    if (context.ends_with("[x]")) context.remove_suffix(3);
    if (context == path_) return true;
    for (const TypeDef* type = parent_.type; type != nullptr; type = type->base) {
      if (type->name == context) return true;
    }
    if (parent_.element == nullptr) return false;
    for (const TypeDef* owner = parent_.element->owner; owner != nullptr; owner = owner->base) {
      const std::string_view name = parent_.element->name;
      if (context.size() == owner->name.size() + 1 + name.size() &&
          context.starts_with(owner->name) && context.ends_with(name)) {
        return true;
      }
    }
    return false;
  }

 private:
  const Node& parent_;
  std::string path_;
};

}  // namespace

void Inspection::extension(const Node& parent, const Node& node, const Place& place) {
  if (node.value == nullptr || !node.value->is_object()) return;
  const std::string_view url = node.value->string("url");
  // A relative url names a part of the extension around it, which defines it.
  if (!is_absolute(url)) return;
  const ProfileDef* def = definitions::find_profile(url);
  const bool is_modifier = place.name == "modifierExtension";
  if (def == nullptr || def->type != "Extension") {
    findings_->add(
        {.severity = is_modifier ? IssueSeverity::kError : IssueSeverity::kInformation,
         .code = IssueType::kExtension,
         .constraint = {},
         .profile = {}},
        place,
        fmt::format("the {} {} is not known here", is_modifier ? "modifier extension" : "extension",
                    url.substr(0, kMaxUrl)));
    return;
  }
  context(*def, parent, node, *place.parent);
  ProfileCheck(*this, definitions_.profiles().of(*def)).run(node, place);
}

void Inspection::context(const ProfileDef& def, const Node& parent, const Node& node,
                         const Place& place) {
  const Where where(parent, path_from(place, scope_->place, scope_->type->name));
  bool fits = def.contexts.empty();
  std::string_view list = def.contexts;
  while (!list.empty() && !fits) {
    std::string_view one = list.substr(0, list.find(' '));
    list.remove_prefix(std::min(one.size() + 1, list.size()));
    const std::string_view kind = one.substr(0, one.find(':'));
    one.remove_prefix(std::min(kind.size() + 1, one.size()));
    if (kind == "element") {
      fits = where.is(one);
    } else if (kind == "extension") {
      fits = parent.type->name == "Extension" && parent.value != nullptr &&
             parent.value->string("url") == one;
    } else {
      fits = true;  // a FHIRPath context; none of the packages' extensions has one
    }
  }
  const Rule rule{.code = IssueType::kExtension, .constraint = {}, .profile = def.url};
  if (!fits) {
    findings_->add(
        rule, place,
        fmt::format("the extension {} does not belong here, but to {}", def.url, def.contexts));
  }
  for (const Constraint& each : definitions_.profiles().of(def).context_rules) {
    const path::Collection extension{to_element(node)};
    hold(each, parent, elements_of(parent), place, def.url, {&extension, 1});
  }
}

}  // namespace kap::fhir::validate
