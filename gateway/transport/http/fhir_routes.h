#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/history_instance.h"
#include "gateway/service/resources.h"
#include "gateway/service/search_type.h"
#include "gateway/transport/http/route.h"

namespace kap::gateway::transport::http {

/// The use cases behind the FHIR routes, as values, so that tests can put others there.
struct FhirInteractions {
  using Permit = security::Permit;

  std::function<Result<service::Resource>(const Permit&, std::string_view type, const ResourceId&)>
      read;
  std::function<Result<service::Resource>(const Permit&, std::string_view type, const ResourceId&,
                                          std::uint64_t version)>
      vread;
  /// A Bundle as JSON.
  std::function<Result<std::string>(const Permit&, const service::HistoryRequest&)>
      history_instance;
  /// A Bundle as JSON.
  std::function<Result<std::string>(const Permit&, const service::SearchRequest&)> search_type;
  std::string capability_statement;
  std::chrono::milliseconds search_deadline{10'000};
};

/// The interactions of gateway/service on a reader, which must outlive the result. The statement is
/// given as JSON.
[[nodiscard]] FhirInteractions make_interactions(const service::Reader& reader,
                                                 std::string capability_statement);

/// The rows below /fhir. `interactions` must outlive them.
[[nodiscard]] RouteTable fhir_routes(const FhirInteractions& interactions);

}  // namespace kap::gateway::transport::http
