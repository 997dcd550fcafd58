// http://hl7.org/fhir/R4/http.html#read
#include "gateway/service/read.h"

#include <utility>

#include "gateway/store/store.h"

namespace kap::gateway::service {

Result<Resource> read(const security::Permit& permit, const Reader& reader, std::string_view type,
                      const ResourceId& id) {
  KAP_CHECK_OK(check_access(permit, type, security::Interaction::kRead));
  KAP_TRY(auto stored, reader.store.read(permit, type, id));
  return to_resource(std::move(stored));
}

}  // namespace kap::gateway::service
