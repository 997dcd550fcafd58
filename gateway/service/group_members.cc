#include "gateway/service/group_members.h"

#include <unordered_set>

#include "fhir/json/parse.h"
#include "fhir/path/moment.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;

bool has_ended(const json::Value& member, Instant now) {
  const auto* period = member.find("period");
  if (period == nullptr) return false;
  const auto end = fhir::path::Moment::parse_date_time(period->string("end"));
  return end && end->end_millisecond() <= now.time_since_epoch().count();
}

/// The id of `Patient/<id>`, relative or below our own base; empty for anything else.
std::string_view patient_of(const json::Value& member, std::string_view base_url) {
  const auto* entity = member.find("entity");
  if (entity == nullptr) return {};
  auto reference = entity->string("reference");
  if (reference.starts_with(base_url) && reference.substr(base_url.size()).starts_with('/'))
    reference.remove_prefix(base_url.size() + 1);
  constexpr std::string_view kPrefix = "Patient/";
  if (!reference.starts_with(kPrefix)) return {};
  reference.remove_prefix(kPrefix.size());
  return reference.substr(0, reference.find('/'));
}

}  // namespace

Result<std::vector<std::string>> parse_group_members(std::string_view group_json, Instant now,
                                                     std::string_view base_url) {
  KAP_TRY(const auto document, json::parse(group_json));
  const auto& group = document.root;
  const auto* actual = group.find("actual");
  if (actual == nullptr || actual->kind() != json::Kind::kTrue)
    return fail(Category::kUnprocessable, IssueType::kNotSupported,
                "the Group describes its members (actual is false); only one that names them can "
                "be exported",
                "Group.actual");
  if (group.string("type") != "person")
    return fail(Category::kUnprocessable, IssueType::kNotSupported,
                "only a Group of persons can be exported", "Group.type");
  std::vector<std::string> out;
  std::unordered_set<std::string_view> seen;
  const auto* members = group.find("member");
  if (members == nullptr) return out;
  for (const auto& member : members->items()) {
    const auto* inactive = member.find("inactive");
    const bool is_inactive = inactive != nullptr && inactive->kind() == json::Kind::kTrue;
    const auto patient = patient_of(member, base_url);
    if (is_inactive || patient.empty() || has_ended(member, now)) continue;
    if (seen.insert(patient).second) out.emplace_back(patient);
  }
  return out;
}

}  // namespace kap::gateway::service
