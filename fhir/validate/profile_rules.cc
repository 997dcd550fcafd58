#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir/validate/inspection.h"
#include "fhir/validate/profile_check.h"

/// Which profiles a resource is held against: those it claims, those the caller and the
/// configuration name, and the vital signs of R4, which its code implies.
namespace kap::fhir::validate {
namespace {

using definitions::ProfileDef;

constexpr std::string_view kBase = "http://hl7.org/fhir/StructureDefinition/";
constexpr std::string_view kLoinc = "http://loinc.org";
constexpr std::string_view kVitalSignsProfile =
    "http://hl7.org/fhir/StructureDefinition/vitalsigns";
constexpr std::size_t kMaxUrl = 256;
constexpr int kMaxBases = 8;

struct VitalSign {
  std::string_view code;
  std::string_view profile;
};
/// http://hl7.org/fhir/R4/observation-vitalsigns.html: an Observation with one of these LOINC codes
/// is a vital sign. Where it claims no profile derived from R4's, what it lacks is a warning: US
/// Core's own profiles and examples of these codes differ from R4's.
constexpr std::array<VitalSign, 10> kVitalSigns = {{
    {"85353-1", "vitalsigns"},
    {"9279-1", "resprate"},
    {"8867-4", "heartrate"},
    {"2708-6", "oxygensat"},
    {"8310-5", "bodytemp"},
    {"8302-2", "bodyheight"},
    {"9843-4", "headcircum"},
    {"29463-7", "bodyweight"},
    {"39156-5", "bmi"},
    {"85354-9", "bp"},
}};

/// R4's vital signs profile or derived from it, as US Core's are.
bool is_vital_sign(const ProfileDef& def) {
  const ProfileDef* at = &def;
  for (int steps = 0; at != nullptr && steps < kMaxBases; ++steps) {
    if (at->url == kVitalSignsProfile) return true;
    at = definitions::find_profile(at->base, *at);
  }
  return false;
}

/// The canonical URL of a type of R4 itself: `http://hl7.org/fhir/StructureDefinition/Patient`.
const definitions::TypeDef* type_of(std::string_view url) {
  url = url.substr(0, url.find('|'));
  if (!url.starts_with(kBase)) return nullptr;
  return definitions::find_type(url.substr(kBase.size()));
}

}  // namespace

void Inspection::profiles(const Node& resource, const Place& place) {
  std::vector<const ProfileDef*> outer = std::exchange(applied_, {});
  const json::Value* meta = resource.value->find("meta");
  const json::Value* claims = meta == nullptr ? nullptr : meta->find("profile");
  if (claims != nullptr && claims->is_array()) {
    const Place meta_place{.parent = &place, .name = "meta", .of_type = {}};
    std::uint32_t index = 0;
    for (const json::Value& claim : claims->items()) {
      const Place at{.parent = &meta_place, .name = "profile", .of_type = {}, .index = index++};
      if (claim.is_string()) claimed(claim.text(), resource, place, at);
    }
  }
  if (scope_->outer == nullptr) {
    for (const std::string& url : options_.profiles) claimed(url, resource, place, place);
  }
  for (const std::string& url : definitions_.options().profiles) {
    const ProfileDef* def = definitions::find_profile(url);
    if (def != nullptr && def->type == resource.type->name) apply(*def, resource, place);
  }
  if (resource.type->name == "Observation") vital_signs(resource, place);
  applied_ = std::move(outer);
}

void Inspection::claimed(std::string_view url, const Node& resource, const Place& place,
                         const Place& claim) {
  const ProfileDef* def = definitions::find_profile(url);
  const definitions::TypeDef* base = type_of(url);
  if (def == nullptr && base == nullptr) {
    findings_->add({.severity = IssueSeverity::kWarning,
                    .code = IssueType::kNotFound,
                    .constraint = {},
                    .profile = {}},
                   claim,
                   fmt::format("the profile {} is not known here and was not checked",
                               url.substr(0, kMaxUrl)));
    return;
  }
  const std::string_view type = def != nullptr ? def->type : base->name;
  const definitions::TypeDef* of = definitions::find_type(type);
  if (of == nullptr || !definitions::is_a(*resource.type, *of)) {
    findings_->add({.code = IssueType::kInvalid,
                    .constraint = {},
                    .profile = def == nullptr ? base->url : def->url},
                   claim,
                   fmt::format("this is a profile on {}, not on {}", type, resource.type->name));
    return;
  }
  if (def != nullptr) apply(*def, resource, place);
}

void Inspection::apply(const ProfileDef& def, const Node& resource, const Place& place) {
  if (std::ranges::find(applied_, &def) != applied_.end()) return;
  applied_.push_back(&def);
  ProfileCheck(*this, definitions_.profiles().of(def)).run(resource, place);
}

void Inspection::vital_signs(const Node& resource, const Place& place) {
  // A profile derived from it says all that it says.
  if (std::ranges::any_of(applied_, [](const ProfileDef* def) { return is_vital_sign(*def); })) {
    return;
  }
  const json::Value* code = resource.value->find("code");
  const json::Value* codings = code == nullptr ? nullptr : code->find("coding");
  if (codings == nullptr || !codings->is_array()) return;
  for (const json::Value& coding : codings->items()) {
    if (coding.string("system") != kLoinc) continue;
    const auto found = std::ranges::find(kVitalSigns, coding.string("code"), &VitalSign::code);
    if (found == kVitalSigns.end()) continue;
    const ProfileDef* def = definitions::find_profile(std::string(kBase).append(found->profile));
    if (def == nullptr) continue;
    findings_->limit_severity(IssueSeverity::kWarning);
    apply(*def, resource, place);
    findings_->limit_severity(IssueSeverity::kFatal);
  }
}

}  // namespace kap::fhir::validate
