#pragma once

#include <string_view>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/service/record_mapper.h"
#include "mappings/engine/id_policy.h"
#include "mappings/engine/mapping.h"

namespace kap::gateway::service {

/// The RecordMapper that the gateway runs: mappings/engine maps, fhir/validate judges what came out
/// and fhir/search indexes it.
class EngineMapper final : public RecordMapper {
 public:
  /// Both outlive this.
  EngineMapper(const mappings::Mapper& maps, mappings::IdPolicy ids, const Clock& clock)
      : maps_(maps), ids_(std::move(ids)), clock_(clock) {}

  [[nodiscard]] Result<RecordHeader> read_header(std::string_view bytes) const override;
  [[nodiscard]] Result<MappedRecord> map(std::string_view bytes) const override;
  [[nodiscard]] Result<std::vector<fhir::search::IndexEntry>> index(
      std::string_view type, std::string_view json) const override;

 private:
  const mappings::Mapper& maps_;
  mappings::IdPolicy ids_;
  const Clock& clock_;
};

}  // namespace kap::gateway::service
