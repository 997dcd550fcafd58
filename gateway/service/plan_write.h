#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/incoming_resource.h"
#include "gateway/service/resources.h"
#include "gateway/service/write_answer.h"
#include "gateway/service/write_context.h"
#include "gateway/service/write_target.h"
#include "gateway/store/write.h"

namespace kap::gateway::service {

/// An interaction, computed against the store's present state and not yet written. A single
/// interaction is one unit; a transaction puts those of all its entries into one.
struct PlannedWrite {
  WriteAnswer answer{};
  ClinicId clinic{};                            // of the unit; empty where nothing is written
  std::optional<store::ResourceWrite> write{};  // nothing: the state stays as it is
  std::optional<store::ExpectedMatch> expected_match{};
  std::optional<store::ExpectedVersion> expected_version{};
  std::optional<store::AuditRow> audit{};
  /// The name was the client's, and nothing of that name is seen. Where the write's precondition
  /// fails all the same each time it is planned anew, the name is taken by what is not seen, and
  /// the answer is not_there().
  bool is_name_given = false;
};

/// The refusal of an update whose id names nothing that the caller sees.
[[nodiscard]] Outcome not_there();

/// What the same unit writes beside, as `Type/id`: a Patient among it need not be there yet.
using WrittenTogether = std::set<std::string, std::less<>>;

/// What becomes of sensitivity labels that the present version has and the new content has not.
enum class Labels : std::uint8_t { kKept, kReplaced };

struct PlanOptions {
  const WrittenTogether* together = nullptr;
  Labels labels = Labels::kKept;
};

/// The plan that stores `incoming` under the target's name, whatever id it has.
/// Errors: kUnprocessable with every issue of the content, for a Patient it refers to that is not
/// there, and where its patient or clinic cannot be told; kForbidden where the new version would be
/// out of the caller's own sight; kConflict for what a clinic's record yields.
[[nodiscard]] Result<PlannedWrite> plan_put(const security::Permit& permit, const Writer& writer,
                                            const WriteTarget& target,
                                            const IncomingResource& incoming,
                                            const PlanOptions& options = {});

/// kConflict for a resource that a clinic's record yields: its next revision writes all anew.
[[nodiscard]] Status check_source(const WriteTarget& target);
[[nodiscard]] store::AuditRow audit_of(const security::Permit& permit, const Writer& writer,
                                       const WriteTarget& target, const ClinicId& clinic);
/// That nothing was written since the target was located.
[[nodiscard]] store::Precondition precondition_of(const WriteTarget& target);

/// Puts what is planned into the unit. `planned` keeps what complete() needs.
void move_into(store::WriteUnit& unit, PlannedWrite& planned);
/// The answer of a plan with a write, once it is on disk.
[[nodiscard]] WriteAnswer complete(PlannedWrite planned, const store::WrittenResource& written,
                                   Instant last_updated);

/// Plans and submits until the state stayed as it was planned against. Blocks until it is on disk.
[[nodiscard]] Result<WriteAnswer> commit(const Writer& writer,
                                         const std::function<Result<PlannedWrite>()>& plan);

}  // namespace kap::gateway::service
