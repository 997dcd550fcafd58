#include "fhir/terminology/terminology.h"

#include <fmt/format.h>

#include <utility>

#include "fhir/definitions/value_sets.h"
#include "fhir/json/parse.h"
#include "fhir/terminology/package_codes.h"
#include "fhir/terminology/tables.h"

namespace kap::fhir::terminology {
namespace {

std::string_view without_version(std::string_view url) { return url.substr(0, url.find('|')); }

/// The same outcome with the file's name in front of what it says.
std::unexpected<Outcome> in_file(const Outcome& outcome, std::string_view origin) {
  std::vector<Issue> issues = outcome.issues();
  for (Issue& issue : issues) issue.diagnostics = fmt::format("{}: {}", origin, issue.diagnostics);
  return std::unexpected<Outcome>(Outcome(outcome.category(), std::move(issues)));
}

template <class Table>
Status insert(std::map<std::string, Table, std::less<>>& into, const std::string& url,
              Result<Table> table) {
  if (into.try_emplace(url, *std::move(table)).second) return {};
  return fail(Category::kUnprocessable, IssueType::kDuplicate,
              fmt::format("{} is there already", url), "url");
}

}  // namespace

Terminology::Terminology() : tables_(std::make_unique<Tables>()) {}
Terminology::~Terminology() = default;
Terminology::Terminology(Terminology&&) noexcept = default;
Terminology& Terminology::operator=(Terminology&&) noexcept = default;

Status Terminology::add(std::string_view json_text, std::string_view origin) {
  auto document = json::parse(json_text);
  if (!document) return in_file(document.error(), origin);
  return add(document->root, origin);
}

Status Terminology::add(const json::Value& resource, std::string_view origin) {
  const std::string_view type = resource.string("resourceType");
  const auto add_to = [&](auto& into, auto table) -> Status {
    if (!table) return in_file(table.error(), origin);
    const std::string url(resource.string("url"));
    const Status inserted = insert(into, url, std::move(table));
    if (!inserted) return in_file(inserted.error(), origin);
    json::Document kept;
    kept.root = kept.clone(resource);
    tables_->resources.emplace(std::pair(std::string(type), url), std::move(kept));
    return {};
  };
  if (type == "CodeSystem") return add_to(tables_->code_systems, parse_code_system(resource));
  if (type == "ValueSet") return add_to(tables_->value_sets, parse_value_set(resource));
  if (type == "ConceptMap") return add_to(tables_->concept_maps, ConceptMap::parse(resource));
  if (type == "Bundle") {
    const json::Value* entries = resource.find("entry");
    if (entries == nullptr) return {};
    for (const json::Value& entry : entries->items()) {
      const json::Value* inner = entry.find("resource");
      if (inner != nullptr) KAP_CHECK_OK(add(*inner, origin));
    }
    return {};
  }
  return fail(Category::kUnprocessable, IssueType::kNotSupported,
              fmt::format("{}: expected a CodeSystem, ValueSet, ConceptMap or Bundle", origin),
              "resourceType");
}

Status Terminology::check() const {
  for (const auto& [url, map] : tables_->concept_maps) {
    KAP_CHECK_OK(tables_->check_concept_map(url, 0));
  }
  for (const auto& [url, value_set] : tables_->value_sets) {
    KAP_CHECK_OK(tables_->check_value_set(url, 0));
  }
  return {};
}

const ConceptMap* Terminology::find_concept_map(std::string_view url) const {
  const auto found = tables_->concept_maps.find(without_version(url));
  return found == tables_->concept_maps.end() ? nullptr : &found->second;
}

std::vector<const ConceptMap*> Terminology::concept_maps() const {
  std::vector<const ConceptMap*> list;
  for (const auto& [url, map] : tables_->concept_maps) list.push_back(&map);
  return list;
}

Membership Terminology::validate_code(std::string_view value_set_url, std::string_view system,
                                      std::string_view code) const {
  return tables_->contains(value_set_url, system, code, 0);
}

Result<std::vector<Concept>> Terminology::expand(std::string_view value_set_url) const {
  return tables_->expand(value_set_url, 0);
}

const Concept* Terminology::find_concept(std::string_view system, std::string_view code) const {
  const auto found = tables_->code_systems.find(without_version(system));
  return found == tables_->code_systems.end() ? nullptr : found->second.concepts.find(code);
}

const Concept* Terminology::find_known_concept(std::string_view system,
                                               std::string_view code) const {
  const Concept* local = find_concept(system, code);
  return local != nullptr ? local : find_package_code(without_version(system), code);
}

bool Terminology::is_complete(std::string_view system) const {
  return tables_->code_systems.contains(without_version(system));
}

const json::Value* Terminology::find_resource(std::string_view type, std::string_view url) const {
  const auto found = tables_->resources.find({std::string(type), std::string(url)});
  return found == tables_->resources.end() ? nullptr : &found->second.root;
}

std::vector<const json::Value*> Terminology::resources() const {
  std::vector<const json::Value*> list;
  for (const auto& [name, document] : tables_->resources) list.push_back(&document.root);
  return list;
}

Status Terminology::Tables::check_concept_map(std::string_view url, int depth) const {
  const auto found = concept_maps.find(without_version(url));
  if (depth > kMaxChain) {
    return fail(Category::kUnprocessable, IssueType::kProcessing,
                fmt::format("ConceptMap {} leads back to itself by `other-map`", url),
                "ConceptMap.group.unmapped.url");
  }
  if (found == concept_maps.end()) {
    return fail(Category::kUnprocessable, IssueType::kNotFound,
                fmt::format("ConceptMap {} is named by `other-map` but not here", url),
                "ConceptMap.group.unmapped.url");
  }
  for (const ConceptMapGroup& group : found->second.groups()) {
    if (group.unmapped != UnmappedMode::kOtherMap) continue;
    KAP_CHECK_OK(check_concept_map(group.other_map_url, depth + 1));
  }
  return {};
}

Status Terminology::Tables::check_value_set(std::string_view url, int depth) const {
  const auto found = value_sets.find(without_version(url));
  if (depth > kMaxChain) {
    return fail(Category::kUnprocessable, IssueType::kProcessing,
                fmt::format("ValueSet {} imports itself", url),
                "ValueSet.compose.include.valueSet");
  }
  if (found == value_sets.end()) {
    if (definitions::find_value_set(url) != nullptr) return {};
    return fail(Category::kUnprocessable, IssueType::kNotFound,
                fmt::format("ValueSet {} is imported but not here", url),
                "ValueSet.compose.include.valueSet");
  }
  for (const auto* list : {&found->second.includes, &found->second.excludes}) {
    for (const Inclusion& inclusion : *list) {
      for (const std::string& import : inclusion.value_sets) {
        KAP_CHECK_OK(check_value_set(import, depth + 1));
      }
    }
  }
  return {};
}

}  // namespace kap::fhir::terminology
