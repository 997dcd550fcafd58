#include "gateway/transport/http/bundle_routes.h"

#include <string>
#include <utility>

#include "gateway/service/batch.h"
#include "gateway/transport/http/fhir_call.h"
#include "gateway/transport/http/write_response.h"

namespace kap::gateway::transport::http {
namespace {

using security::Permit;
using service::EntryReturn;
using service::Writer;

/// Without a preference the answers hold no resources: who sends thousands rarely wants them back.
EntryReturn to_entry_return(ReturnPreference preference) {
  switch (preference) {
    case ReturnPreference::kNone:
    case ReturnPreference::kMinimal:
      return EntryReturn::kMinimal;
    case ReturnPreference::kRepresentation:
      return EntryReturn::kRepresentation;
    case ReturnPreference::kOperationOutcome:
      return EntryReturn::kOperationOutcome;
  }
  return EntryReturn::kMinimal;
}

Result<Response> answer_bundle(const Writer& writer, const Call& call, const Permit& permit,
                               service::BundleOptions options) {
  KAP_TRY(const WriteForm form, write_form_of(call.request));
  KAP_CHECK_OK(check_parameters(call.request, {}));
  KAP_CHECK_OK(check_fhir_json(call.request));
  options.shown = to_entry_return(form.preference);
  KAP_TRY(std::string bundle, service::answer_bundle(permit, writer, call.request.body, options));
  return encode(std::move(bundle), form.representation);
}

}  // namespace

RouteTable bundle_routes(const Writer& writer, service::OperationsOfBundle operations,
                         std::chrono::milliseconds deadline) {
  const service::BundleOptions options{.search_deadline = deadline, .operations = operations};
  return {
      {.method = Method::kPost,
       .pattern = "/fhir",
       .access = Authenticated{},
       .execution = Execution::kWriting,
       .handler = permitted(writer,
                            [options](const Writer& context, const Call& call,
                                      const Permit& permit) -> Result<Response> {
                              return answer_bundle(context, call, permit, options);
                            }),
       .specification = "http://hl7.org/fhir/R4/http.html#transaction",
       .capability = "batch transaction"},
  };
}

}  // namespace kap::gateway::transport::http
