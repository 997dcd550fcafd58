#include "gateway/command/ingest.h"

#include <map>
#include <utility>
#include <vector>

#include "gateway/security/authorizer.h"
#include "gateway/service/released_records.h"
#include "gateway/store/crypto/key_ring.h"
#include "mappings/engine/builtin.h"
#include "mappings/engine/diagnostics.h"

namespace kap::gateway::command {
namespace {

constexpr std::size_t kResumedAtOnce = 10'000;

}  // namespace

Result<std::unique_ptr<Ingest>> Ingest::make(const config::Settings& settings, store::Store& store,
                                             const Clock& clock) {
  mappings::Diagnostics diagnostics;
  auto maps = mappings::builtin_mapper(diagnostics);
  if (!maps)
    return fail(Category::kInternal, IssueType::kException,
                "the built-in maps do not compile:\n" + diagnostics.render());
  // The key of the hash that makes FHIR ids. Made at the first start and never again: without it
  // the next revision of a record would become other resources.
  KAP_TRY(const auto key,
          store::crypto::load_key(settings.state_dir / "id.key", store::crypto::Absent::kCreate));
  std::unique_ptr<Ingest> ingest(new Ingest(std::move(*maps)));
  ingest->mapper_.emplace(ingest->maps_, mappings::IdPolicy::hashed(key.bytes()), clock);
  ingest->intake_.emplace(store, *ingest->mapper_, clock, ingest->pool_);
  return ingest;
}

security::Permit Ingest::permit(const ClinicId& clinic) {
  return security::Authorizer::permit_for_ingest(clinic);
}

Status Ingest::resume() {
  KAP_TRY(auto ready, intake_->store.ready_records(kResumedAtOnce));
  std::map<ClinicId, std::vector<store::RecordRevision>> by_clinic;
  for (auto& record : ready) by_clinic[record.key.clinic].push_back(std::move(record));
  for (auto& [clinic, records] : by_clinic)
    service::apply_released(*intake_, permit(clinic), std::move(records));
  return {};
}

}  // namespace kap::gateway::command
