#include "gateway/service/watch.h"

#include <fmt/format.h>

#include <utility>

#include "fhir/definitions/types.h"
#include "gateway/service/export_plan.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

Result<std::vector<std::string>> types_of(const security::Permit& permit,
                                          const std::vector<std::string>& asked) {
  for (const auto& type : asked) {
    KAP_CHECK_OK(check_access(permit, type, security::Interaction::kSearch));
    KAP_CHECK_OK(check_access(permit, type, security::Interaction::kRead));
  }
  if (!asked.empty()) return asked;
  std::vector<std::string> all;
  for (const auto* type : fhir::definitions::resource_types())
    if (may_export(permit, type->name)) all.emplace_back(type->name);
  if (!all.empty()) return all;
  return fail(Category::kForbidden, IssueType::kForbidden,
              "the token covers no type; a change feed takes scopes such as system/*.rs");
}

}  // namespace

Result<store::Sequence> begin_watch(const Reader& reader, WatchStart start,
                                    std::string_view token) {
  if (!token.empty()) return reader.store.parse_place(token);
  return start == WatchStart::kBeginning ? store::Sequence{} : reader.store.health().last;
}

std::string encode_watch_token(const Reader& reader, store::Sequence place) {
  return reader.store.encode_place(place);
}

Status check_watch(const security::Permit& permit, const std::vector<std::string>& types) {
  KAP_TRY([[maybe_unused]] const auto shown, types_of(permit, types));
  return {};
}

Result<Changes> read_changes(const security::Permit& permit, const Reader& reader,
                             const std::vector<std::string>& types, store::Sequence after) {
  KAP_TRY(auto shown, types_of(permit, types));
  KAP_TRY(auto page, reader.store.changes(permit, {.after = after, .types = std::move(shown)}));
  Changes out{.changes = {}, .next = page.next, .is_last = page.is_last};
  out.changes.reserve(page.changes.size());
  for (auto& change : page.changes) {
    auto token = reader.store.encode_place(change.seq);
    const bool deleted = change.deleted;
    out.changes.push_back({.resource = to_resource(std::move(change)),
                           .deleted = deleted,
                           .token = std::move(token)});
  }
  return out;
}

}  // namespace kap::gateway::service
