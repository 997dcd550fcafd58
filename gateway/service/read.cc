// http://hl7.org/fhir/R4/http.html#read
#include "gateway/service/read.h"

#include <utility>

#include "gateway/service/shipped_resources.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {

Result<Resource> read(const security::Permit& permit, const Reader& reader, std::string_view type,
                      const ResourceId& id) {
  KAP_CHECK_OK(check_access(permit, type, security::Interaction::kRead));
  auto stored = reader.store.read(permit, type, id);
  if (stored.has_value()) return to_resource(*std::move(stored));
  if (stored.error().category() == Category::kNotFound && reader.shipped != nullptr)
    if (const Resource* shipped = reader.shipped->find(type, id.text())) return *shipped;
  return std::unexpected(std::move(stored).error());
}

}  // namespace kap::gateway::service
