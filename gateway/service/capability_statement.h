#pragma once

#include <span>
#include <string>
#include <string_view>

#include "fhir/base/clock.h"

namespace kap::gateway::service {

/// What the running server knows about itself. The statement is made of this and of the search
/// parameters of fhir/definitions, so that it cannot promise what is not routed.
struct ServerDescription {
  std::string base_url;  // as of Reader
  std::string software_version;
  Instant date;  // when the statement last changed: the start of the program
  /// The resource types that can be here: those the maps yield.
  std::span<const std::string_view> types;
  /// Interaction codes routed for each of them (`read`, `vread`, `history-instance`,
  /// `search-type`), http://hl7.org/fhir/R4/valueset-type-restful-interaction.html.
  std::span<const std::string_view> type_interactions;
  /// As above for the whole system (`batch`, `search-system`, …).
  std::span<const std::string_view> system_interactions;
  std::string token_url;
  std::string authorize_url;  // empty where not routed; so are the next two
  std::string introspect_url;
  std::string revoke_url;
};

/// http://hl7.org/fhir/R4/capabilitystatement.html as JSON. Made once at start-up; needs no Permit
/// because it holds nothing about anybody.
[[nodiscard]] std::string encode_capability_statement(const ServerDescription& server);

}  // namespace kap::gateway::service
