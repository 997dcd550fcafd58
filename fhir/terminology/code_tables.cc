#include "fhir/terminology/code_tables.h"

#include <fmt/format.h>

#include <span>
#include <utility>

namespace kap::fhir::terminology {
namespace {

std::unexpected<Outcome> refused(IssueType code, std::string text, std::string path) {
  return fail(Category::kUnprocessable, code, std::move(text), std::move(path));
}

std::span<const json::Value> items(const json::Value& object, std::string_view name) {
  const json::Value* list = object.find(name);
  return list == nullptr ? std::span<const json::Value>() : list->items();
}

/// The concepts of a list and below them; the depth of JSON bounds the recursion.
Status add_concepts(std::span<const json::Value> concepts, std::string_view system,
                    const std::string& path, ConceptTable& table,
                    std::size_t parent = ConceptTable::kNone) {
  for (std::size_t i = 0; i < concepts.size(); ++i) {
    const std::string at = fmt::format("{}[{}]", path, i);
    const std::string_view code = concepts[i].string("code");
    if (code.empty()) return refused(IssueType::kRequired, "a concept needs a code", at + ".code");
    if (!table.add(system, code, concepts[i].string("display"), parent)) {
      return refused(IssueType::kDuplicate, "the code is there already", at + ".code");
    }
    KAP_CHECK_OK(add_concepts(items(concepts[i], "concept"), system, at + ".concept", table,
                              table.all().size() - 1));
  }
  return {};
}

Result<Inclusion> parse_inclusion(const json::Value& json, const std::string& path) {
  Inclusion inclusion;
  inclusion.system = json.string("system");
  if (json.find("filter") != nullptr) {
    return refused(IssueType::kNotSupported, "filters are not supported; list the concepts",
                   path + ".filter");
  }
  for (const json::Value& url : items(json, "valueSet")) {
    inclusion.value_sets.emplace_back(url.text().substr(0, url.text().find('|')));
  }
  if (inclusion.system.empty() && inclusion.value_sets.empty()) {
    return refused(IssueType::kRequired, "needs a system or a valueSet", path);
  }
  inclusion.is_whole_system = !inclusion.system.empty() && json.find("concept") == nullptr;
  KAP_CHECK_OK(add_concepts(items(json, "concept"), inclusion.system, path + ".concept",
                            inclusion.concepts));
  return inclusion;
}

Status parse_inclusions(const json::Value& compose, std::string_view name,
                        std::vector<Inclusion>& out) {
  const auto list = items(compose, name);
  for (std::size_t i = 0; i < list.size(); ++i) {
    KAP_TRY(Inclusion inclusion,
            parse_inclusion(list[i], fmt::format("ValueSet.compose.{}[{}]", name, i)));
    out.push_back(std::move(inclusion));
  }
  return {};
}

}  // namespace

std::string_view ConceptTable::keep(std::string_view text) {
  return text.empty() ? std::string_view() : texts_.emplace_back(text);
}

bool ConceptTable::add(std::string_view system, std::string_view code, std::string_view display,
                       std::size_t parent) {
  if (by_code_.contains(code)) return false;
  if (concepts_.empty() || concepts_.back().system != system) {
    system = keep(system);
  } else {
    system = concepts_.back().system;
  }
  concepts_.push_back({.system = system, .code = keep(code), .display = keep(display)});
  parents_.push_back(parent);
  by_code_.emplace(concepts_.back().code, concepts_.size() - 1);
  return true;
}

std::size_t ConceptTable::place(std::string_view code) const {
  const auto found = by_code_.find(code);
  return found == by_code_.end() ? kNone : found->second;
}

const Concept* ConceptTable::find(std::string_view code) const {
  const auto found = by_code_.find(code);
  return found == by_code_.end() ? nullptr : &concepts_[found->second];
}

Result<CodeSystemTable> parse_code_system(const json::Value& resource) {
  CodeSystemTable table;
  table.url = resource.string("url");
  if (table.url.empty()) {
    return refused(IssueType::kRequired, "a CodeSystem is found by its url", "CodeSystem.url");
  }
  if (resource.string("content") != "complete") {
    return refused(IssueType::kNotSupported, "content must be `complete`", "CodeSystem.content");
  }
  KAP_CHECK_OK(
      add_concepts(items(resource, "concept"), table.url, "CodeSystem.concept", table.concepts));
  return table;
}

Result<ValueSetTable> parse_value_set(const json::Value& resource) {
  ValueSetTable table;
  table.url = resource.string("url");
  if (table.url.empty()) {
    return refused(IssueType::kRequired, "a ValueSet is found by its url", "ValueSet.url");
  }
  const json::Value* compose = resource.find("compose");
  if (compose == nullptr || items(*compose, "include").empty()) {
    return refused(IssueType::kRequired, "a ValueSet needs at least one include",
                   "ValueSet.compose.include");
  }
  KAP_CHECK_OK(parse_inclusions(*compose, "include", table.includes));
  KAP_CHECK_OK(parse_inclusions(*compose, "exclude", table.excludes));
  return table;
}

}  // namespace kap::fhir::terminology
