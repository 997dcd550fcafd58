// http://hl7.org/fhir/R4/http.html#search, http://hl7.org/fhir/R4/search.html#context
#include "gateway/service/search_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/definitions/compartments.h"
#include "fhir/definitions/types.h"
#include "fhir/search/value_parser.h"
#include "gateway/service/search_run.h"

namespace kap::gateway::service {
namespace {

using security::Interaction;
using Types = std::vector<std::string_view>;

constexpr std::string_view kType = "_type";

Result<Types> named_types(const security::Permit& permit, std::string_view value) {
  Types types;
  for (const std::string_view type : fhir::search::split_escaped(value, ',')) {
    const auto* known = fhir::definitions::find_resource_type(type);
    if (known == nullptr)
      return fail(Category::kInvalidRequest, IssueType::kValue,
                  "_type takes resource types of R4 joined by commas, such as "
                  "Observation,Condition",
                  std::string(kType));
    KAP_CHECK_OK(check_access(permit, type, Interaction::kSearch));
    if (std::ranges::find(types, known->name) == types.end()) types.push_back(known->name);
  }
  return types;
}

Result<Types> types_of(const security::Permit& permit, const SearchRequest& request) {
  for (const auto& [name, value] : request.parameters)
    if (name == kType) return named_types(permit, value);
  Types types;
  for (const auto* type : fhir::definitions::resource_types())
    if (permit.allows(type->name, Interaction::kSearch)) types.push_back(type->name);
  if (types.empty())
    return fail(Category::kForbidden, IssueType::kForbidden,
                "no scope of the token covers a search of any type");
  return types;
}

}  // namespace

Result<SearchPage> search_system(const security::Permit& permit, const Reader& reader,
                                 const SearchRequest& request) {
  KAP_TRY(auto types, types_of(permit, request));
  return run_search(
      permit, reader, request,
      {.types = std::move(types), .level = SearchTarget::Level::kSeveral, .path = {}});
}

Result<SearchPage> search_compartment(const security::Permit& permit, const Reader& reader,
                                      const SearchRequest& request) {
  const auto& compartment = *request.compartment;
  if (fhir::definitions::find_compartment(compartment.code) == nullptr)
    return fail(
        Category::kNotFound, IssueType::kNotSupported,
        "R4 has compartments of Patient, Encounter, RelatedPerson, Practitioner and Device");
  auto path = fmt::format("/{}/{}/{}", compartment.code, compartment.id,
                          request.type.empty() ? "*" : request.type);
  if (request.type.empty()) {
    KAP_TRY(auto types, types_of(permit, request));
    return run_search(permit, reader, request,
                      {.types = std::move(types),
                       .level = SearchTarget::Level::kSeveral,
                       .path = std::move(path)});
  }
  KAP_CHECK_OK(check_access(permit, request.type, Interaction::kSearch));
  return run_search(
      permit, reader, request,
      {.types = {request.type}, .level = SearchTarget::Level::kType, .path = std::move(path)});
}

Result<SearchPage> search(const security::Permit& permit, const Reader& reader,
                          const SearchRequest& request) {
  if (request.compartment) return search_compartment(permit, reader, request);
  return request.type.empty() ? search_system(permit, reader, request)
                              : search_type(permit, reader, request);
}

}  // namespace kap::gateway::service
