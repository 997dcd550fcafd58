#include "fhir/definitions/profiles.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "fhir/base/embedded.h"
#include "fhir/definitions/name_index.h"
#include "fhir/definitions/table_reader.h"

KAP_EMBEDDED_DECLARE(r4_profiles);
KAP_EMBEDDED_DECLARE(us_core_6_profiles);
KAP_EMBEDDED_DECLARE(us_core_7_profiles);

namespace kap::fhir::definitions {
namespace {

constexpr auto kUrl = [](const ProfileDef& profile) { return profile.url; };

class ProfileTables {
 public:
  ProfileTables() {
    // The first version of a URL, by its package's name, is what the URL alone means.
    for (const std::string_view table :
         {KAP_EMBEDDED(r4_profiles), KAP_EMBEDDED(us_core_6_profiles),
          KAP_EMBEDDED(us_core_7_profiles)}) {
      read(table);
    }
    std::ranges::sort(all_, {}, [](const ProfileDef& profile) {
      return std::pair(profile.url, profile.package);
    });
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (i > 0 && all_[i - 1].url == all_[i].url) continue;
      first_.push_back(all_[i]);
      starts_.push_back(i);
    }
    starts_.push_back(all_.size());
    slots_.resize(slots_for(first_.size()));
    index_names(first(), std::span(slots_), kUrl);
  }

  [[nodiscard]] std::span<const ProfileDef> first() const { return first_; }
  [[nodiscard]] std::span<const ProfileDef> versions(std::string_view url) const {
    const ProfileDef* found = find_name(first(), std::span<const std::uint16_t>(slots_), url, kUrl);
    if (found == nullptr) return {};
    const auto at = static_cast<std::size_t>(found - first_.data());
    return std::span(all_).subspan(starts_[at], starts_[at + 1] - starts_[at]);
  }

 private:
  /// Only the heads of the profiles; the lines below each stay text until someone asks for them.
  void read(std::string_view table) {
    ProfileDef profile;
    while (!table.empty()) {
      std::string_view line = take(table, '\n');
      const std::string_view first = take(line, '\t');
      if (first == "P") {
        profile.package = take(line, '\t');
        profile.version = line;
      } else if (first == "D") {
        profile.url = take(line, '\t');
        profile.type = take(line, '\t');
        profile.name = take(line, '\t');
        profile.base = take(line, '\t');
        profile.contexts = line;
        const std::size_t end = table.starts_with("D\t") ? 0 : table.find("\nD\t");
        profile.rules = table.substr(0, end);
        table.remove_prefix(std::min(profile.rules.size() + (end == 0 ? 0 : 1), table.size()));
        all_.push_back(profile);
      }
    }
  }

  std::vector<ProfileDef> all_;
  std::vector<ProfileDef> first_;    // of each URL
  std::vector<std::size_t> starts_;  // of the versions of each, in all_
  std::vector<std::uint16_t> slots_;
};

const ProfileTables& tables() {
  static const ProfileTables instance;
  return instance;
}

}  // namespace

std::span<const ProfileDef> all_profiles() { return tables().first(); }

const ProfileDef* find_profile(std::string_view url) {
  const std::size_t bar = url.find('|');
  const std::span<const ProfileDef> versions = tables().versions(url.substr(0, bar));
  if (versions.empty()) return nullptr;
  if (bar == std::string_view::npos) return &versions.front();
  const auto found = std::ranges::find(versions, url.substr(bar + 1), &ProfileDef::version);
  return found == versions.end() ? nullptr : &*found;
}

const ProfileDef* find_profile(std::string_view url, const ProfileDef& named_by) {
  if (url.find('|') == std::string_view::npos) {
    const std::span<const ProfileDef> versions = tables().versions(url);
    const auto found = std::ranges::find(versions, named_by.package, &ProfileDef::package);
    if (found != versions.end()) return &*found;
  }
  return find_profile(url);
}

}  // namespace kap::fhir::definitions
