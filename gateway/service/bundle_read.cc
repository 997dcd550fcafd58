#include "gateway/service/bundle_read.h"

#include <fmt/format.h>

#include <utility>

#include "fhir/json/print.h"
#include "fhir/path/moment.h"
#include "gateway/service/history.h"
#include "gateway/service/read.h"
#include "gateway/service/search_system.h"
#include "gateway/service/vread.h"

namespace kap::gateway::service {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

/// http://hl7.org/fhir/R4/http.html#cread; ifNoneMatch decides alone where it stands.
Result<bool> is_not_modified(const BundleEntry& entry, const Resource& resource) {
  if (!entry.if_none_match.empty()) {
    auto tag = entry.if_none_match;
    if (tag == "*") return true;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag == fmt::format("\"{}\"", resource.version);
  }
  if (entry.if_modified_since.empty()) return false;
  // An instant here, not the date of the HTTP header.
  const auto since = fhir::path::Moment::parse_date_time(entry.if_modified_since);
  if (!since || !since->has_offset)
    return fail(Category::kInvalidRequest, IssueType::kValue,
                "expected an instant such as 2026-11-24T08:16:15Z",
                path_of(entry) + ".request.ifModifiedSince");
  return resource.last_updated.time_since_epoch().count() < since->end_millisecond();
}

Result<EntryAnswer> answer_resource(const BundleEntry& entry, Resource resource) {
  KAP_TRY(const bool is_known, is_not_modified(entry, resource));
  EntryAnswer answer{.status = is_known ? 304U : 200U,
                     .type = resource.type,
                     .id = resource.id,
                     .version = resource.version,
                     .last_updated = resource.last_updated};
  if (!is_known) answer.json = std::move(resource.json);
  return answer;
}

Result<EntryAnswer> answer_history(const security::Permit& permit, const Reader& reader,
                                   const BundleEntry& entry, Deadline deadline) {
  HistoryRequest request{.type = entry.type, .id = entry.id, .deadline = deadline};
  if (entry.query) request.parameters = *entry.query;
  KAP_TRY(const auto page, history(permit, reader, request));
  return EntryAnswer{.json = encode_history(page, reader)};
}

Result<EntryAnswer> answer_search(const security::Permit& permit, const Reader& reader,
                                  const BundleEntry& entry, Deadline deadline) {
  SearchRequest request{.type = entry.type,
                        .parameters = {},
                        .handling = Handling::kLenient,
                        .cursor = {},
                        .deadline = deadline};
  if (!entry.member.empty()) {
    request.type = entry.member == "*" ? std::string() : entry.member;
    request.compartment =
        fhir::search::Compartment{.code = entry.type, .id = std::string(entry.id->text())};
  }
  if (entry.query) request.parameters = *entry.query;
  KAP_TRY(const auto page, search(permit, reader, request));
  return EntryAnswer{.json = encode_searchset(page, reader)};
}

Result<EntryAnswer> answer_operation(const security::Permit& permit, const BundleEntry& entry,
                                     const ReadOptions& options) {
  KAP_TRY(const auto* operation, operation_of(entry, options.operations));
  std::string body;
  if (entry.resource != nullptr) body = fhir::json::to_text(*entry.resource);
  if (entry.method != EntryMethod::kPost && !operation->allows_get())
    return fail(Category::kMethodNotAllowed, IssueType::kNotSupported,
                "this operation is called by POST", path_of(entry) + ".request.method");
  const Criteria none;
  KAP_TRY(auto answer,
          run_operation(permit, *options.operations.context, *operation,
                        {.type = entry.type,
                         .id = entry.id ? &*entry.id : nullptr,
                         .input = {.query = entry.query ? *entry.query : none, .body = body},
                         .deadline = options.deadline}));
  return EntryAnswer{.json = std::move(answer.json)};
}

Result<EntryAnswer> answer(const security::Permit& permit, const Reader& reader,
                           const BundleEntry& entry, const ReadOptions& options) {
  const auto deadline = options.deadline;
  if (!entry.operation.empty()) return answer_operation(permit, entry, options);
  if (entry.is_history) return answer_history(permit, reader, entry, deadline);
  if (!entry.id || !entry.member.empty()) return answer_search(permit, reader, entry, deadline);
  KAP_TRY(auto resource, entry.version
                             ? vread(permit, reader, entry.type, *entry.id, *entry.version)
                             : read(permit, reader, entry.type, *entry.id));
  return answer_resource(entry, std::move(resource));
}

}  // namespace

bool is_read(const BundleEntry& entry) {
  return entry.method == EntryMethod::kGet || entry.method == EntryMethod::kHead ||
         !entry.operation.empty();
}

Result<const OperationDef*> operation_of(const BundleEntry& entry,
                                         const OperationsOfBundle& operations) {
  const auto level = entry.id             ? OperationLevel::kInstance
                     : entry.type.empty() ? OperationLevel::kSystem
                                          : OperationLevel::kType;
  const auto* found = operations.context == nullptr
                          ? nullptr
                          : find_operation(operations.table, entry.operation, level, entry.type);
  if (found != nullptr && found->run != nullptr) return found;
  return fail(Category::kNotFound, IssueType::kNotSupported,
              "there is no such operation inside a Bundle; the CapabilityStatement lists those "
              "there are",
              path_of(entry) + ".request.url");
}

Result<EntryAnswer> answer_read(const security::Permit& permit, const Reader& reader,
                                const BundleEntry& entry, const ReadOptions& options) {
  auto result = answer(permit, reader, entry, options);
  if (!result) return std::unexpected(at_entry(entry, EntryPart::kRequest, result.error()));
  if (entry.method == EntryMethod::kHead) result->json.clear();
  return result;
}

}  // namespace kap::gateway::service
