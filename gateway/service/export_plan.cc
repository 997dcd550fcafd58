#include "gateway/service/export_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "fhir/definitions/compartments.h"
#include "fhir/definitions/types.h"
#include "gateway/service/export_filter.h"
#include "gateway/service/group_members.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

bool is_of_patients(std::string_view type) {
  return type == "Patient" || !fhir::definitions::compartment_parameters("Patient", type).empty();
}

Outcome no_group() { return {Category::kNotFound, IssueType::kNotFound, "there is no such Group"}; }

void leave_out(std::vector<Issue>& issues, IssueType code, std::string why,
               std::string_view parameter) {
  issues.push_back({.severity = IssueSeverity::kWarning,
                    .code = code,
                    .diagnostics = "left out: " + std::move(why),
                    .expression = std::string(parameter),
                    .position = {}});
}

}  // namespace

bool may_export(const security::Permit& permit, std::string_view type) {
  return permit.allows(type, security::Interaction::kRead) &&
         permit.allows(type, security::Interaction::kSearch);
}

Result<ExportPlan> ExportPlan::make(const security::Permit& permit, const Reader& reader,
                                    const ExportRequest& request, const store::CommitMark& mark,
                                    Patients patients, std::vector<Issue>& issues) {
  ExportPlan plan(permit, reader, request, mark);
  KAP_CHECK_OK(plan.choose_types(issues));
  KAP_CHECK_OK(plan.choose_patients(patients, issues));
  KAP_CHECK_OK(plan.choose_range());
  return plan;
}

Status ExportPlan::choose_types(std::vector<Issue>& issues) {
  const bool is_system = request_.level == ExportLevel::kSystem;
  if (!request_.types) {
    for (const auto* type : fhir::definitions::resource_types())
      if (may_export(permit_, type->name) && (is_system || is_of_patients(type->name)))
        types_.emplace_back(type->name);
    if (!types_.empty()) return {};
    return fail(Category::kForbidden, IssueType::kForbidden,
                "the token covers no type; an export takes scopes such as system/*.rs");
  }
  std::size_t outside = 0;
  for (const auto& type : *request_.types) {
    if (!may_export(permit_, type)) {
      const auto why = fmt::format("the token does not cover it; it would take system/{}.rs", type);
      if (request_.handling == Handling::kStrict)
        return fail(Category::kForbidden, IssueType::kForbidden, why, "_type");
      leave_out(issues, IssueType::kForbidden, why, "_type");
    } else if (!is_system && !is_of_patients(type)) {
      ++outside;
      leave_out(issues, IssueType::kNotSupported,
                fmt::format("{} is outside the Patient compartment; export it at /$export", type),
                "_type");
    } else {
      types_.push_back(type);
    }
  }
  if (types_.empty() && outside > 0 && request_.handling == Handling::kStrict)
    return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                "every type of _type is outside the Patient compartment; export them at /$export",
                "_type");
  return {};
}

Result<std::vector<std::string>> ExportPlan::members() const {
  if (!may_export(permit_, "Group"))
    return fail(Category::kForbidden, IssueType::kForbidden,
                "who is in a Group is read with system/Group.rs");
  const auto& id = request_.group;
  const bool is_id = !id.empty() && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  });
  if (!is_id) return std::unexpected(no_group());
  const auto filter = "Group?_id=" + id;
  KAP_TRY(auto query,
          parse_type_filter(
              filter, {.now = mark_.at, .base_url = reader_->base_url, .terminology = nullptr}));
  const auto scan = reader_->store.scan(
      store::ScanQuery(permit_, "Group", {.as_of = mark_.seq, .any_of = {std::move(query)}}));
  std::optional<std::string> group;
  for (auto progress = store::Scan::Progress::kMore; progress == store::Scan::Progress::kMore;) {
    KAP_TRY(progress, scan->step(store::Scan::Bodies::kRead, [&](const store::Scan::Row& row) {
      group = row.body;
      return true;
    }));
  }
  if (!group) return std::unexpected(no_group());
  return parse_group_members(*group, mark_.at, reader_->base_url);
}

Status ExportPlan::choose_patients(Patients patients, std::vector<Issue>& issues) {
  std::optional<std::unordered_set<std::string>> members;
  if (request_.level == ExportLevel::kGroup) {
    KAP_TRY(const auto all, this->members());
    members.emplace(all.begin(), all.end());
  }
  if (request_.patients) {
    patients_.emplace();
    for (const auto& id : *request_.patients) {
      const bool is_there = (!members || members->contains(id)) &&
                            (patients == Patients::kBelieved ||
                             reader_->store.read(permit_, "Patient", ResourceId(id)).has_value());
      if (is_there) {
        patients_->emplace_back(id);
      } else if (request_.handling == Handling::kLenient || patients == Patients::kBelieved) {
        leave_out(issues, IssueType::kNotFound, "a patient is not there or not of the Group",
                  "patient");
      } else {
        return fail(Category::kInvalidRequest, IssueType::kNotFound,
                    "a patient is not there or not of the Group", "patient");
      }
    }
  } else if (members) {
    patients_.emplace();
    for (const auto& id : *members) patients_->emplace_back(id);
  }
  return {};
}

Status ExportPlan::choose_range() {
  until_ = mark_.seq;
  if (request_.since) {
    KAP_TRY(after_, reader_->store.sequence_at(*request_.since));
  }
  if (request_.until) {
    KAP_TRY(const auto last,
            reader_->store.sequence_at(*request_.until - std::chrono::milliseconds(1)));
    until_ = std::min(until_, last);
  }
  return {};
}

Result<std::unique_ptr<store::Scan>> ExportPlan::scan(std::string_view type,
                                                      const Range& range) const {
  using Compartment = store::ScanQuery::Compartment;
  store::ScanQuery::Options options{.as_of = mark_.seq,
                                    .after = range.after,
                                    .until = range.until,
                                    .versions = range.versions,
                                    .compartment = request_.level == ExportLevel::kSystem
                                                       ? Compartment::kAny
                                                       : Compartment::kOwned,
                                    .patients = patients_};
  for (const auto& filter : request_.filters) {
    if (type_of_filter(filter) != type) continue;
    KAP_TRY(auto query, parse_type_filter(filter, {.handling = request_.handling,
                                                   .now = mark_.at,
                                                   .base_url = reader_->base_url,
                                                   .terminology = reader_->terminology}));
    options.any_of.push_back(std::move(query));
  }
  return reader_->store.scan(store::ScanQuery(permit_, std::string(type), std::move(options)));
}

}  // namespace kap::gateway::service
