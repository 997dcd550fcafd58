#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "fhir/json/value.h"
#include "gateway/service/conditional_match.h"

namespace kap::gateway::service {

/// In the order in which a transaction is processed, http://hl7.org/fhir/R4/http.html#trules.
enum class EntryMethod : std::uint8_t { kDelete, kPost, kPut, kPatch, kGet, kHead };

/// One entry of a batch or transaction, its request taken apart. Views are into the document.
struct BundleEntry {
  std::size_t index = 0;  // in Bundle.entry
  std::string_view full_url{};
  fhir::json::Value* resource = nullptr;

  EntryMethod method = EntryMethod::kGet;
  std::string type{};                      // empty: the system
  std::optional<ResourceId> id{};          // `Patient/1`
  bool is_history = false;                 // `_history`
  std::optional<std::uint64_t> version{};  // `Patient/1/_history/3`
  std::string member{};                    // of a compartment: `Patient/1/Observation`, or `*`
  std::string operation{};                 // `$everything`, without the dollar sign
  std::optional<Criteria> query{};         // what stands after `?`, percent-decoded
  std::string_view if_match{};             // these are empty where they are not given
  std::string_view if_none_match{};
  std::string_view if_modified_since{};
  std::string_view if_none_exist{};

  /// What is wrong with the entry itself: a batch answers it, a transaction is refused with it.
  std::optional<Outcome> refusal{};
};

/// A Bundle that was sent to the base.
struct BundleRequest {
  enum class Type : std::uint8_t { kBatch, kTransaction } type = Type::kBatch;
  fhir::json::Document document{};
  std::vector<BundleEntry> entries{};
};

/// kInvalidRequest for what is no Bundle or of another type; kTooLarge for more than
/// limits::kBundleEntries entries. `base_url`: a request's url may begin with it.
[[nodiscard]] Result<BundleRequest> parse_bundle(std::string_view text, std::string_view base_url);

/// `Bundle.entry[3]`
[[nodiscard]] std::string path_of(const BundleEntry& entry);

/// The part of an entry that an error is about.
enum class EntryPart : std::uint8_t { kRequest, kResource };
/// The error with expressions that begin at the Bundle: `Bundle.entry[3].resource.status`,
/// `Bundle.entry[3].request.ifMatch`. A search parameter's name goes into the diagnostics.
[[nodiscard]] Outcome at_entry(const BundleEntry& entry, EntryPart part, const Outcome& outcome);

}  // namespace kap::gateway::service
