#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/bundle_read.h"
#include "gateway/service/entry_answer.h"
#include "gateway/service/write_context.h"

namespace kap::gateway::service {

/// http://hl7.org/fhir/R4/http.html#transaction: a Bundle of type batch or transaction.
struct BundleOptions {
  EntryReturn shown = EntryReturn::kMinimal;
  /// For each search and history in it.
  std::chrono::milliseconds search_deadline{10'000};
  OperationsOfBundle operations{};
};

/// As JSON in and out. Errors: those of parse_bundle() and of transaction(). Blocks until all is on
/// disk.
[[nodiscard]] Result<std::string> answer_bundle(const security::Permit& permit,
                                                const Writer& writer, std::string_view text,
                                                const BundleOptions& options);

/// Each entry by itself, in the order of a transaction: what is wrong with one is told in its own
/// answer. A write that needs another of the same batch finds it on disk.
[[nodiscard]] std::vector<EntryAnswer> batch(const security::Permit& permit, const Writer& writer,
                                             BundleRequest& request, const BundleOptions& options);

}  // namespace kap::gateway::service
