#include "gateway/transport/grpc/fhir_messages.h"

namespace kap::gateway::transport::grpc {

void fill(service::Resource resource, fhir::v1::Resource& message) {
  message.set_type(std::move(resource.type));
  message.set_id(resource.id.text());
  message.set_version_id(resource.version);
  const auto milliseconds = resource.last_updated.time_since_epoch().count();
  message.mutable_last_updated()->set_seconds(milliseconds / 1000);
  message.mutable_last_updated()->set_nanos(static_cast<int>(milliseconds % 1000) * 1'000'000);
  message.set_json(std::move(resource.json));
}

std::vector<std::pair<std::string, std::string>> to_pairs(const SearchParameters& parameters) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& parameter : parameters) pairs.emplace_back(parameter.name(), parameter.value());
  return pairs;
}

}  // namespace kap::gateway::transport::grpc
