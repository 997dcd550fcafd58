#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "fhir/definitions/types.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/parameters.h"
#include "gateway/service/resources.h"
#include "gateway/service/search_type.h"

namespace kap::fhir::validate {
class Validator;
}  // namespace kap::fhir::validate

namespace kap::mappings {
class Mapper;
}

namespace kap::gateway::service {

struct Writer;

/// What operations stand on; outlives every call. An operation that needs more of the gateway gets
/// a member here.
struct OperationContext {
  const Reader& reader;
  const Writer* writer = nullptr;                        // of operations that affect state
  const mappings::Mapper* maps = nullptr;                // and their terminology
  const fhir::validate::Validator* validator = nullptr;  // of $validate
};

/// One invocation, its parameters checked against the definition.
struct OperationCall {
  std::string_view type = {};                 // `Patient`; empty at system level
  const ResourceId* id = nullptr;             // of an instance; not yet known to exist
  std::optional<std::uint64_t> version = {};  // of the instance; nothing: the current one
  const OperationParameters& parameters;
  Handling handling = Handling::kLenient;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

struct OperationAnswer {
  std::string json;  // a resource: Parameters, Bundle, OperationOutcome, …
};

using RunOperation = Result<OperationAnswer> (*)(const security::Permit&, const OperationContext&,
                                                 const OperationCall&);

enum class Effect : std::uint8_t { kReadsOnly, kAffectsState };
enum class Paging : std::uint8_t { kNone, kCursor };  // kCursor: takes kCursorParameter, too
/// Whether parameters that the definition does not name are criteria of a search on the type.
enum class OtherParameters : std::uint8_t { kRefused, kSearchCriteria };
/// kScoped: a scope of `interaction` on the type. kAnyToken: what it answers holds nothing of a
/// patient (terminology, definitions).
enum class OperationAccess : std::uint8_t { kScoped, kAnyToken };
/// Whether a JSON object that is no resource may stand in the body for the one parameter that is a
/// resource, as R4 lets a Binary be sent as what it holds.
enum class OperationBody : std::uint8_t { kResource, kAnyObject };
/// Where the canonical URL belongs to: to HL7, whose definition is told again here, or to us.
enum class Publisher : std::uint8_t { kHl7, kGateway };

/// Where an operation can be called: `/fhir/$code`, `/fhir/Type/$code`, `/fhir/Type/id/$code`,
/// `/fhir/Type/id/_history/vid/$code`.
struct OperationLevels {
  bool system = false;
  bool type = false;
  bool instance = false;
  bool version = false;
};

/// An operation, http://hl7.org/fhir/R4/operations.html. Data: its HTTP rows, the gRPC call, its
/// OperationDefinition and its lines in the CapabilityStatement all come from this.
struct OperationDef {
  std::string_view code = {};       // without `$`
  std::string_view id = {};         // of its OperationDefinition: `Patient-everything`
  std::string_view canonical = {};  // http://hl7.org/fhir/OperationDefinition/Patient-everything
  std::string_view version = "4.0.1";
  Publisher publisher = Publisher::kHl7;
  std::string_view status = "draft";  // R4's own are
  std::string_view name = {};
  std::string_view title = {};
  std::string_view description = {};
  OperationLevels levels = {};
  /// `Resource` alone: every type.
  std::span<const std::string_view> types = {};
  /// The scope without which a call is refused, on the type of the call; at system level the
  /// operation checks by itself.
  security::Interaction interaction = security::Interaction::kRead;
  OperationAccess access = OperationAccess::kScoped;
  OperationBody body = OperationBody::kResource;
  Effect effect = Effect::kReadsOnly;
  std::span<const OperationParameterDef> parameters = {};
  OtherParameters others = OtherParameters::kRefused;
  Paging paging = Paging::kNone;
  /// nullptr: the operation has routes of its own ($export) and is here to be described.
  RunOperation run = nullptr;

  [[nodiscard]] bool is_for(std::string_view type) const;
  /// Whether GET may call it: it reads only and no parameter that must be given is complex.
  [[nodiscard]] bool allows_get() const;
};

using OperationTable = std::span<const OperationDef* const>;

enum class OperationLevel : std::uint8_t { kSystem, kType, kInstance, kVersion };

/// The operation of that code at that level, or nullptr. `type` is empty for the system.
[[nodiscard]] const OperationDef* find_operation(OperationTable table, std::string_view code,
                                                 OperationLevel level, std::string_view type);

struct OperationRequest {
  std::string_view type = {};  // empty at system level
  const ResourceId* id = nullptr;
  std::optional<std::uint64_t> version = {};
  OperationInput input = {};
  Handling handling = Handling::kLenient;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

/// Checks the type and its scope, reads the parameters and runs. The errors of check_access() and
/// parse_parameters(), and those of the operation.
[[nodiscard]] Result<OperationAnswer> run_operation(const security::Permit& permit,
                                                    const OperationContext& context,
                                                    const OperationDef& operation,
                                                    const OperationRequest& request);

}  // namespace kap::gateway::service
