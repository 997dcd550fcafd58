#pragma once

#include <google/protobuf/repeated_field.h>

#include <string>
#include <utility>
#include <vector>

#include "gateway/service/resources.h"
#include "kap/fhir/v1/fhir.pb.h"

/// Values of the service to messages of kap.fhir.v1, and back.
namespace kap::gateway::transport::grpc {

void fill(service::Resource resource, fhir::v1::Resource& message);

using SearchParameters = google::protobuf::RepeatedPtrField<fhir::v1::SearchParameter>;
[[nodiscard]] std::vector<std::pair<std::string, std::string>> to_pairs(
    const SearchParameters& parameters);

}  // namespace kap::gateway::transport::grpc
