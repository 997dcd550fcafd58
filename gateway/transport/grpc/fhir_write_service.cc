#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/service/create.h"
#include "gateway/service/delete_resource.h"
#include "gateway/service/patch_resource.h"
#include "gateway/service/update.h"
#include "gateway/transport/grpc/fhir_messages.h"
#include "gateway/transport/grpc/fhir_service.h"
#include "gateway/transport/grpc/unary_call.h"

namespace kap::gateway::transport::grpc {
namespace {

using security::Permit;
using service::WriteAnswer;
using service::Writer;

store::Precondition to_precondition(std::uint64_t if_match) {
  if (if_match == 0) return store::AnyState{};
  if (if_match > std::numeric_limits<store::Version>::max()) return store::Version{0};
  return static_cast<store::Version>(if_match);
}

std::optional<ResourceId> id_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return ResourceId(text);
}

/// The criteria of a conditional interaction; nothing where an id is given.
template <class Request>
Result<std::optional<service::Criteria>> criteria_of(const Request& request) {
  if (request.id().empty()) return std::optional(to_pairs(request.criteria()));
  if (request.criteria().empty()) return std::optional<service::Criteria>{};
  return fail(Category::kInvalidRequest, IssueType::kInvalid,
              "either an id or criteria say which resource is meant, not both", "criteria");
}

Result<WriteAnswer> run(const Permit& permit, const Writer& writer,
                        const fhir::v1::CreateRequest& request) {
  KAP_CHECK_OK(service::check_access(permit, request.type(), security::Interaction::kCreate));
  KAP_TRY(auto content, service::parse_incoming(request.json(), request.type()));
  service::CreateRequest create{.type = request.type(), .content = std::move(content)};
  if (!request.if_none_exist().empty()) create.if_none_exist = to_pairs(request.if_none_exist());
  return service::create(permit, writer, create);
}

Result<WriteAnswer> run(const Permit& permit, const Writer& writer,
                        const fhir::v1::UpdateRequest& request) {
  KAP_CHECK_OK(service::check_access(permit, request.type(), security::Interaction::kUpdate));
  KAP_TRY(auto criteria, criteria_of(request));
  KAP_TRY(auto content, service::parse_incoming(request.json(), request.type()));
  return service::update(permit, writer,
                         {.type = request.type(),
                          .id = id_of(request.id()),
                          .criteria = std::move(criteria),
                          .if_match = to_precondition(request.if_match()),
                          .content = std::move(content)});
}

Result<WriteAnswer> run(const Permit& permit, const Writer& writer,
                        const fhir::v1::PatchRequest& request) {
  KAP_CHECK_OK(service::check_access(permit, request.type(), security::Interaction::kUpdate));
  KAP_TRY(auto criteria, criteria_of(request));
  const auto format = request.format() == fhir::v1::PATCH_FORMAT_FHIRPATH_PATCH
                          ? service::PatchFormat::kFhirPathPatch
                          : service::PatchFormat::kJsonPatch;
  KAP_TRY(auto patch, service::parse_patch(format, request.patch(), request.type()));
  return service::patch_resource(permit, writer,
                                 {.type = request.type(),
                                  .id = id_of(request.id()),
                                  .criteria = std::move(criteria),
                                  .if_match = to_precondition(request.if_match()),
                                  .patch = std::move(patch)});
}

Result<WriteAnswer> run(const Permit& permit, const Writer& writer,
                        const fhir::v1::DeleteRequest& request) {
  KAP_TRY(auto criteria, criteria_of(request));
  return service::delete_resource(permit, writer,
                                  {.type = request.type(),
                                   .id = id_of(request.id()),
                                   .criteria = std::move(criteria),
                                   .if_match = to_precondition(request.if_match())});
}

fhir::v1::WriteResult to_message(service::WriteResult result) {
  switch (result) {
    case service::WriteResult::kCreated:
      return fhir::v1::WRITE_RESULT_CREATED;
    case service::WriteResult::kUpdated:
      return fhir::v1::WRITE_RESULT_UPDATED;
    case service::WriteResult::kUnchanged:
      return fhir::v1::WRITE_RESULT_UNCHANGED;
    case service::WriteResult::kFound:
      return fhir::v1::WRITE_RESULT_FOUND;
    case service::WriteResult::kDeleted:
      return fhir::v1::WRITE_RESULT_DELETED;
    case service::WriteResult::kAbsent:
      return fhir::v1::WRITE_RESULT_ABSENT;
  }
  return fhir::v1::WRITE_RESULT_UNSPECIFIED;
}

void fill_response(WriteAnswer answer, fhir::v1::ReturnPreference prefer,
                   fhir::v1::WriteResponse& message) {
  message.set_result(to_message(answer.result));
  if (prefer == fhir::v1::RETURN_PREFERENCE_OPERATION_OUTCOME)
    message.set_outcome(service::encode_operation_outcome(answer));
  if (prefer == fhir::v1::RETURN_PREFERENCE_MINIMAL ||
      prefer == fhir::v1::RETURN_PREFERENCE_OPERATION_OUTCOME)
    answer.resource.json.clear();
  if (answer.resource.version != 0) fill(std::move(answer.resource), *message.mutable_resource());
}

}  // namespace

template <class Request>
::grpc::ServerUnaryReactor* FhirService::write(::grpc::CallbackServerContext* context,
                                               const Request* request,
                                               fhir::v1::WriteResponse* response) {
  return answer_on(writes_.pool, authorizer_, *context,
                   [this, request, response](const security::Permit& permit) -> Status {
                     KAP_TRY(auto answer, run(permit, writes_.writer, *request));
                     fill_response(std::move(answer), request->prefer(), *response);
                     return {};
                   });
}

::grpc::ServerUnaryReactor* FhirService::Create(::grpc::CallbackServerContext* context,
                                                const fhir::v1::CreateRequest* request,
                                                fhir::v1::WriteResponse* response) {
  return write(context, request, response);
}

::grpc::ServerUnaryReactor* FhirService::Update(::grpc::CallbackServerContext* context,
                                                const fhir::v1::UpdateRequest* request,
                                                fhir::v1::WriteResponse* response) {
  return write(context, request, response);
}

::grpc::ServerUnaryReactor* FhirService::Patch(::grpc::CallbackServerContext* context,
                                               const fhir::v1::PatchRequest* request,
                                               fhir::v1::WriteResponse* response) {
  return write(context, request, response);
}

::grpc::ServerUnaryReactor* FhirService::Delete(::grpc::CallbackServerContext* context,
                                                const fhir::v1::DeleteRequest* request,
                                                fhir::v1::WriteResponse* response) {
  return write(context, request, response);
}

}  // namespace kap::gateway::transport::grpc
