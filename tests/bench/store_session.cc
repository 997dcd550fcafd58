#include "tests/bench/store_session.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "fhir/json/parse.h"
#include "fhir/search/index_entry.h"

namespace kap::gateway::store {
namespace {

/// A vital sign of a session, as the maps write it.
ResourceWrite observation(int session, int number) {
  const auto patient = fmt::format("patient{:022}", session % kPatients);
  const auto encounter = fmt::format("encounter{:020}", session);
  ResourceWrite write;
  write.type = "Observation";
  write.id = ResourceId(fmt::format("obs{:010}{:013}", (session * 7919) % 1'000'003, number));
  write.patient = ResourceId(patient);
  write.source =
      RecordName{.kind = "TREATMENT_SESSION", .id = RecordId(fmt::format("session-{}", session))};
  write.body =
      fmt::format(R"({{"resourceType":"Observation","id":"{}","meta":{{)", write.id.text());
  write.meta_offset = write.body.size();
  write.body += fmt::format(
      R"("profile":["http://hl7.org/fhir/us/core/StructureDefinition/us-core-heart-rate"],)"
      R"("tag":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"HTEST"}}]}},)"
      R"("status":"final","category":[{{"coding":[{{"system":)"
      R"("http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs"}}]}}],)"
      R"("code":{{"coding":[{{"system":"http://loinc.org","code":"8867-4"}}]}},)"
      R"("subject":{{"reference":"Patient/{}"}},"encounter":{{"reference":"Encounter/{}"}},)"
      R"("effectiveDateTime":"2025-{:02}-{:02}T{:02}:{:02}:00Z",)"
      R"("performer":[{{"reference":"Practitioner/practitioner0000000001"}}],)"
      R"("valueQuantity":{{"value":{},"unit":"beats/minute","system":"http://unitsofmeasure.org",)"
      R"("code":"/min"}},"note":[{{"text":"{}"}}]}})",
      patient, encounter, session % 12 + 1, session % 28 + 1, 8 + number / 60, number % 60,
      60 + number % 40, std::string(600, 'n'));
  const auto document = fhir::json::parse(write.body);
  if (document.has_value()) {
    auto entries = fhir::search::extract(document->root);
    if (entries.has_value()) write.index = std::move(*entries);
  }
  return write;
}

}  // namespace

WriteUnit session_unit(int session, int resources) {
  WriteUnit unit{.clinic = ClinicId("clinic-a")};
  const RecordKey key{
      .clinic = unit.clinic,
      .name = {.kind = "TREATMENT_SESSION", .id = RecordId(fmt::format("session-{}", session))}};
  unit.record = RecordWrite{.key = key, .revision = 1, .serialized = std::string(6'000, 'r')};
  unit.expected = {{.key = key}};
  for (int i = 0; i < resources; ++i) unit.resources.push_back(observation(session, i));
  unit.audit = {{.recorded = {},
                 .clinic = unit.clinic,
                 .principal = "clinic/clinic-a",
                 .action = "submit",
                 .entity = key.name.id.text()}};
  return unit;
}

}  // namespace kap::gateway::store
