#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"

namespace kap::gateway::security {

/// The letters of a SMART v2 scope, SMART App Launch 2.2 section 3.0.2.
enum class Interaction : std::uint8_t {
  kCreate = 1,   // c
  kRead = 2,     // r: read, vread, instance history
  kUpdate = 4,   // u
  kDelete = 8,   // d
  kSearch = 16,  // s: search_type, type and system history
};

/// One SMART v2 scope such as `system/Observation.rs` or `system/*.cruds`.
struct Scope {
  enum class Context : std::uint8_t { kSystem, kUser, kPatient };
  Context context = Context::kSystem;
  std::string resource_type;  // a FHIR type, or `*`
  std::uint8_t interactions = 0;
  std::string query;  // the part after `?`, not interpreted here; empty when absent

  [[nodiscard]] bool allows(std::string_view type, Interaction interaction) const {
    return (resource_type == "*" || resource_type == type) &&
           (interactions & static_cast<std::uint8_t>(interaction)) != 0;
  }
  friend bool operator==(const Scope&, const Scope&) = default;
};

/// Parses one scope. The letters stand in the order `cruds`, as the specification demands.
[[nodiscard]] Result<Scope> parse_scope(std::string_view text);
/// Parses a space-separated list and names the scope that is wrong.
[[nodiscard]] Result<std::vector<Scope>> parse_scopes(std::string_view text);
[[nodiscard]] std::string to_text(const Scope& scope);

}  // namespace kap::gateway::security
