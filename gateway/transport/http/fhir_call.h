#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/resources.h"
#include "gateway/service/search_type.h"
#include "gateway/transport/http/error_response.h"
#include "gateway/transport/http/negotiation.h"
#include "gateway/transport/http/route.h"

/// What the handlers of the FHIR routes share: parts of a request to values, values to responses.
namespace kap::gateway::transport::http {

/// JSON in the form that was asked for. What is stored is written as it is, unless a person wants
/// to read it.
[[nodiscard]] Response encode(std::string json, const Representation& representation);
/// The same with the version's ETag and Last-Modified.
[[nodiscard]] Response encode(service::Resource resource, const Representation& representation);

/// RFC 7240 `Prefer: handling=`; lenient where none is given.
[[nodiscard]] service::Handling handling_of(const Request& request);

/// R4 `id`. What is none cannot exist, and is answered like what does not exist.
[[nodiscard]] Result<ResourceId> parse_id(std::string_view text);
/// A version of a path or an ETag; kNotFound for what is none.
[[nodiscard]] Result<std::uint64_t> parse_version(std::string_view text);

/// Parameters that an interaction takes besides `_format` and `_pretty`. Strict handling refuses
/// others instead of ignoring them.
[[nodiscard]] Status check_parameters(const Request& request,
                                      std::initializer_list<std::string_view> known);

/// A handler from a function that may fail: `Result<Response>(const Context&, const Call&, const
/// Permit&)`. `context` must outlive the row.
template <class Context, class Function>
  requires std::invocable<Function, const Context&, const Call&, const security::Permit&>
[[nodiscard]] PermitHandler permitted(const Context& context, Function function) {
  return [&context, function](const Call& call, const security::Permit& permit) -> Response {
    Result<Response> result = function(context, call, permit);
    return result ? *std::move(result) : to_response(result.error());
  };
}

}  // namespace kap::gateway::transport::http
