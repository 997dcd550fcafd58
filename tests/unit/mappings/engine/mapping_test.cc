// A clinic record to stored resources: ids, owners, references and where meta begins.
#include "mappings/engine/mapping.h"

#include <gtest/gtest.h>

#include "fhir/json/parse.h"

namespace kap::mappings {
namespace {

std::string map_text(const std::string& rules) {
  return "/// url = 'http://kap-gateway.org/fhir/StructureMap/Record'\n/// name = 'Record'\n"
         "uses \"http://kap-gateway.org/fhir/StructureDefinition/clinic-Record\" alias Record as "
         "source\n"
         "uses \"http://hl7.org/fhir/StructureDefinition/Bundle\" alias Bundle as target\n"
         "group Record(source src : Record, target bundle : Bundle) {\n"
         "  src.treatmentSession as s then {\n" +
         rules + "  };\n}\n";
}

constexpr const char* kEncounter =
    "s -> bundle.entry as e, e.resource = create('Encounter') as enc, enc.id = "
    "append(src.recordId, "
    "'.enc'), enc.meta as m, m.source = 'urn:x', enc.status = 'finished' then {\n"
    "  s.patientId as p -> enc.subject as r, r.reference = append('Patient/', p);\n"
    "  s -> enc.basedOn as r, r.reference = 'ServiceRequest/issued-1';\n"
    "};\n";
constexpr const char* kMedication =
    "s -> bundle.entry as e, e.resource = create('Medication') as med, med.id = 'm', med.meta as "
    "m, "
    "m.source = 'urn:x', med.status = 'active';\n";

Mapper mapper(const std::string& rules) {
  Diagnostics diagnostics;
  auto made = Mapper::make({{.file = "t.fml", .text = map_text(rules)}}, {}, {}, diagnostics);
  if (!made) throw std::runtime_error(diagnostics.render());
  return std::move(*made);
}

std::string record(const std::string& more = "") {
  return record_from_json(
             R"({"clinicId":"c","recordId":"ses-1","revision":"7","author":{"name":"n"},
                 "treatmentSession":{"patientId":"pat-1")" +
             more + "}}")
      .value();
}

MapOptions options(IdPolicy ids) {
  MapOptions out;
  out.ids = std::move(ids);
  out.rules = MapOptions::Rules::kTrust;
  return out;
}

TEST(Mapping, KeepsLocalIds) {
  const Mapper maps = mapper(std::string(kEncounter) + kMedication);
  const std::string bytes = record();
  const auto mapped = maps.map_record(bytes, options(IdPolicy::local()));
  ASSERT_TRUE(mapped.has_value()) << mapped.error().summary();
  EXPECT_EQ(mapped->kind, "treatment_session");
  EXPECT_EQ(mapped->record_id, "ses-1");
  EXPECT_EQ(mapped->revision, 7);
  ASSERT_EQ(mapped->resources.size(), 2U);
  const MappedResource& encounter = mapped->resources[0];
  EXPECT_EQ(mapped->body(encounter),
            R"({"resourceType":"Encounter","id":"ses-1.enc","meta":{"source":"urn:x"},)"
            R"("status":"finished","subject":{"reference":"Patient/pat-1"},)"
            R"("basedOn":[{"reference":"ServiceRequest/issued-1"}]})");
  EXPECT_EQ(encounter.owner, "pat-1");
  EXPECT_TRUE(mapped->body(encounter).substr(0, encounter.meta_offset).ends_with("\"meta\":{"));
  // A medication says nothing of a patient; it belongs to the one the record is about.
  EXPECT_EQ(mapped->resources[1].owner, "pat-1");
  ASSERT_EQ(mapped->references.size(), 1U);
  EXPECT_EQ(mapped->references[0].path, "treatment_session.patient_id");
}

TEST(Mapping, HashesIdsAndReferencesAlike) {
  const Mapper maps = mapper(kEncounter);
  const std::vector<std::uint8_t> key(32, 1);
  const IdPolicy ids = IdPolicy::hashed(key);
  const std::string bytes = record();
  const auto mapped = maps.map_record(bytes, options(ids));
  ASSERT_TRUE(mapped.has_value()) << mapped.error().summary();
  const auto hash = [&](std::string_view type, std::string_view local) {
    const auto made = ids.hash("c", type, local);
    return std::string(made.data(), made.size());
  };
  const MappedResource& encounter = mapped->resources.at(0);
  EXPECT_EQ(encounter.id, hash("Encounter", "ses-1.enc"));
  EXPECT_EQ(encounter.local_id, "ses-1.enc");
  EXPECT_EQ(encounter.owner, hash("Patient", "pat-1"));
  const auto body = fhir::json::parse(mapped->body(encounter));
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(body->root.string("id"), encounter.id);
  EXPECT_EQ(body->root.find("subject")->string("reference"), "Patient/" + hash("Patient", "pat-1"));
  // Ids of referrals are the gateway's own.
  EXPECT_EQ(body->root.find("basedOn")->items()[0].string("reference"), "ServiceRequest/issued-1");
}

TEST(Mapping, RefusesTwoResourcesOfOneId) {
  const Mapper maps = mapper(std::string(kMedication) + kMedication);
  const auto mapped = maps.map_record(record(), options(IdPolicy::local()));
  ASSERT_FALSE(mapped.has_value());
  EXPECT_TRUE(mapped.error().summary().find("M712") != std::string::npos);
}

TEST(Mapping, RefusesAResourceWithoutIdOrMeta) {
  const auto why = [](const std::string& rules) {
    const auto mapped = mapper(rules).map_record(record(), options(IdPolicy::local()));
    return mapped.has_value() ? std::string("taken") : mapped.error().summary();
  };
  EXPECT_NE(
      why("s -> bundle.entry as e, e.resource = create('Basic') as b, b.id = 'b';\n").find("M713"),
      std::string::npos);
  EXPECT_NE(why("s -> bundle.entry as e, e.resource = create('Basic') as b;\n").find("M710"),
            std::string::npos);
}

TEST(Mapping, NamesTheFieldOfAnUnmappedCode) {
  Diagnostics diagnostics;
  const std::string text =
      "/// url = 'http://kap-gateway.org/fhir/StructureMap/Record'\n/// name = 'Record'\n"
      "conceptmap \"m\" {\n  prefix s = \"urn:s\"\n  prefix t = \"urn:t\"\n  s:a - t:b\n}\n"
      "uses \"http://kap-gateway.org/fhir/StructureDefinition/clinic-Record\" alias Record as "
      "source\n"
      "uses \"http://hl7.org/fhir/StructureDefinition/Bundle\" alias Bundle as target\n"
      "group Record(source src : Record, target bundle : Bundle) {\n"
      "  src.treatmentSession as s then { s.billedServices as b then { b.code as code -> "
      "bundle.entry as e, e.resource = create('Basic') as r, r.code = translate(code, '#m', "
      "'CodeableConcept'); }; };\n}\n";
  const auto maps = Mapper::make({{.file = "t.fml", .text = text}}, {}, {}, diagnostics);
  ASSERT_TRUE(maps) << diagnostics.render();
  const auto mapped = maps->map_record(record(R"(,"billedServices":[{"code":"a"},{"code":"zz"}])"),
                                       options(IdPolicy::local()));
  ASSERT_FALSE(mapped.has_value());
  const Issue& issue = mapped.error().issues().front();
  EXPECT_EQ(issue.expression, "treatment_session.billed_services[1].code");
  EXPECT_EQ(issue.code, IssueType::kCodeInvalid);
  EXPECT_EQ(issue.diagnostics.find("zz"), std::string::npos);
}

TEST(Mapping, EachResultIsItsOwn) {
  const Mapper maps = mapper(std::string(kEncounter) + kMedication);
  const std::string bytes = record();
  const auto first = maps.map_record(bytes, options(IdPolicy::local()));
  const auto second = maps.map_record(bytes, options(IdPolicy::local()));
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(first->bytes, second->bytes);
  EXPECT_EQ(first->resources[0].id, "ses-1.enc");  // the first result is its own
}

}  // namespace
}  // namespace kap::mappings
