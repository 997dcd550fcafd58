#pragma once

#include <span>
#include <string_view>

namespace kap::fhir::definitions {

/// A profile on a type or an extension that the gateway knows by its canonical URL.
struct ProfileDef {
  std::string_view url;
  std::string_view version;
  std::string_view package;  // `hl7.fhir.us.core#6.1.0`
  std::string_view type;     // `Patient`, `Observation`, `Extension`
  std::string_view name;
  std::string_view base;      // the canonical URL of what it is derived from
  std::string_view contexts;  // of an extension: `element:Patient extension:http://...`
  /// Its lines in the table as they stand there: what it says beyond its type.
  std::string_view rules;
};

/// One for each URL, in the order of the URLs: of several versions the one that the URL alone means
/// (US Core: 6.1.0).
[[nodiscard]] std::span<const ProfileDef> all_profiles();
/// `url` with or without `|version`; nullptr where that version is not here.
[[nodiscard]] const ProfileDef* find_profile(std::string_view url);
/// The profile that another one names: in the version of the same package where that has it.
[[nodiscard]] const ProfileDef* find_profile(std::string_view url, const ProfileDef& named_by);

}  // namespace kap::fhir::definitions
