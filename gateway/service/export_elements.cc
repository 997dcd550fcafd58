#include "gateway/service/export_elements.h"

#include <algorithm>
#include <array>

#include "fhir/definitions/types.h"
#include "fhir/json/parse.h"
#include "fhir/json/print.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;

constexpr std::array<std::string_view, 4> kAlways = {"resourceType", "id", "meta", "implicitRules"};

void add_tag(json::Document& document) {
  constexpr std::string_view kSystem = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
  auto& root = document.root;
  auto* meta = root.find("meta");
  if (meta == nullptr) meta = &document.add(root, "meta", json::Document::object());
  auto* tags = meta->find("tag");
  if (tags == nullptr) tags = &document.add(*meta, "tag", json::Document::array());
  auto& tag = document.append(*tags, json::Document::object());
  document.add(tag, "system", json::Document::borrowed_string(kSystem));
  document.add(tag, "code", json::Document::borrowed_string("SUBSETTED"));
}

}  // namespace

ElementFilter::ElementFilter(std::string_view type, std::span<const std::string> elements)
    : type_(type) {
  const auto* definition = fhir::definitions::find_resource_type(type);
  if (definition == nullptr) return;
  for (const auto& element : elements) {
    const std::string_view text = element;
    const auto dot = text.find('.');
    if (dot == std::string_view::npos)
      kept_.push_back(element);
    else if (text.substr(0, dot) == type)
      kept_.emplace_back(text.substr(dot + 1));
  }
  is_active_ = !kept_.empty();
  for (const auto& element : definition->elements)
    if (element.min > 0) kept_.emplace_back(element.name);
}

Status ElementFilter::append(std::string_view body, std::string& out) const {
  KAP_TRY(auto document, json::parse(body));
  const auto* definition = fhir::definitions::find_resource_type(type_);
  const auto is_kept = [&](std::string_view name) {
    if (name.starts_with('_')) name.remove_prefix(1);
    if (std::ranges::find(kAlways, name) != kAlways.end()) return true;
    const auto member =
        std::ranges::find(definition->members, name, &fhir::definitions::MemberDef::name);
    const auto element = member == definition->members.end() ? name : member->element->name;
    return std::ranges::find(kept_, element) != kept_.end();
  };
  std::vector<json::Member> members;
  for (const auto& member : document.root.members())
    if (is_kept(member.name)) members.push_back(member);
  document.root = document.object_of(members);
  add_tag(document);
  json::print(document.root, out);
  return {};
}

}  // namespace kap::gateway::service
