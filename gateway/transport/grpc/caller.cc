#include "gateway/transport/grpc/caller.h"

#include <grpc/grpc_security_constants.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace kap::gateway::transport::grpc {
namespace {

constexpr std::string_view kScheme = "Bearer ";

char to_lower(char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool starts_with_scheme(std::string_view text) {
  return text.size() > kScheme.size() &&
         std::ranges::equal(text.substr(0, kScheme.size()), kScheme, {}, &to_lower, &to_lower);
}

}  // namespace

Result<security::Permit> authorize_clinic(const security::Authorizer& authorizer,
                                          const ::grpc::CallbackServerContext& context) {
  const auto certificates =
      context.auth_context()->FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  if (certificates.empty())
    return fail(Category::kUnauthenticated, IssueType::kLogin, "a client certificate is needed");
  const auto& pem = certificates.front();
  return authorizer.authorize_clinic(std::string_view(pem.data(), pem.size()));
}

Result<security::Permit> authorize_token(security::Authorizer& authorizer,
                                         const ::grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  const auto [begin, end] = metadata.equal_range("authorization");
  if (begin == end || std::next(begin) != end)
    return fail(Category::kUnauthenticated, IssueType::kLogin,
                "one metadata entry `authorization: Bearer <token>` is needed");
  const std::string_view value(begin->second.data(), begin->second.size());
  if (!starts_with_scheme(value))
    return fail(Category::kUnauthenticated, IssueType::kLogin,
                "the metadata `authorization` must be `Bearer <token>`");
  return authorizer.authorize(BearerToken(std::string(value.substr(kScheme.size()))));
}

}  // namespace kap::gateway::transport::grpc
