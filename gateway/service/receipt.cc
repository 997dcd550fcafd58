#include "gateway/service/receipt.h"

#include <algorithm>
#include <array>

namespace kap::gateway::service {
namespace {

struct VerdictCode {
  Verdict verdict;
  std::string_view code;
};

// Written into the database and into metrics: a code is never reused for another meaning.
constexpr auto kVerdictCodes = std::to_array<VerdictCode>({
    {Verdict::kAccepted, "accepted"},
    {Verdict::kDuplicate, "duplicate"},
    {Verdict::kInvalid, "invalid"},
    {Verdict::kMissingRecord, "missing-record"},
    {Verdict::kForbiddenClinic, "forbidden-clinic"},
    {Verdict::kRevisionConflict, "revision-conflict"},
    {Verdict::kStaleRevision, "stale-revision"},
    {Verdict::kRetracted, "retracted"},
    {Verdict::kTooLarge, "too-large"},
    {Verdict::kUnavailable, "unavailable"},
    {Verdict::kNotMappable, "not-mappable"},
});

}  // namespace

std::string_view to_code(Verdict verdict) {
  return std::ranges::find(kVerdictCodes, verdict, &VerdictCode::verdict)->code;
}

Verdict to_verdict(std::string_view code) {
  const auto* found = std::ranges::find(kVerdictCodes, code, &VerdictCode::code);
  return found == kVerdictCodes.end() ? Verdict::kInvalid : found->verdict;
}

}  // namespace kap::gateway::service
