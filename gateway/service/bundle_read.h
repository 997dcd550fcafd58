#pragma once

#include <chrono>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/entry_answer.h"
#include "gateway/service/operation.h"

namespace kap::gateway::service {

/// The operations that entries may call.
struct OperationsOfBundle {
  const OperationContext* context = nullptr;  // nullptr: none
  OperationTable table{};
};

struct ReadOptions {
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  OperationsOfBundle operations{};
};

/// Whether the entry is GET, HEAD, or calls an operation.
[[nodiscard]] bool is_read(const BundleEntry& entry);

/// The operation that an entry calls. kNotFound where there is none of that name.
[[nodiscard]] Result<const OperationDef*> operation_of(const BundleEntry& entry,
                                                       const OperationsOfBundle& operations);

/// The answer to such an entry: read, vread, a search, a history or an operation, with ifNoneMatch
/// and ifModifiedSince. Errors: those of the interaction.
[[nodiscard]] Result<EntryAnswer> answer_read(const security::Permit& permit, const Reader& reader,
                                              const BundleEntry& entry, const ReadOptions& options);

}  // namespace kap::gateway::service
