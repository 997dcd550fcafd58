#include "fhir/terminology/concept_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace kap::fhir::terminology {
namespace {

constexpr std::array<std::string_view, 10> kEquivalences = {
    "relatedto", "equivalent",  "equal",   "wider",     "subsumes",
    "narrower",  "specializes", "inexact", "unmatched", "disjoint"};

std::unexpected<Outcome> refused(IssueType code, std::string text, std::string path) {
  return fail(Category::kUnprocessable, code, std::move(text), std::move(path));
}

std::span<const json::Value> items(const json::Value& object, std::string_view name) {
  const json::Value* list = object.find(name);
  return list == nullptr ? std::span<const json::Value>() : list->items();
}

Result<Equivalence> parse_equivalence(std::string_view text, const std::string& path) {
  const auto* const found = std::ranges::find(kEquivalences, text);
  if (found == kEquivalences.end()) {
    return refused(IssueType::kCodeInvalid,
                   fmt::format("equivalence must be one of {}", fmt::join(kEquivalences, ", ")),
                   path + ".equivalence");
  }
  return static_cast<Equivalence>(found - kEquivalences.begin());
}

Result<ConceptMapTarget> parse_target(const json::Value& json, const ConceptMapGroup& group,
                                      const std::string& path) {
  for (const std::string_view name : {"dependsOn", "product"}) {
    if (json.find(name) != nullptr) {
      return refused(
          IssueType::kNotSupported,
          fmt::format("{} needs more than one code to decide; state one map a code", name),
          fmt::format("{}.{}", path, name));
    }
  }
  ConceptMapTarget target;
  KAP_TRY(target.equivalence, parse_equivalence(json.string("equivalence"), path));
  target.system = group.target_system;
  target.code = json.string("code");
  target.display = json.string("display");
  if (target.code.empty() && target.equivalence != Equivalence::kUnmatched) {
    return refused(IssueType::kRequired, "a target needs a code unless it is `unmatched`",
                   path + ".code");
  }
  return target;
}

Result<ConceptMapElement> parse_element(const json::Value& json, const ConceptMapGroup& group,
                                        const std::string& path) {
  ConceptMapElement element;
  element.code = json.string("code");
  element.display = json.string("display");
  if (element.code.empty()) {
    return refused(IssueType::kRequired, "an element needs a code", path + ".code");
  }
  const auto targets = items(json, "target");
  if (targets.empty()) {
    return refused(IssueType::kRequired,
                   "a code without a target says nothing; state one with equivalence `unmatched`",
                   path + ".target");
  }
  for (std::size_t i = 0; i < targets.size(); ++i) {
    KAP_TRY(ConceptMapTarget target,
            parse_target(targets[i], group, fmt::format("{}.target[{}]", path, i)));
    element.targets.push_back(std::move(target));
  }
  return element;
}

Status parse_unmapped(const json::Value& json, const std::string& path, ConceptMapGroup& group) {
  const json::Value* unmapped = json.find("unmapped");
  if (unmapped == nullptr) return {};
  const std::string_view mode = unmapped->string("mode");
  if (mode == "provided") {
    group.unmapped = UnmappedMode::kProvided;
    return {};
  }
  if (mode == "fixed") {
    group.unmapped = UnmappedMode::kFixed;
    group.fixed = {.system = group.target_system,
                   .code = std::string(unmapped->string("code")),
                   .display = std::string(unmapped->string("display")),
                   .equivalence = Equivalence::kRelatedTo};
    if (!group.fixed.code.empty()) return {};
    return refused(IssueType::kRequired, "mode `fixed` needs a code", path + ".unmapped.code");
  }
  if (mode == "other-map") {
    group.unmapped = UnmappedMode::kOtherMap;
    group.other_map_url = unmapped->string("url");
    if (!group.other_map_url.empty()) return {};
    return refused(IssueType::kRequired, "mode `other-map` needs a url", path + ".unmapped.url");
  }
  return refused(IssueType::kCodeInvalid, "mode must be one of provided, fixed, other-map",
                 path + ".unmapped.mode");
}

Result<ConceptMapGroup> parse_group(const json::Value& json, const std::string& path) {
  ConceptMapGroup group;
  group.source_system = json.string("source");
  group.target_system = json.string("target");
  const auto elements = items(json, "element");
  group.elements.reserve(elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const std::string at = fmt::format("{}.element[{}]", path, i);
    KAP_TRY(ConceptMapElement element, parse_element(elements[i], group, at));
    group.elements.push_back(std::move(element));
  }
  for (std::size_t i = 0; i < group.elements.size(); ++i) {
    if (!group.by_code.emplace(group.elements[i].code, static_cast<std::uint32_t>(i)).second) {
      return refused(IssueType::kDuplicate, "the code has an element in this group already",
                     fmt::format("{}.element[{}].code", path, i));
    }
  }
  KAP_CHECK_OK(parse_unmapped(json, path, group));
  return group;
}

/// source[x] and target[x]: a uri or a canonical, without its version.
std::string value_set(const json::Value& resource, std::string_view name) {
  for (const std::string_view type : {"Uri", "Canonical"}) {
    const std::string_view url = resource.string(fmt::format("{}{}", name, type));
    if (!url.empty()) return std::string(url.substr(0, url.find('|')));
  }
  return {};
}

}  // namespace

std::string_view to_code(Equivalence equivalence) {
  return kEquivalences[static_cast<std::size_t>(equivalence)];
}

const ConceptMapElement* ConceptMapGroup::find(std::string_view code) const {
  const auto found = by_code.find(code);
  return found == by_code.end() ? nullptr : &elements[found->second];
}

Result<ConceptMap> ConceptMap::parse(const json::Value& resource) {
  if (resource.string("resourceType") != "ConceptMap") {
    return refused(IssueType::kStructure, "not a ConceptMap", "resourceType");
  }
  ConceptMap map;
  map.url_ = resource.string("url");
  map.source_ = value_set(resource, "source");
  map.target_ = value_set(resource, "target");
  if (map.url_.empty()) {
    return refused(IssueType::kRequired, "a ConceptMap is found by its url", "ConceptMap.url");
  }
  const auto groups = items(resource, "group");
  if (groups.empty()) {
    return refused(IssueType::kRequired, "a ConceptMap without a group maps nothing",
                   "ConceptMap.group");
  }
  map.groups_.reserve(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    KAP_TRY(ConceptMapGroup group, parse_group(groups[i], fmt::format("ConceptMap.group[{}]", i)));
    map.groups_.push_back(std::move(group));
  }
  return map;
}

}  // namespace kap::fhir::terminology
