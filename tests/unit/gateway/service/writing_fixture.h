#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/service/create.h"
#include "gateway/service/delete_resource.h"
#include "gateway/service/read.h"
#include "gateway/service/update.h"
#include "gateway/service/write_context.h"
#include "tests/unit/gateway/service/clinic_fixture.h"

namespace kap::gateway::service {

/// A clinic whose EHR client `ehr_` may do everything at `east`; `namer_` may name resources, too.
class WritingTest : public ClinicTest {
 protected:
  static IncomingResource content(const std::string& json) {
    const auto start = json.find(R"("resourceType":")") + 16;
    auto incoming = parse_incoming(json, json.substr(start, json.find('"', start) - start));
    if (incoming) return std::move(*incoming);
    ADD_FAILURE() << incoming.error().summary();
    return {};
  }
  static Criteria criteria(std::string_view text) { return parse_criteria(text).value(); }

  Result<WriteAnswer> post(const std::string& json, std::optional<std::string_view> if_none = {},
                           const security::Permit* permit = nullptr) {
    CreateRequest request{.type = {}, .content = content(json)};
    request.type = request.content.document.root.string("resourceType");
    if (if_none) request.if_none_exist = criteria(*if_none);
    return create(permit == nullptr ? ehr_ : *permit, writer_, request);
  }
  Result<WriteAnswer> put(const std::string& id, const std::string& json,
                          store::Precondition if_match = {},
                          const security::Permit* permit = nullptr) {
    UpdateRequest request{
        .type = {}, .id = ResourceId(id), .if_match = if_match, .content = content(json)};
    request.type = request.content.document.root.string("resourceType");
    return update(permit == nullptr ? ehr_ : *permit, writer_, request);
  }
  Result<WriteAnswer> put_where(std::string_view where, const std::string& json,
                                store::Precondition if_match = {},
                                const security::Permit* permit = nullptr) {
    UpdateRequest request{
        .type = {}, .criteria = criteria(where), .if_match = if_match, .content = content(json)};
    request.type = request.content.document.root.string("resourceType");
    return update(permit == nullptr ? ehr_ : *permit, writer_, request);
  }
  Result<WriteAnswer> remove(const std::string& type, const std::string& id,
                             store::Precondition if_match = {},
                             const security::Permit* permit = nullptr) {
    return delete_resource(permit == nullptr ? ehr_ : *permit, writer_,
                           {.type = type, .id = ResourceId(id), .if_match = if_match});
  }
  Result<Resource> get(const std::string& type, const std::string& id) {
    return service::read(ehr_, *reader_, type, ResourceId(id));
  }
  template <class T>
  static Category category(const Result<T>& result) {
    if (result) ADD_FAILURE() << "no refusal";
    return result ? Category::kInternal : result.error().category();
  }

  RandomIds ids_;
  Writer writer_{*reader_, ids_};
  security::Permit ehr_ = make_permit("system/*.cruds", {"east"});
  security::Permit namer_ =
      make_permit("system/*.cruds", {"east"}, {}, security::IdAssignment::kClient);
  security::Permit west_ = make_permit("system/*.cruds", {"west"});
};

inline constexpr std::string_view kNamed =
    R"({"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"7"}],)"
    R"("name":[{"family":"Muster"}]})";

/// A Patient with the members given, such as `"active":true`; with an id where one is given.
[[nodiscard]] inline std::string patient_of(std::string_view members, std::string_view id = {}) {
  std::string out = R"({"resourceType":"Patient")";
  if (!id.empty()) out += R"(,"id":")" + std::string(id) + '"';
  if (!members.empty()) out += ',' + std::string(members);
  return out + '}';
}

}  // namespace kap::gateway::service
