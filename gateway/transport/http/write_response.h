#pragma once

#include <string_view>

#include "fhir/base/result.h"
#include "gateway/service/write_answer.h"
#include "gateway/transport/http/negotiation.h"
#include "gateway/transport/http/prefer.h"
#include "gateway/transport/http/request.h"
#include "gateway/transport/http/response.h"

namespace kap::gateway::transport::http {

/// How the answer to a write is given; found out before anything is written.
struct WriteForm {
  Representation representation;
  ReturnPreference preference = ReturnPreference::kNone;
};
[[nodiscard]] Result<WriteForm> write_form_of(const Request& request);

/// 201 with Location for what was created, 200 for the rest, 204 for a deletion without a body.
[[nodiscard]] Response encode(service::WriteAnswer answer, const WriteForm& form,
                              std::string_view base_url);

/// A body that is FHIR JSON; kUnsupportedMediaType for XML, for another fhirVersion or charset.
[[nodiscard]] Status check_fhir_json(const Request& request);

}  // namespace kap::gateway::transport::http
