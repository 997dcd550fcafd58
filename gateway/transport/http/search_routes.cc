#include "gateway/transport/http/search_routes.h"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/service/search_system.h"
#include "gateway/transport/http/fhir_call.h"
#include "gateway/transport/http/target.h"

namespace kap::gateway::transport::http {
namespace {

using security::Interaction;
using security::Permit;
using service::Reader;

using Deadline = std::chrono::steady_clock::time_point;

using Form = std::vector<QueryPair>;

/// What the path of a row says about the search.
struct Place {
  std::string type{};
  std::optional<fhir::search::Compartment> compartment{};
};

Result<Response> search(const Reader& reader, const Call& call, Place place, const Form& form,
                        const Permit& permit, Deadline deadline) {
  // _format may stand in the form, too.
  Request request;
  request.headers = call.request.headers;
  request.query = call.request.query;
  request.query.insert(request.query.end(), form.begin(), form.end());
  KAP_TRY(const Representation representation, negotiate(request));
  service::SearchRequest search{.type = std::move(place.type),
                                .parameters = {},
                                .handling = handling_of(request),
                                .cursor = {},
                                .deadline = deadline,
                                .compartment = std::move(place.compartment)};
  for (QueryPair& pair : request.query)
    search.parameters.emplace_back(std::move(pair.name), std::move(pair.value));
  KAP_TRY(const service::SearchPage page, service::search(permit, reader, search));
  return encode(service::encode_searchset(page, reader), representation);
}

Result<Form> form_of(const Request& request) {
  const auto type = request.headers.find("Content-Type");
  if (!request.body.empty() &&
      media_type(type.value_or("")) != "application/x-www-form-urlencoded") {
    return fail(Category::kUnsupportedMediaType, IssueType::kNotSupported,
                "_search takes its parameters as application/x-www-form-urlencoded");
  }
  return parse_form(request.body);
}

Place of_type(const Call& call) { return {.type = std::string(call.path[0])}; }
Place of_system(const Call& /*call*/) { return {}; }

/// A compartment of R4 and its rows. With a type the scope is that of the type.
struct CompartmentRows {
  std::string_view code;
  std::string_view typed;
  std::string_view typed_form;
  std::string_view several;
  std::string_view several_form;
};
#define KAP_COMPARTMENT(code)                                                               \
  CompartmentRows{code, "/fhir/" code "/{id}/{type}", "/fhir/" code "/{id}/{type}/_search", \
                  "/fhir/" code "/{id}/*", "/fhir/" code "/{id}/_search"}
constexpr std::array<CompartmentRows, 5> kCompartments{
    KAP_COMPARTMENT("Patient"), KAP_COMPARTMENT("Encounter"), KAP_COMPARTMENT("RelatedPerson"),
    KAP_COMPARTMENT("Practitioner"), KAP_COMPARTMENT("Device")};
#undef KAP_COMPARTMENT

constexpr std::string_view kSearchLink = "http://hl7.org/fhir/R4/http.html#search";
constexpr std::string_view kContextLink = "http://hl7.org/fhir/R4/search.html#context";
constexpr std::size_t kFormBytes = 256U << 10U;

/// The rows of a search by URL and by form.
class Rows {
 public:
  Rows(const Reader& reader, std::chrono::milliseconds deadline)
      : reader_(reader), deadline_(deadline) {}

  template <class ToPlace>
  void add(std::string_view by_url, std::string_view by_form, const Access& access, ToPlace place,
           std::string_view link, std::string_view capability) {
    const auto from_url = [deadline = deadline_, place](const Reader& all, const Call& call,
                                                        const Permit& permit) -> Result<Response> {
      KAP_TRY(Place found, Result<Place>(place(call)));
      return search(all, call, std::move(found), {}, permit,
                    std::chrono::steady_clock::now() + deadline);
    };
    const auto from_form = [deadline = deadline_, place](const Reader& all, const Call& call,
                                                         const Permit& permit) -> Result<Response> {
      KAP_TRY(Place found, Result<Place>(place(call)));
      KAP_TRY(const Form form, form_of(call.request));
      return search(all, call, std::move(found), form, permit,
                    std::chrono::steady_clock::now() + deadline);
    };
    table_.push_back({.method = Method::kGet,
                      .pattern = by_url,
                      .access = access,
                      .execution = Execution::kPooled,
                      .handler = permitted(reader_, from_url),
                      .specification = link,
                      .capability = capability});
    table_.push_back({.method = Method::kPost,
                      .pattern = by_form,
                      .access = access,
                      .execution = Execution::kPooled,
                      .handler = permitted(reader_, from_form),
                      .specification = link,
                      .max_body_bytes = kFormBytes});
  }

  RouteTable take() { return std::move(table_); }

 private:
  const Reader& reader_;
  std::chrono::milliseconds deadline_;
  RouteTable table_;
};

}  // namespace

RouteTable search_routes(const Reader& reader, std::chrono::milliseconds deadline) {
  Rows rows(reader, deadline);
  rows.add("/fhir/{type}", "/fhir/{type}/_search", Scoped{Interaction::kSearch}, of_type,
           kSearchLink, "search-type");
  // Its types show in a parameter: the use case looks at the scopes.
  rows.add("/fhir", "/fhir/_search", Authenticated{}, of_system, kSearchLink, "search-system");
  for (const CompartmentRows& compartment : kCompartments) {
    const auto place = [code = compartment.code](const Call& call) -> Result<Place> {
      KAP_TRY(const ResourceId id, parse_id(call.path[0]));
      return Place{.type = call.path.size() > 1 ? std::string(call.path[1]) : std::string(),
                   .compartment = fhir::search::Compartment{.code = std::string(code),
                                                            .id = std::string(id.text())}};
    };
    rows.add(compartment.typed, compartment.typed_form, Scoped{Interaction::kSearch}, place,
             kContextLink, {});
    rows.add(compartment.several, compartment.several_form, Authenticated{}, place, kContextLink,
             {});
  }
  return rows.take();
}

}  // namespace kap::gateway::transport::http
