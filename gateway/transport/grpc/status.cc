#include "gateway/transport/grpc/status.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "gateway/service/operation_outcome.h"

namespace kap::gateway::transport::grpc {
namespace {

// Metadata over a client's limit (8 KiB by default) would lose the whole status.
constexpr std::size_t kOutcomeBytes = 4096;
constexpr std::size_t kMessageBytes = 1024;

}  // namespace

::grpc::StatusCode to_code(Category category) {
  switch (category) {
    case Category::kInvalidRequest:
    case Category::kUnprocessable:
    case Category::kUnsupportedMediaType:
    case Category::kNotAcceptable:
      return ::grpc::StatusCode::INVALID_ARGUMENT;
    case Category::kUnauthenticated:
      return ::grpc::StatusCode::UNAUTHENTICATED;
    case Category::kForbidden:
      return ::grpc::StatusCode::PERMISSION_DENIED;
    case Category::kNotFound:
    case Category::kGone:
      return ::grpc::StatusCode::NOT_FOUND;
    case Category::kMethodNotAllowed:
      return ::grpc::StatusCode::UNIMPLEMENTED;
    case Category::kConflict:
      return ::grpc::StatusCode::ABORTED;
    case Category::kPreconditionFailed:
      return ::grpc::StatusCode::FAILED_PRECONDITION;
    case Category::kTooLarge:
    case Category::kThrottled:
      return ::grpc::StatusCode::RESOURCE_EXHAUSTED;
    case Category::kInternal:
      return ::grpc::StatusCode::INTERNAL;
    case Category::kUnavailable:
      return ::grpc::StatusCode::UNAVAILABLE;
    case Category::kTimeout:
      return ::grpc::StatusCode::DEADLINE_EXCEEDED;
  }
  return ::grpc::StatusCode::INTERNAL;
}

::grpc::Status to_status(const Outcome& outcome, ::grpc::CallbackServerContext& context) {
  auto json = service::encode_operation_outcome(outcome);
  if (json.size() > kOutcomeBytes)
    json = service::encode_operation_outcome(std::span(outcome.issues()).first(1));
  if (json.size() <= kOutcomeBytes) context.AddTrailingMetadata(kOutcomeMetadata, json);
  return {to_code(outcome.category()), outcome.summary().substr(0, kMessageBytes)};
}

}  // namespace kap::gateway::transport::grpc
