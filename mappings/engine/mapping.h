#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "fhir/json/value.h"
#include "fhir/terminology/terminology.h"
#include "mappings/engine/compile.h"
#include "mappings/engine/diagnostics.h"
#include "mappings/engine/id_policy.h"

namespace kap::mappings {

/// One FHIR resource that a record yields, as finished JSON.
struct MappedResource {
  std::string_view type;      // `Observation`
  std::string_view id;        // as it stands in the body
  std::string_view local_id;  // as the map wrote it
  /// The id of the Patient whose compartment it is in: what its own elements say, else the patient
  /// the record is about. Empty for what belongs to no patient.
  std::string_view owner;
  std::size_t offset = 0;  // of the body in MappedRecord::bytes
  std::size_t size = 0;
  std::size_t meta_offset = 0;  // in the body, just after `"meta":{`; a member follows there
};

/// A field of the record that names another record of the same clinic.
struct RecordReference {
  std::string_view kind;  // the record kind, `patient`
  std::string_view record_id;
  std::string path;  // `treatment_session.patient_id`
};

/// What became of a record; it may be moved. `clinic`, `record_id` and the references' record ids
/// point into the bytes of the record that was mapped, the rest into itself.
struct MappedRecord {
  std::string_view clinic;
  std::string_view kind;  // `treatment_session`
  std::string_view record_id;
  std::int64_t revision = 0;
  std::vector<RecordReference> references;
  std::vector<MappedResource> resources;
  std::string bytes;
  std::unique_ptr<std::pmr::monotonic_buffer_resource> arena;

  [[nodiscard]] std::string_view body(const MappedResource& resource) const {
    return std::string_view(bytes).substr(resource.offset, resource.size);
  }
};

struct MapOptions {
  IdPolicy ids = IdPolicy::local();
  /// kCheck: refuse a record that breaks a rule of the contract, before mapping it.
  enum class Rules : std::uint8_t { kCheck, kTrust } rules = Rules::kCheck;
  const Clock* clock = nullptr;  // for now() in a map's expressions
};

/// What a record says about itself, without mapping it.
struct RecordHead {
  std::string clinic;
  std::string kind;
  std::string record_id;
  std::int64_t revision = 0;
};

/// Compiled maps and how to run them. Immutable; share it between threads.
class Mapper {
 public:
  /// The maps with their terminology. Records are mapped by the map `<base>/StructureMap/Record`;
  /// where there is none, one of kind `treatment_session` by `<base>/StructureMap/TreatmentSession`
  /// and so on. With errors, `diagnostics` says which and
  /// the result is nothing.
  [[nodiscard]] static std::optional<Mapper> make(std::vector<MapText> maps,
                                                  fhir::terminology::Terminology terminology,
                                                  const CompileOptions& options,
                                                  Diagnostics& diagnostics);

  Mapper(Mapper&&) noexcept;
  Mapper& operator=(Mapper&&) noexcept;
  ~Mapper();

  /// A serialized kap.clinic.v1.Record to FHIR. Errors: kInvalidRequest where the bytes are no
  /// record, kUnprocessable with one issue for each broken rule or unmapped code, its `expression`
  /// the field path. `record` must outlive the result's references; nothing else borrows from it.
  [[nodiscard]] Result<MappedRecord> map_record(std::string_view record,
                                                const MapOptions& options) const;
  /// Checks the rules of the contract alone.
  [[nodiscard]] Status check_record(std::string_view record) const;
  [[nodiscard]] static Result<RecordHead> head(std::string_view record);

  /// Any FHIR resource by the map of that url; the result is the target as JSON (a resource, or a
  /// clinic Record in protobuf JSON).
  [[nodiscard]] Result<std::string> map_resource(std::string_view map_url,
                                                 const fhir::json::Value& source,
                                                 const MapOptions& options) const;
  /// The whole target of a record as JSON (the Bundle), for tools and tests.
  [[nodiscard]] Result<std::string> map_to_bundle(std::string_view map_url, std::string_view record,
                                                  const MapOptions& options) const;
  /// `path <- map line <- field`, one line for each element produced.
  [[nodiscard]] Result<std::string> explain(std::string_view map_url, std::string_view record,
                                            const fhir::json::Value* resource) const;

  [[nodiscard]] std::vector<std::string> map_urls() const;
  [[nodiscard]] const fhir::terminology::Terminology& terminology() const;

 private:
  struct State;
  explicit Mapper(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A Record in protobuf JSON as its serialized bytes. Errors name line and field.
[[nodiscard]] Result<std::string> record_from_json(std::string_view json);
/// Protobuf JSON of a serialized Record, fields in declared order.
[[nodiscard]] Result<std::string> record_to_json(std::string_view record);

}  // namespace kap::mappings
