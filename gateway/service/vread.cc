// http://hl7.org/fhir/R4/http.html#vread
#include "gateway/service/vread.h"

#include <limits>
#include <utility>

#include "gateway/store/store.h"

namespace kap::gateway::service {

Result<Resource> vread(const security::Permit& permit, const Reader& reader, std::string_view type,
                       const ResourceId& id, std::uint64_t version) {
  KAP_CHECK_OK(check_access(permit, type, security::Interaction::kRead));
  if (version == 0 || version > std::numeric_limits<store::Version>::max())
    return fail(Category::kNotFound, IssueType::kNotFound, "no such version");
  KAP_TRY(auto stored, reader.store.vread(permit, type, id, static_cast<store::Version>(version)));
  if (stored.deleted)
    return fail(Category::kGone, IssueType::kDeleted, "this version is the deletion");
  return to_resource(std::move(stored));
}

}  // namespace kap::gateway::service
