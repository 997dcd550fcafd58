#include "gateway/transport/http/write_routes.h"

#include <optional>
#include <string>
#include <utility>

#include "gateway/service/create.h"
#include "gateway/service/delete_resource.h"
#include "gateway/service/patch_resource.h"
#include "gateway/service/update.h"
#include "gateway/transport/http/fhir_call.h"
#include "gateway/transport/http/write_response.h"

namespace kap::gateway::transport::http {
namespace {

using security::Interaction;
using security::Permit;
using service::Writer;

/// The precondition in the headers. If-Match decides alone where both stand
/// (RFC 9110 section 13.2.2).
Result<store::Precondition> precondition_of(const Request& request) {
  if (request.headers.find("If-Match"))
    return service::parse_if_match(request.headers.joined("If-Match"));
  if (!request.headers.find("If-None-Match")) return store::AnyState{};
  if (request.headers.joined("If-None-Match") == "*") return store::MustNotExist{};
  return fail(Category::kInvalidRequest, IssueType::kNotSupported,
              "a write takes If-None-Match: * alone; a version is asked for by If-Match",
              "If-None-Match");
}

/// The criteria of a conditional interaction's URL.
service::Criteria criteria_of(const Request& request) {
  service::Criteria criteria;
  for (const QueryPair& pair : request.query)
    if (pair.name != "_format" && pair.name != "_pretty")
      criteria.emplace_back(pair.name, pair.value);
  return criteria;
}

/// Where an update, patch or delete goes: an id in the path, else the criteria of the query.
struct Place {
  std::optional<ResourceId> id;
  std::optional<service::Criteria> criteria;
  store::Precondition if_match;
};

Result<Place> place_of(const Call& call) {
  Place place;
  if (call.path.size() > 1) {
    KAP_TRY(place.id, parse_id(call.path[1]));
    KAP_CHECK_OK(check_parameters(call.request, {}));
  } else {
    place.criteria = criteria_of(call.request);
  }
  if (call.request.headers.find("If-None-Exist"))
    return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                "If-None-Exist is for a create (POST)", "If-None-Exist");
  KAP_TRY(place.if_match, precondition_of(call.request));
  return place;
}

Result<service::IncomingResource> content_of(const Call& call) {
  KAP_CHECK_OK(check_fhir_json(call.request));
  return service::parse_incoming(call.request.body, call.path[0]);
}

Result<Response> create(const Writer& writer, const Call& call, const Permit& permit) {
  KAP_TRY(const WriteForm form, write_form_of(call.request));
  KAP_CHECK_OK(check_parameters(call.request, {}));
  service::CreateRequest create{.type = std::string(call.path[0]), .content = {}};
  if (call.request.headers.find("If-None-Exist")) {
    KAP_TRY(create.if_none_exist,
            service::parse_criteria(call.request.headers.joined("If-None-Exist")));
  }
  KAP_TRY(create.content, content_of(call));
  KAP_TRY(auto answer, service::create(permit, writer, create));
  return encode(std::move(answer), form, writer.reader.base_url);
}

Result<Response> update(const Writer& writer, const Call& call, const Permit& permit) {
  KAP_TRY(const WriteForm form, write_form_of(call.request));
  KAP_TRY(auto place, place_of(call));
  KAP_TRY(auto content, content_of(call));
  KAP_TRY(auto answer, service::update(permit, writer,
                                       {.type = std::string(call.path[0]),
                                        .id = std::move(place.id),
                                        .criteria = std::move(place.criteria),
                                        .if_match = place.if_match,
                                        .content = std::move(content)}));
  return encode(std::move(answer), form, writer.reader.base_url);
}

Result<service::Patch> patch_of(const Call& call) {
  const auto header = call.request.headers.find("Content-Type").value_or("");
  const auto type = media_type(header);
  if (type == "application/json-patch+json")
    return service::parse_patch(service::PatchFormat::kJsonPatch, call.request.body, call.path[0]);
  if (type != "application/fhir+json" || !check_fhir_json(call.request))
    return fail(Category::kUnsupportedMediaType, IssueType::kNotSupported,
                "a patch is application/json-patch+json (RFC 6902) or a FHIRPath Patch in a "
                "Parameters resource, application/fhir+json; this server takes no XML",
                "Content-Type");
  return service::parse_patch(service::PatchFormat::kFhirPathPatch, call.request.body,
                              call.path[0]);
}

Result<Response> patch(const Writer& writer, const Call& call, const Permit& permit) {
  KAP_TRY(const WriteForm form, write_form_of(call.request));
  KAP_TRY(auto place, place_of(call));
  KAP_TRY(auto patch, patch_of(call));
  KAP_TRY(auto answer, service::patch_resource(permit, writer,
                                               {.type = std::string(call.path[0]),
                                                .id = std::move(place.id),
                                                .criteria = std::move(place.criteria),
                                                .if_match = place.if_match,
                                                .patch = std::move(patch)}));
  return encode(std::move(answer), form, writer.reader.base_url);
}

Result<Response> remove(const Writer& writer, const Call& call, const Permit& permit) {
  KAP_TRY(const WriteForm form, write_form_of(call.request));
  KAP_TRY(auto place, place_of(call));
  KAP_TRY(auto answer, service::delete_resource(permit, writer,
                                                {.type = std::string(call.path[0]),
                                                 .id = std::move(place.id),
                                                 .criteria = std::move(place.criteria),
                                                 .if_match = place.if_match}));
  return encode(std::move(answer), form, writer.reader.base_url);
}

}  // namespace

RouteTable write_routes(const Writer& writer) {
  return {
      {.method = Method::kPost,
       .pattern = "/fhir/{type}",
       .access = Scoped{Interaction::kCreate},
       .execution = Execution::kWriting,
       .handler = permitted(writer, &create),
       .specification = "http://hl7.org/fhir/R4/http.html#create",
       .capability = "create"},
      {.method = Method::kPut,
       .pattern = "/fhir/{type}/{id}",
       .access = Scoped{Interaction::kUpdate},
       .execution = Execution::kWriting,
       .handler = permitted(writer, &update),
       .specification = "http://hl7.org/fhir/R4/http.html#update",
       .capability = "update"},
      {.method = Method::kPut,
       .pattern = "/fhir/{type}",
       .access = Scoped{Interaction::kUpdate},
       .execution = Execution::kWriting,
       .handler = permitted(writer, &update),
       .specification = "http://hl7.org/fhir/R4/http.html#cond-update"},
      {.method = Method::kPatch,
       .pattern = "/fhir/{type}/{id}",
       .access = Scoped{Interaction::kUpdate},
       .execution = Execution::kWriting,
       .handler = permitted(writer, &patch),
       .specification = "http://hl7.org/fhir/R4/http.html#patch",
       .capability = "patch"},
      {.method = Method::kPatch,
       .pattern = "/fhir/{type}",
       .access = Scoped{Interaction::kUpdate},
       .execution = Execution::kWriting,
       .handler = permitted(writer, &patch),
       .specification = "http://hl7.org/fhir/R4/http.html#patch"},
      {.method = Method::kDelete,
       .pattern = "/fhir/{type}/{id}",
       .access = Scoped{Interaction::kDelete},
       .execution = Execution::kWriting,
       .handler = permitted(writer, &remove),
       .specification = "http://hl7.org/fhir/R4/http.html#delete",
       .capability = "delete"},
      {.method = Method::kDelete,
       .pattern = "/fhir/{type}",
       .access = Scoped{Interaction::kDelete},
       .execution = Execution::kWriting,
       .handler = permitted(writer, &remove),
       .specification = "http://hl7.org/fhir/R4/http.html#3.1.0.7.1"},
  };
}

}  // namespace kap::gateway::transport::http
