#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/service/export_stream.h"
#include "gateway/transport/grpc/caller.h"
#include "gateway/transport/grpc/fhir_service.h"
#include "gateway/transport/grpc/list_reactor.h"

namespace kap::gateway::transport::grpc {
namespace {

using Response = fhir::v1::ExportResponse;

/// The query's part of an input; `patient` may stand in it like in the body of a POST, because
/// nothing of this is a URL.
service::ExportInput to_input(const fhir::v1::ExportRequest& message) {
  service::ExportInput input{.level = static_cast<service::ExportLevel>(message.level()),
                             .group = message.group(),
                             .body = "",
                             .handling = message.handling() == fhir::v1::SEARCH_HANDLING_STRICT
                                             ? service::Handling::kStrict
                                             : service::Handling::kLenient};
  for (const auto& parameter : message.parameters())
    input.query.emplace_back(parameter.name(), parameter.value());
  return input;
}

Response to_summary(const service::ExportStream& stream) {
  Response message;
  auto& summary = *message.mutable_summary();
  const auto milliseconds = stream.transaction_time().time_since_epoch().count();
  summary.mutable_transaction_time()->set_seconds(milliseconds / 1000);
  summary.mutable_transaction_time()->set_nanos(static_cast<int>(milliseconds % 1000) * 1'000'000);
  for (const auto& type : stream.types()) summary.add_types(type);
  return message;
}

Response to_message(service::ExportStream::Chunk chunk) {
  Response message;
  auto& out = *message.mutable_chunk();
  out.set_kind(static_cast<fhir::v1::ChunkKind>(chunk.kind));
  out.set_type(std::move(chunk.type));
  out.set_ndjson(std::move(chunk.lines));
  return message;
}

}  // namespace

::grpc::ServerWriteReactor<Response>* FhirService::Export(::grpc::CallbackServerContext* context,
                                                          const fhir::v1::ExportRequest* request) {
  auto permit = authorize_token(authorizer_, *context);
  if (!permit) return refuse_list<Response>(*context, permit.error());
  if (!fhir::v1::ExportLevel_IsValid(request->level()))
    return refuse_list<Response>(*context, Outcome(Category::kInvalidRequest, IssueType::kValue,
                                                   "not a level of an export", "level"));
  auto next =
      [this, permit = std::move(*permit), input = to_input(*request),
       stream =
           std::shared_ptr<service::ExportStream>()]() mutable -> Result<std::vector<Response>> {
    std::vector<Response> messages;
    if (!stream) {
      KAP_TRY(auto opened, service::ExportStream::open(permit, reader_, input));
      stream = std::make_shared<service::ExportStream>(std::move(opened));
      messages.push_back(to_summary(*stream));
      return messages;
    }
    KAP_TRY(auto chunk, stream->next());
    if (chunk) messages.push_back(to_message(*std::move(chunk)));
    return messages;
  };
  return new ListReactor<Response>(*context, calls_, std::move(next));
}

}  // namespace kap::gateway::transport::grpc
