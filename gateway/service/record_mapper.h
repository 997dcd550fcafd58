#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "fhir/search/index_entry.h"
#include "gateway/security/permit/sensitivity.h"
#include "gateway/store/record.h"

namespace kap::gateway::service {

/// Which record, in which revision. What could not be read is empty or 0.
struct RecordHeader {
  store::RecordKey key;
  store::Revision revision = 0;
};

/// A resource a record yields: valid, indexed, its id final.
struct MappedResource {
  std::string type;
  ResourceId id;
  std::string json;             // without meta.versionId and meta.lastUpdated
  std::size_t meta_offset = 0;  // as store::ResourceWrite::meta_offset
  std::optional<ResourceId> patient;
  security::Sensitivity sensitivity;
  std::vector<fhir::search::IndexEntry> index;
};

/// All that `target` yielded should never have been.
struct Retraction {
  store::RecordName target;
  std::string reason;  // a code of kRetractionReasonSystem
};

/// Two patient records that are one person.
struct PatientMerge {
  store::RecordName surviving;
  store::RecordName duplicate;
};

struct MappedRecord {
  RecordHeader header;
  std::vector<MappedResource> resources;
  std::vector<store::RequiredRecord> required;
  std::optional<Retraction> retraction;
  std::optional<PatientMerge> merge;
};

/// What ingest asks of the mapping engine. Const and safe from every thread.
class RecordMapper {
 public:
  virtual ~RecordMapper() = default;

  /// Reads no more than who sent what. Refused: bytes that are no record at all.
  [[nodiscard]] virtual Result<RecordHeader> read_header(std::string_view bytes) const = 0;
  /// Parse, check against the contract, map, validate, index. kUnprocessable with one issue for
  /// every field path that is wrong; kInternal when what the maps yield is not valid FHIR.
  [[nodiscard]] virtual Result<MappedRecord> map(std::string_view bytes) const = 0;
  /// The index rows of a body this side changed.
  [[nodiscard]] virtual Result<std::vector<fhir::search::IndexEntry>> index(
      std::string_view type, std::string_view json) const = 0;
};

}  // namespace kap::gateway::service
