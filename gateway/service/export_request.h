#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/service/resources.h"
#include "gateway/service/search_type.h"

namespace kap::gateway::service {

enum class ExportLevel : std::uint8_t { kSystem, kPatient, kGroup };

/// What an export is to hold, as its job keeps it.
struct ExportRequest {
  ExportLevel level = ExportLevel::kSystem;
  std::string group{};                                 // id, of kGroup
  Handling handling = Handling::kStrict;               // of what the filters do not know
  std::optional<Instant> since{};                      // last updated later
  std::optional<Instant> until{};                      // last updated earlier
  std::optional<std::vector<std::string>> types{};     // `_type`; each once
  std::vector<std::string> filters{};                  // `_typeFilter`: `Observation?code=…`
  std::vector<std::string> elements{};                 // `Patient.name`, `id`
  std::optional<std::vector<std::string>> patients{};  // ids
  friend bool operator==(const ExportRequest&, const ExportRequest&) = default;
};

[[nodiscard]] std::string encode_export_request(const ExportRequest& request);
/// kInternal for what encode_export_request did not write.
[[nodiscard]] Result<ExportRequest> decode_export_request(std::string_view json);

/// A kick-off, http://hl7.org/fhir/uv/bulkdata.
struct ExportInput {
  ExportLevel level = ExportLevel::kSystem;
  std::string group{};
  std::vector<std::pair<std::string, std::string>> query{};  // decoded
  /// A Parameters resource as JSON; nothing where the request has no body to have.
  std::optional<std::string_view> body{};
  Handling handling = Handling::kStrict;
  std::string url{};  // what the manifest's `request` repeats
};

/// A request, and what was left out of it under Handling::kLenient.
struct ExportWish {
  ExportRequest request{};
  std::vector<Issue> issues{};
};

/// Reads and checks a kick-off without looking at what is stored. kInvalidRequest with one issue
/// for each fault; Issue::expression is the parameter's name. Under Handling::kLenient what cannot
/// be done is left out and told in `issues`: a faulty filter leaves out its whole type, because
/// leaving out the filter alone would widen the answer.
[[nodiscard]] Result<ExportWish> parse_export_request(const ExportInput& input,
                                                      const Reader& reader);

}  // namespace kap::gateway::service
