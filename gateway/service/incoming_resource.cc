#include "gateway/service/incoming_resource.h"

#include <fmt/format.h>

#include <utility>

#include "fhir/json/parse.h"

namespace kap::gateway::service {

Status check_resource_type(const fhir::json::Value& root, std::string_view type) {
  if (!root.is_object())
    return fail(Category::kInvalidRequest, IssueType::kStructure,
                fmt::format("the body must be a JSON object: a {} with its resourceType", type));
  const auto* given = root.find("resourceType");
  if (given == nullptr || !given->is_string())
    return fail(Category::kInvalidRequest, IssueType::kStructure,
                fmt::format("the body needs \"resourceType\":\"{}\"", type), "resourceType");
  if (given->text() != type)
    return fail(Category::kInvalidRequest, IssueType::kInvalid,
                fmt::format("the resourceType must be that of the URL, {}", type), "resourceType");
  return {};
}

Result<IncomingResource> parse_incoming(std::string text, std::string_view type) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return fail(Category::kInvalidRequest, IssueType::kStructure,
                fmt::format("the body is empty; expected a {} as JSON", type));
  KAP_TRY(auto document, fhir::json::parse(text));
  KAP_CHECK_OK(check_resource_type(document.root, type));
  return IncomingResource{.document = std::move(document), .text = std::move(text)};
}

}  // namespace kap::gateway::service
