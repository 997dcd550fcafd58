#include "gateway/service/operations/everything_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "fhir/definitions/compartments.h"
#include "fhir/definitions/search_parameters.h"
#include "fhir/definitions/types.h"
#include "fhir/search/criterion_parser.h"

namespace kap::gateway::service {
namespace {

namespace definitions = fhir::definitions;
namespace search = fhir::search;

bool may_read(const security::Permit& permit, std::string_view type) {
  return permit.allows(type, security::Interaction::kRead) ||
         permit.allows(type, security::Interaction::kSearch);
}

/// Whether a resource of the type belongs to the focus when its parameter names it: by the
/// compartment's definition, and what the definition leaves out but ties to the focus by name (a
/// Task of a patient, a Flag of an encounter).
bool ties(std::string_view focus, std::string_view type,
          const definitions::SearchParameterDef& parameter) {
  if (parameter.type != definitions::SearchType::kReference) return false;
  const auto members = definitions::compartment_parameters(focus, type);
  if (std::ranges::find(members, parameter.code) != members.end()) return true;
  const bool names_it = std::ranges::find(parameter.targets, focus) != parameter.targets.end();
  return names_it &&
         (focus == "Encounter" || parameter.code == "patient" || parameter.code == "subject");
}

class Builder {
 public:
  Builder(std::string_view focus, const ResourceId& id) : focus_(focus), id_(id) {}

  /// The criterion that ties the type to the focus; nothing where none does.
  [[nodiscard]] std::optional<search::Criterion> criterion(std::string_view type) const {
    search::Criterion any;
    any.direction = search::Criterion::Direction::kAnyOf;
    if (type == focus_) {
      search::Criterion itself;
      itself.parameter = search::find_searchable(type, "_id");
      itself.values.emplace_back(search::TokenValue{.system = {}, .code = id_.text()});
      any.any_of.push_back(std::move(itself));
    }
    for (const auto* parameter : definitions::search_parameters(type)) {
      if (!ties(focus_, type, *parameter)) continue;
      if (search::find_searchable(type, parameter->code) == nullptr) continue;
      search::Criterion one;
      one.parameter = parameter;
      one.values.emplace_back(
          search::ReferenceValue{.type = std::string(focus_), .id = id_.text()});
      any.any_of.push_back(std::move(one));
    }
    if (any.any_of.empty()) return std::nullopt;
    any.parameter = any.any_of.front().parameter;
    return any;
  }

 private:
  std::string_view focus_;
  const ResourceId& id_;
};

/// `_type=A,B`, as often as given.
Result<std::set<std::string, std::less<>>> wanted_types(const OperationParameters& parameters) {
  std::set<std::string, std::less<>> types;
  for (auto text : parameters.texts("_type")) {
    while (true) {
      const auto comma = text.find(',');
      const auto type = text.substr(0, comma);
      if (definitions::find_resource_type(type) == nullptr)
        return fail(Category::kInvalidRequest, IssueType::kValue,
                    "_type takes resource types of FHIR R4 joined by commas: Observation,Procedure",
                    "_type");
      types.emplace(type);
      if (comma == std::string_view::npos) break;
      text.remove_prefix(comma + 1);
    }
  }
  return types;
}

/// What comes with the matches. One include of everything costs less than one for each type; what
/// is a match of its own, on this page or another, is left out afterwards.
void add_includes(search::Query& query) {
  query.includes.push_back({.direction = search::Include::Direction::kInclude});
  for (const auto* source : {"Provenance", "AdverseEvent"})
    query.includes.push_back(
        {.direction = search::Include::Direction::kRevInclude, .source = source});
}

Status add_type(EverythingQuery& out, std::string_view type, search::Criterion criterion,
                std::optional<std::string_view> since, const search::QueryOptions& options) {
  search::TypeCriteria one{.type = std::string(type)};
  one.criteria.push_back(std::move(criterion));
  if (since) {
    // `ge`: a client takes the second of a Date header, and must not miss what came later in it.
    auto updated =
        search::parse_criterion(type, "_lastUpdated", fmt::format("ge{}", *since), options);
    if (!updated)
      return fail(Category::kInvalidRequest, IssueType::kValue, "_since must be an instant",
                  "_since");
    one.criteria.push_back(*std::move(updated));
  }
  out.searched.emplace(type);
  if (out.query.type.empty()) {
    out.query.type = std::move(one.type);
    out.query.criteria = std::move(one.criteria);
  } else {
    out.query.others.push_back(std::move(one));
  }
  return {};
}

}  // namespace

Result<EverythingQuery> make_everything_query(const security::Permit& permit, const Reader& reader,
                                              std::string_view focus, const ResourceId& id,
                                              const OperationParameters& parameters) {
  EverythingQuery out;
  KAP_TRY(out.wanted, wanted_types(parameters));
  const Builder builder(focus, id);
  // What only comes with other resources is found only by looking at those.
  const bool is_narrow =
      !out.wanted.empty() && std::ranges::all_of(out.wanted, [&](const std::string& type) {
        return type != "Provenance" && type != "AdverseEvent" && builder.criterion(type);
      });
  std::vector<std::string_view> types{focus};
  for (const auto* type : definitions::resource_types())
    if (type->name != focus) types.push_back(type->name);
  const search::QueryOptions options{.now = reader.clock.now(), .base_url = reader.base_url};
  for (const auto type : types) {
    if (is_narrow && !out.wanted.contains(type)) continue;
    auto criterion = builder.criterion(type);
    if (!criterion) continue;
    if (!may_read(permit, type)) {
      out.uncovered += (out.uncovered.empty() ? "" : ", ") + std::string(type);
      continue;
    }
    KAP_CHECK_OK(add_type(out, type, *std::move(criterion), parameters.text("_since"), options));
  }
  if (!is_narrow) add_includes(out.query);
  // A cursor belongs to what it was made for.
  out.query.used.emplace_back(std::string(focus), id.text());
  for (const auto& item : parameters.all())
    out.query.used.emplace_back(std::string(item.name), std::string(item.text));
  return out;
}

}  // namespace kap::gateway::service
