#include "fhir/definitions/profiles.h"

#include <algorithm>
#include <vector>

#include "fhir/base/embedded.h"
#include "fhir/definitions/table_reader.h"

KAP_EMBEDDED_DECLARE(r4_profiles);
KAP_EMBEDDED_DECLARE(us_core_profiles);

namespace kap::fhir::definitions {
namespace {

std::vector<ProfileDef> read_profiles() {
  std::vector<ProfileDef> profiles;
  for (const std::string_view table : {KAP_EMBEDDED(r4_profiles), KAP_EMBEDDED(us_core_profiles)}) {
    ProfileDef profile;
    for_each_row(table, [&](std::string_view line) {
      const std::string_view first = take(line, '\t');
      if (first == "P") {
        profile.package = take(line, '\t');
        profile.version = line;
        return;
      }
      profile.url = first;
      profile.type = take(line, '\t');
      profile.name = line;
      profiles.push_back(profile);
    });
  }
  std::ranges::sort(profiles, {}, &ProfileDef::url);
  return profiles;
}

}  // namespace

std::span<const ProfileDef> all_profiles() {
  static const std::vector<ProfileDef> profiles = read_profiles();
  return profiles;
}

const ProfileDef* find_profile(std::string_view url) {
  const auto list = all_profiles();
  const auto found = std::ranges::lower_bound(list, url, {}, &ProfileDef::url);
  return found != list.end() && found->url == url ? &*found : nullptr;
}

}  // namespace kap::fhir::definitions
