#include <utility>

#include "gateway/service/read.h"
#include "gateway/service/vread.h"
#include "gateway/transport/http/fhir_routes.h"

namespace kap::gateway::transport::http {

FhirInteractions make_interactions(const service::Reader& reader,
                                   std::string capability_statement) {
  using Permit = security::Permit;
  FhirInteractions interactions;
  interactions.read = [&reader](const Permit& permit, std::string_view type, const ResourceId& id) {
    return service::read(permit, reader, type, id);
  };
  interactions.vread = [&reader](const Permit& permit, std::string_view type, const ResourceId& id,
                                 std::uint64_t version) {
    return service::vread(permit, reader, type, id, version);
  };
  interactions.history_instance = [&reader](const Permit& permit,
                                            const service::HistoryRequest& request) {
    return service::history_instance(permit, reader, request);
  };
  interactions.search_type = [&reader](
                                 const Permit& permit,
                                 const service::SearchRequest& request) -> Result<std::string> {
    KAP_TRY(const service::SearchPage page, service::search_type(permit, reader, request));
    return service::encode_searchset(page, reader);
  };
  interactions.capability_statement = std::move(capability_statement);
  return interactions;
}

}  // namespace kap::gateway::transport::http
