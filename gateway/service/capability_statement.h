#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/clock.h"
#include "gateway/service/operation.h"

namespace kap::gateway::service {

/// What is routed for a resource type.
struct TypeCapabilities {
  std::string_view type;
  /// http://hl7.org/fhir/R4/valueset-type-restful-interaction.html: `read`, `search-type`, …
  std::vector<std::string_view> interactions{};
  bool conditional_create = false;
  bool conditional_update = false;
  bool conditional_delete = false;

  [[nodiscard]] bool has(std::string_view interaction) const;
};

/// What the running server knows about itself. The statements are made of this, of the table of
/// operations and of the search parameters that the search engine answers, so that they cannot
/// promise what is not there.
struct ServerDescription {
  std::string base_url;  // as of Reader
  std::string software_version;
  Instant date;  // when the statement last changed: the start of the program
  std::vector<TypeCapabilities> types{};
  /// http://hl7.org/fhir/R4/valueset-system-restful-interaction.html: `batch`, `search-system`, …
  std::vector<std::string_view> system_interactions{};
  /// Codes of the compartments that can be searched: `Patient`, `Encounter`, …
  std::vector<std::string_view> compartments{};
  OperationTable operations{};
  /// URIs of the code systems whose codes are here.
  std::vector<std::string> code_systems{};
  std::string token_url;
  std::string authorize_url;  // empty where not routed; so are the next two
  std::string introspect_url;
  std::string revoke_url;
};

/// `mode` of http://hl7.org/fhir/R4/http.html#capabilities; kNormative leaves out the elements
/// whose standards status is trial use.
enum class StatementMode : std::uint8_t { kFull, kNormative };

/// http://hl7.org/fhir/R4/capabilitystatement.html as JSON. Made once at start-up; needs no Permit
/// because it holds nothing about anybody.
[[nodiscard]] std::string encode_capability_statement(const ServerDescription& server,
                                                      StatementMode mode = StatementMode::kFull);

}  // namespace kap::gateway::service
