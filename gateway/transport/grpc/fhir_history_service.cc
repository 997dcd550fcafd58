#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "gateway/service/history.h"
#include "gateway/service/search_type.h"
#include "gateway/transport/grpc/caller.h"
#include "gateway/transport/grpc/fhir_messages.h"
#include "gateway/transport/grpc/fhir_service.h"
#include "gateway/transport/grpc/list_reactor.h"

namespace kap::gateway::transport::grpc {
namespace {

constexpr std::chrono::seconds kDeadline{10};

service::HistoryRequest to_request(const fhir::v1::HistoryRequest& message) {
  service::HistoryRequest request{.type = message.type()};
  if (!message.id().empty()) request.id = ResourceId(message.id());
  request.parameters = to_pairs(message.parameters());
  if (!message.cursor().empty())
    request.parameters.emplace_back(std::string(service::kCursorParameter), message.cursor());
  return request;
}

fhir::v1::HistoryChange to_message(service::HistoryVersion::Change change) {
  using Change = service::HistoryVersion::Change;
  switch (change) {
    case Change::kCreated:
      return fhir::v1::HISTORY_CHANGE_CREATED;
    case Change::kUpdated:
      return fhir::v1::HISTORY_CHANGE_UPDATED;
    case Change::kDeleted:
      return fhir::v1::HISTORY_CHANGE_DELETED;
  }
  return fhir::v1::HISTORY_CHANGE_UNSPECIFIED;
}

std::vector<fhir::v1::HistoryResponse> to_messages(service::HistoryPage page) {
  std::vector<fhir::v1::HistoryResponse> messages(1);
  auto& summary = *messages.front().mutable_summary();
  if (page.total) summary.set_total(*page.total);
  summary.set_next_cursor(page.next_cursor);
  for (auto& version : page.versions) {
    auto& message = *messages.emplace_back().mutable_version();
    message.set_change(to_message(version.change));
    fill(std::move(version.resource), *message.mutable_resource());
  }
  return messages;
}

}  // namespace

::grpc::ServerWriteReactor<fhir::v1::HistoryResponse>* FhirService::History(
    ::grpc::CallbackServerContext* context, const fhir::v1::HistoryRequest* request) {
  using Batch = std::vector<fhir::v1::HistoryResponse>;
  auto permit = authorize_token(authorizer_, *context);
  if (!permit) return refuse_list<fhir::v1::HistoryResponse>(*context, permit.error());
  if (request->type().empty() && !request->id().empty())
    return refuse_list<fhir::v1::HistoryResponse>(
        *context, Outcome(Category::kInvalidRequest, IssueType::kRequired,
                          "an id needs the type of its resource", "type"));
  auto wanted = to_request(*request);
  wanted.deadline = std::chrono::steady_clock::now() + kDeadline;
  auto run = [this, permit = std::move(*permit), wanted = std::move(wanted),
              is_done = false]() mutable -> Result<Batch> {
    if (std::exchange(is_done, true)) return Batch{};
    KAP_TRY(auto page, service::history(permit, reader_, wanted));
    return to_messages(std::move(page));
  };
  return new ListReactor<fhir::v1::HistoryResponse>(*context, calls_, std::move(run));
}

}  // namespace kap::gateway::transport::grpc
