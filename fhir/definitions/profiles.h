#pragma once

#include <span>
#include <string_view>

namespace kap::fhir::definitions {

/// A profile on a resource type or an extension that the gateway knows by its canonical URL.
struct ProfileDef {
  std::string_view url;
  std::string_view version;
  std::string_view package;  // `hl7.fhir.us.core#6.1.0`
  std::string_view type;     // `Patient`, `Observation`, `Extension`
  std::string_view name;
};

/// In the order of their URLs.
[[nodiscard]] std::span<const ProfileDef> all_profiles();
[[nodiscard]] const ProfileDef* find_profile(std::string_view url);

}  // namespace kap::fhir::definitions
