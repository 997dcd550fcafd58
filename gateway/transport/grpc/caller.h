#pragma once

#include <grpcpp/server_context.h>

#include "fhir/base/result.h"
#include "gateway/security/authorizer.h"
#include "gateway/security/permit/permit.h"

namespace kap::gateway::transport::grpc {

/// The Permit of the clinic that the caller's certificate names.
[[nodiscard]] Result<security::Permit> authorize_clinic(
    const security::Authorizer& authorizer, const ::grpc::CallbackServerContext& context);

/// The Permit of the bearer token in the metadata `authorization`.
[[nodiscard]] Result<security::Permit> authorize_token(
    security::Authorizer& authorizer, const ::grpc::CallbackServerContext& context);

}  // namespace kap::gateway::transport::grpc
