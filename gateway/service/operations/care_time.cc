#include "gateway/service/operations/care_time.h"

#include <array>
#include <limits>

#include "fhir/path/moment.h"
#include "fhir/search/convert.h"

namespace kap::gateway::service {
namespace {

using fhir::json::Value;
using fhir::search::DateEntry;

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

/// In the order of preference: the care itself, then when it was ordered or written down.
constexpr std::array<std::string_view, 17> kTimes{"effectiveDateTime",
                                                  "effectiveInstant",
                                                  "performedDateTime",
                                                  "occurrenceDateTime",
                                                  "onsetDateTime",
                                                  "started",
                                                  "sent",
                                                  "whenHandedOver",
                                                  "startDate",
                                                  "authoredOn",
                                                  "authored",
                                                  "assertedDate",
                                                  "recordedDate",
                                                  "date",
                                                  "dateTime",
                                                  "occurredDateTime",
                                                  "recorded"};
constexpr std::array<std::string_view, 6> kPeriods{"effectivePeriod",  "performedPeriod",
                                                   "occurrencePeriod", "onsetPeriod",
                                                   "servicedPeriod",   "period"};

std::optional<DateEntry> period_of(const Value& period) {
  const auto start = to_time(period.string("start"));
  const auto end = to_time(period.string("end"));
  if (!start && !end) return std::nullopt;
  return DateEntry{.low = start ? start->low : std::numeric_limits<std::int64_t>::min(),
                   .high = end ? end->high : kForever};
}

/// A condition goes on until its abatement.
std::optional<DateEntry> condition_time(const Value& condition, std::optional<DateEntry> onset) {
  if (!onset) return std::nullopt;
  const auto abatement = to_time(condition.string("abatementDateTime"));
  onset->high = abatement ? abatement->high : kForever;
  return onset;
}

std::optional<DateEntry> stated_time(const Value& resource) {
  for (const auto name : kPeriods)
    if (const auto* period = resource.find(name))
      if (const auto time = period_of(*period)) return time;
  for (const auto name : kTimes)
    if (const auto time = to_time(resource.string(name))) return time;
  return std::nullopt;
}

}  // namespace

std::optional<DateEntry> to_time(std::string_view text) {
  const auto moment = fhir::path::Moment::parse_date_time(text);
  return moment ? std::optional(fhir::search::to_date(*moment)) : std::nullopt;
}

std::optional<DateEntry> care_time(const Value& resource) {
  const auto type = resource.string("resourceType");
  if (type == "Patient" || type == "Practitioner" || type == "Organization") return std::nullopt;
  if (type == "Appointment") return period_of(resource);
  const Value* holder = type == "DocumentReference" ? resource.find("context") : nullptr;
  if (const auto* period = holder == nullptr ? nullptr : holder->find("period"))
    if (const auto time = period_of(*period)) return time;
  auto time = stated_time(resource);
  if (type == "Condition") return condition_time(resource, time);
  if (type == "AllergyIntolerance" && time) time->high = kForever;
  return time;
}

bool CareRange::holds(const DateEntry& time) const {
  return (!start || time.high > start->low) && (!end || time.low < end->high);
}

}  // namespace kap::gateway::service
