#pragma once

#include <string>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/strong.h"
#include "gateway/security/permit/permit.h"

namespace kap::gateway::store {

/// A client registered for SMART backend services (SMART App Launch 2.2 section 5).
struct RegisteredClient {
  ClientId id{};
  std::string name{};
  std::string jwks{};    // JSON Web Key Set, RFC 7517, public keys only
  std::string scopes{};  // space-separated: the most it may ask for
  std::vector<ClinicId> clinics{};
  /// Whether it may name new resources itself (http://hl7.org/fhir/R4/http.html#upsert).
  security::IdAssignment id_assignment = security::IdAssignment::kServer;
  Instant created{};
};

}  // namespace kap::gateway::store
