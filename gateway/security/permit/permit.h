#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/strong.h"
#include "gateway/security/permit/scope.h"
#include "gateway/security/permit/sensitivity.h"

namespace kap::gateway::security {

/// Who asks: a registered client, or a clinic's own system known by its certificate.
struct Principal {
  enum class Kind : std::uint8_t { kClient, kClinicSystem, kOperator };
  Kind kind = Kind::kClient;
  std::string id;
};

/// What a stored row must satisfy to be visible under a Permit. Every field is a comparison of
/// columns, so that a backend can apply them always; one that cannot must refuse the query.
struct Predicates {
  std::vector<ClinicId> clinics;      // the row's clinic is one of these; empty means none
  Sensitivity denied;                 // the row carries none of these labels
  std::optional<ResourceId> patient;  // the row's compartment is this patient
};

/// Who names a new resource: the gateway alone, or also the client (update as create,
/// http://hl7.org/fhir/R4/http.html#upsert).
enum class IdAssignment : std::uint8_t { kServer, kClient };

class Authorizer;

/// Proof that an access was authorized, and its bounds. Only `Authorizer` (gateway/security) makes
/// one; every service function takes one.
class Permit {
 public:
  [[nodiscard]] const Principal& principal() const { return principal_; }
  [[nodiscard]] const Predicates& predicates() const { return predicates_; }
  [[nodiscard]] const std::vector<Scope>& scopes() const { return scopes_; }
  [[nodiscard]] IdAssignment id_assignment() const { return id_assignment_; }
  /// Whether a scope covers the interaction on the type; decided from the request alone.
  [[nodiscard]] bool allows(std::string_view type, Interaction interaction) const;

 private:
  friend class Authorizer;
  Permit(Principal principal, Predicates predicates, std::vector<Scope> scopes,
         IdAssignment id_assignment = IdAssignment::kServer)
      : principal_(std::move(principal)),
        predicates_(std::move(predicates)),
        scopes_(std::move(scopes)),
        id_assignment_(id_assignment) {}

  Principal principal_;
  Predicates predicates_;
  std::vector<Scope> scopes_;
  IdAssignment id_assignment_;
};

}  // namespace kap::gateway::security
