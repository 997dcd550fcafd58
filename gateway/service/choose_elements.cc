// http://hl7.org/fhir/R4/http.html#read, http://hl7.org/fhir/R4/search.html#summary
#include "gateway/service/choose_elements.h"

#include "fhir/search/query.h"
#include "fhir/search/subset.h"

namespace kap::gateway::service {

Status choose_elements(const std::vector<std::pair<std::string, std::string>>& parameters,
                       Resource& resource) {
  namespace search = fhir::search;
  std::vector<std::pair<std::string, std::string>> chosen;
  for (const auto& [name, value] : parameters)
    if (name == "_summary" || name == "_elements") chosen.emplace_back(name, value);
  if (chosen.empty()) return {};
  KAP_TRY(const auto query,
          search::parse_query(resource.type, chosen, {.handling = search::Handling::kStrict}));
  if (query.summary == search::Summary::kCount)
    return fail(Category::kInvalidRequest, IssueType::kValue,
                "a read counts nothing; true, text, data and false are known here", "_summary");
  KAP_TRY(resource.json,
          search::to_subset(resource.json, {.summary = query.summary, .elements = query.elements}));
  return {};
}

}  // namespace kap::gateway::service
