#include "gateway/service/entry_answer.h"

#include <fmt/format.h>

#include <utility>

#include "gateway/service/bundle.h"
#include "gateway/service/operation_outcome.h"
#include "gateway/service/response_status.h"

namespace kap::gateway::service {
namespace {

constexpr std::size_t kEntryOverhead = 320;  // bytes around a resource

bool is_deletion(WriteResult result) {
  return result == WriteResult::kDeleted || result == WriteResult::kAbsent;
}

}  // namespace

EntryAnswer to_entry_answer(WriteAnswer answer, EntryReturn shown) {
  EntryAnswer out{.status = 200,
                  .type = answer.resource.type,
                  .id = answer.resource.id,
                  .version = answer.resource.version};
  if (answer.result == WriteResult::kCreated) out.status = 201;
  if (is_deletion(answer.result)) out.status = 204;
  if (out.version != 0) out.last_updated = answer.resource.last_updated;
  if (out.version != 0 && !is_deletion(answer.result)) out.location = EntryAnswer::Location::kGiven;
  if (shown == EntryReturn::kOperationOutcome) out.outcome = encode_operation_outcome(answer);
  if (shown == EntryReturn::kRepresentation && !is_deletion(answer.result))
    out.json = std::move(answer.resource.json);
  return out;
}

EntryAnswer to_entry_answer(const Outcome& refusal) {
  return {.status = to_http_status(refusal.category()),
          .outcome = encode_operation_outcome(refusal)};
}

std::string encode_answers(BundleRequest::Type type, const std::vector<EntryAnswer>& answers,
                           const Reader& reader) {
  BundleWriter bundle(
      type == BundleRequest::Type::kBatch ? "batch-response" : "transaction-response",
      std::nullopt);
  std::size_t bytes = 256;
  for (const auto& answer : answers)
    bytes += answer.json.size() + answer.outcome.size() + kEntryOverhead;
  bundle.reserve(bytes);
  for (const auto& answer : answers) {
    const auto name = answer.type.empty() ? std::string() : answer.type + "/" + answer.id.text();
    const auto full_url = answer.json.empty() || name.empty()
                              ? std::string()
                              : fmt::format("{}/{}", reader.base_url, name);
    const auto location = answer.location == EntryAnswer::Location::kGiven
                              ? fmt::format("{}/_history/{}", name, answer.version)
                              : std::string();
    const auto modified = answer.last_updated ? to_fhir_instant(*answer.last_updated) : "";
    bundle.add_response_entry({.full_url = full_url,
                               .json = answer.json,
                               .status = answer.status,
                               .location = location,
                               .version = answer.version,
                               .last_modified = modified,
                               .outcome = answer.outcome});
  }
  return std::move(bundle).finish();
}

}  // namespace kap::gateway::service
