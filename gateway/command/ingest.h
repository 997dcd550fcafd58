#pragma once

#include <memory>
#include <optional>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "gateway/config/settings.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/engine_mapper.h"
#include "gateway/service/submit_record.h"
#include "gateway/service/worker_pool.h"
#include "gateway/store/store.h"
#include "mappings/engine/mapping.h"

namespace kap::gateway::command {

/// The parts that records go through, from the maps to the store.
class Ingest {
 public:
  /// Compiles the maps this program was built with. `store` and `clock` outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Ingest>> make(const config::Settings& settings,
                                                            store::Store& store,
                                                            const Clock& clock);

  [[nodiscard]] service::Intake& intake() { return *intake_; }
  [[nodiscard]] const mappings::Mapper& maps() const { return maps_; }
  /// For what the gateway applies on its own: records that waited, dead letters replayed by an
  /// operator.
  [[nodiscard]] static security::Permit permit(const ClinicId& clinic);
  /// Submits the waiting records that nothing holds back: those a restart interrupted.
  [[nodiscard]] Status resume();
  /// Runs what is under way and stops.
  void drain() { pool_.drain(); }

 private:
  explicit Ingest(mappings::Mapper maps) : maps_(std::move(maps)) {}

  mappings::Mapper maps_;
  std::optional<service::EngineMapper> mapper_;
  service::WorkerPool pool_;
  std::optional<service::Intake> intake_;
};

}  // namespace kap::gateway::command
