#include "gateway/service/export_stream.h"

#include <utility>

#include "gateway/service/operation_outcome.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {

Result<ExportStream> ExportStream::open(const security::Permit& permit, const Reader& reader,
                                        const ExportInput& input) {
  KAP_TRY(auto wish, parse_export_request(input, reader));
  KAP_TRY(const auto mark, reader.store.mark());
  KAP_TRY(auto plan, ExportPlan::make(permit, reader, wish.request, mark,
                                      ExportPlan::Patients::kLookedUp, wish.issues));
  return ExportStream(std::move(plan), std::move(wish.request), mark.at,
                      encode_outcome_lines(wish.issues));
}

Result<bool> ExportStream::open_next_file() {
  using Versions = store::ScanQuery::Versions;
  // What was left out, then of each type the resources and, since a time, what was deleted.
  if (kind_ == Chunk::Kind::kError) {
    kind_ = Chunk::Kind::kOutput;
  } else if (kind_ == Chunk::Kind::kOutput && request_.since) {
    kind_ = Chunk::Kind::kDeleted;
  } else {
    kind_ = Chunk::Kind::kOutput;
    ++type_;
  }
  if (type_ >= plan_.types().size()) return false;
  const auto& type = plan_.types()[type_];
  const bool is_deleted = kind_ == Chunk::Kind::kDeleted;
  KAP_TRY(auto scan,
          plan_.scan(type, {.after = plan_.after(),
                            .until = plan_.until(),
                            .versions = is_deleted ? Versions::kDeleted : Versions::kLive}));
  file_ = is_deleted ? make_deletion_file(std::move(scan), type)
                     : make_resource_file(std::move(scan), ElementFilter(type, request_.elements));
  return true;
}

Result<std::optional<ExportStream::Chunk>> ExportStream::next() {
  if (!issues_.empty())
    return Chunk{.kind = Chunk::Kind::kError,
                 .type = "OperationOutcome",
                 .lines = std::exchange(issues_, {})};
  for (;;) {
    if (file_ != nullptr) {
      KAP_TRY(auto lines, file_->next());
      if (!lines.empty())
        return Chunk{.kind = kind_, .type = plan_.types()[type_], .lines = std::move(lines)};
    }
    KAP_TRY(const bool goes_on, open_next_file());
    if (!goes_on) return std::nullopt;
  }
}

}  // namespace kap::gateway::service
