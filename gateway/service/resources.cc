#include "gateway/service/resources.h"

#include <fmt/format.h>

#include <utility>

#include "fhir/definitions/types.h"
#include "gateway/store/resource.h"

namespace kap::gateway::service {

Resource to_resource(store::StoredResource stored) {
  return {.type = std::move(stored.type),
          .id = std::move(stored.id),
          .version = stored.version,
          .last_updated = stored.last_updated,
          .json = std::move(stored.body)};
}

Status check_access(const security::Permit& permit, std::string_view type,
                    security::Interaction interaction) {
  if (fhir::definitions::find_resource_type(type) == nullptr)
    return fail(Category::kNotFound, IssueType::kNotSupported,
                "not a resource type of FHIR R4; names are case-sensitive, such as Observation");
  if (!permit.allows(type, interaction))
    return fail(Category::kForbidden, IssueType::kForbidden,
                fmt::format("no scope of the token covers this interaction on {}", type));
  return {};
}

}  // namespace kap::gateway::service
