#include "gateway/transport/http/write_response.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

#include "gateway/transport/http/conditional.h"
#include "gateway/transport/http/error_response.h"
#include "gateway/transport/http/fhir_call.h"

namespace kap::gateway::transport::http {
namespace {

using service::WriteResult;

bool is_deletion(WriteResult result) {
  return result == WriteResult::kDeleted || result == WriteResult::kAbsent;
}

std::string body_of(service::WriteAnswer& answer, ReturnPreference preference) {
  if (preference == ReturnPreference::kOperationOutcome)
    return service::encode_operation_outcome(answer);
  if (preference == ReturnPreference::kMinimal || is_deletion(answer.result)) return {};
  return std::move(answer.resource.json);
}

/// Preference-Applied (RFC 7240 section 3): only what was done.
std::string_view applied(ReturnPreference preference, bool has_body) {
  switch (preference) {
    case ReturnPreference::kNone:
      return {};
    case ReturnPreference::kMinimal:
      return "return=minimal";
    case ReturnPreference::kRepresentation:
      return has_body ? "return=representation" : "";
    case ReturnPreference::kOperationOutcome:
      return "return=OperationOutcome";
  }
  return {};
}

std::unexpected<Outcome> refuse_media(std::string_view expected) {
  return fail(Category::kUnsupportedMediaType, IssueType::kNotSupported,
              fmt::format("the body must be {}", expected), "Content-Type");
}

}  // namespace

Result<WriteForm> write_form_of(const Request& request) {
  KAP_TRY(auto representation, negotiate(request));
  return WriteForm{.representation = std::move(representation),
                   .preference = return_preference_of(request)};
}

Response encode(service::WriteAnswer answer, const WriteForm& form, std::string_view base_url) {
  const auto version = answer.resource.version;
  const auto result = answer.result;
  auto location = fmt::format("{}/{}/{}/_history/{}", base_url, answer.resource.type,
                              answer.resource.id.text(), version);
  const auto modified = answer.resource.last_updated;
  auto body = body_of(answer, form.preference);
  const bool has_body = !body.empty();
  Response response = has_body ? encode(std::move(body), form.representation) : Response{};
  if (result == WriteResult::kCreated) response.status = 201;
  if (is_deletion(result) && !has_body) response.status = 204;
  if (result == WriteResult::kCreated || result == WriteResult::kFound)
    response.with("Location", std::move(location));
  if (version != 0) response.with("ETag", to_etag(version));
  if (version != 0) response.with("Last-Modified", to_http_date(modified));
  if (const auto preference = applied(form.preference, has_body); !preference.empty())
    response.with("Preference-Applied", std::string(preference));
  return response;
}

Status check_fhir_json(const Request& request) {
  const auto header = request.headers.find("Content-Type");
  static constexpr std::array<std::string_view, 4> kTaken = {
      "application/fhir+json", "application/json", "application/json+fhir", "text/json"};
  bool is_taken = false;
  for (const auto name : kTaken) is_taken = is_taken || media_type(header.value_or("")) == name;
  if (!is_taken) return refuse_media("application/fhir+json; this server takes no XML");
  for (std::string_view rest = *header; rest.find(';') != std::string_view::npos;) {
    rest.remove_prefix(rest.find(';') + 1);
    std::string parameter(rest.substr(0, rest.find(';')));
    std::erase_if(parameter, [](char c) { return c == ' ' || c == '\t' || c == '"'; });
    const auto equals = parameter.find('=');
    if (equals == std::string::npos) continue;
    const auto name = std::string_view(parameter).substr(0, equals);
    const auto value = std::string_view(parameter).substr(equals + 1);
    if (equals_ignoring_case(name, "fhirVersion") && value != "4.0" && value != "4.0.1")
      return refuse_media("of FHIR 4.0: application/fhir+json; fhirVersion=4.0");
    if (equals_ignoring_case(name, "charset") && !equals_ignoring_case(value, "utf-8"))
      return refuse_media("in UTF-8");
  }
  return {};
}

}  // namespace kap::gateway::transport::http
