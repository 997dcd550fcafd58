#include "gateway/transport/grpc/fhir_service.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "gateway/service/operation_outcome.h"
#include "gateway/service/read.h"
#include "gateway/service/search_system.h"
#include "gateway/service/search_type.h"
#include "gateway/service/vread.h"
#include "gateway/transport/grpc/caller.h"
#include "gateway/transport/grpc/fhir_messages.h"
#include "gateway/transport/grpc/list_reactor.h"
#include "gateway/transport/grpc/status.h"

namespace kap::gateway::transport::grpc {
namespace {

constexpr std::chrono::seconds kSearchDeadline{10};

service::SearchRequest to_request(const fhir::v1::SearchRequest& message) {
  service::SearchRequest request;
  request.type = message.type();
  request.parameters = to_pairs(message.parameters());
  request.handling = message.handling() == fhir::v1::SEARCH_HANDLING_STRICT
                         ? service::Handling::kStrict
                         : service::Handling::kLenient;
  request.cursor = message.cursor();
  if (!message.compartment_type().empty() || !message.compartment_id().empty())
    request.compartment = {.code = message.compartment_type(), .id = message.compartment_id()};
  return request;
}

std::vector<fhir::v1::SearchResponse> to_messages(service::SearchPage page) {
  std::vector<fhir::v1::SearchResponse> messages(1);
  auto& summary = *messages.front().mutable_summary();
  if (page.total) summary.set_total(*page.total);
  summary.set_next_cursor(page.next_cursor);
  for (auto& match : page.matches) fill(std::move(match), *messages.emplace_back().mutable_match());
  for (auto& included : page.included)
    fill(std::move(included), *messages.emplace_back().mutable_include());
  if (!page.ignored.empty())
    messages.emplace_back().set_outcome(service::encode_operation_outcome(page.ignored));
  return messages;
}

Result<service::Resource> find(const security::Permit& permit, const service::Reader& reader,
                               const fhir::v1::ReadRequest& request) {
  const ResourceId id(request.id());
  return request.version_id() == 0
             ? service::read(permit, reader, request.type(), id)
             : service::vread(permit, reader, request.type(), id, request.version_id());
}

}  // namespace

::grpc::ServerUnaryReactor* FhirService::Read(::grpc::CallbackServerContext* context,
                                              const fhir::v1::ReadRequest* request,
                                              fhir::v1::ReadResponse* response) {
  auto* reactor = context->DefaultReactor();
  const auto permit = authorize_token(authorizer_, *context);
  if (!permit) {
    reactor->Finish(to_status(permit.error(), *context));
    return reactor;
  }
  auto resource = find(*permit, reader_, *request);
  if (!resource) {
    reactor->Finish(to_status(resource.error(), *context));
    return reactor;
  }
  if (request->if_none_match() != 0 && request->if_none_match() == resource->version)
    response->set_not_modified(true);
  else
    fill(std::move(*resource), *response->mutable_resource());
  reactor->Finish(::grpc::Status::OK);
  return reactor;
}

::grpc::ServerWriteReactor<fhir::v1::SearchResponse>* FhirService::Search(
    ::grpc::CallbackServerContext* context, const fhir::v1::SearchRequest* request) {
  auto permit = authorize_token(authorizer_, *context);
  if (!permit) return refuse_list<fhir::v1::SearchResponse>(*context, permit.error());
  auto search = to_request(*request);
  search.deadline = std::chrono::steady_clock::now() + kSearchDeadline;
  auto run = [this, permit = std::move(*permit), search = std::move(search),
              is_done = false]() mutable -> Result<std::vector<fhir::v1::SearchResponse>> {
    if (std::exchange(is_done, true)) return std::vector<fhir::v1::SearchResponse>{};
    KAP_TRY(auto page, service::search(permit, reader_, search));
    return to_messages(std::move(page));
  };
  return new ListReactor<fhir::v1::SearchResponse>(*context, calls_, std::move(run));
}

}  // namespace kap::gateway::transport::grpc
