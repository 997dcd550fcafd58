#include "fhir/definitions/search_parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fhir/definitions/compartments.h"
#include "fhir/definitions/profiles.h"

namespace kap::fhir::definitions {
namespace {

using testing::ElementsAre;

TEST(SearchParameters, AreFoundByTypeAndCode) {
  const SearchParameterDef* birthdate = find_search_parameter("Patient", "birthdate");
  ASSERT_NE(birthdate, nullptr);
  EXPECT_EQ(birthdate->type, SearchType::kDate);
  EXPECT_EQ(birthdate->url, "http://hl7.org/fhir/SearchParameter/individual-birthdate");
  EXPECT_THAT(birthdate->bases, ElementsAre("Patient", "Person", "RelatedPerson"));
  EXPECT_EQ(find_search_parameter("Person", "birthdate"), birthdate);
  EXPECT_EQ(find_search_parameter_by_url(birthdate->url), birthdate);
  EXPECT_EQ(find_search_parameter("Patient", "nothing"), nullptr);
  EXPECT_EQ(find_search_parameter("HumanName", "birthdate"), nullptr);
  EXPECT_EQ(find_search_parameter("", ""), nullptr);
  EXPECT_EQ(to_code(SearchType::kComposite), "composite");
}

TEST(SearchParameters, EveryTypeHasTheCommonOnes) {
  for (const char* code :
       {"_id", "_lastUpdated", "_tag", "_profile", "_security", "_source", "_text", "_content"}) {
    EXPECT_NE(find_search_parameter("Observation", code), nullptr) << code;
  }
  EXPECT_NE(find_search_parameter("Bundle", "_id"), nullptr);
  EXPECT_EQ(find_search_parameter("Bundle", "_text"), nullptr);  // no DomainResource
  EXPECT_EQ(find_search_parameter("Patient", "_id")->expression, "Resource.id");
}

TEST(SearchParameters, IdsAreTheirPlaces) {
  const auto all = all_search_parameters();
  EXPECT_EQ(all.size(), 1387U);
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].id, i);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &SearchParameterDef::url));
}

TEST(SearchParameters, CompositesKnowTheirComponents) {
  const SearchParameterDef* composite = find_search_parameter("Observation", "code-value-quantity");
  ASSERT_NE(composite, nullptr);
  EXPECT_EQ(composite->type, SearchType::kComposite);
  ASSERT_EQ(composite->components.size(), 2U);
  EXPECT_EQ(composite->components[0].parameter->code, "code");
  EXPECT_EQ(composite->components[0].expression, "code");
  EXPECT_EQ(composite->components[1].parameter->code, "value-quantity");
}

TEST(SearchParameters, AListOfAllTypesMeansAny) {
  EXPECT_TRUE(find_search_parameter("ActivityDefinition", "composed-of")->targets.empty());
  EXPECT_THAT(find_search_parameter("Account", "owner")->targets, ElementsAre("Organization"));
}

TEST(SearchParameters, CodesAreUniqueWithinAType) {
  for (const char* type : {"Patient", "Condition", "Observation", "Encounter", "Bundle"}) {
    const auto list = search_parameters(type);
    EXPECT_EQ(std::ranges::adjacent_find(list, {}, [](const auto* p) { return p->code; }),
              list.end())
        << type;
  }
}

TEST(Compartments, NameTheParametersThatPutAResourceIn) {
  EXPECT_EQ(all_compartments().size(), 5U);
  EXPECT_THAT(compartment_parameters("Patient", "Observation"),
              ElementsAre("subject", "performer"));
  EXPECT_THAT(compartment_parameters("Patient", "AllergyIntolerance"),
              ElementsAre("patient", "recorder", "asserter"));
  EXPECT_TRUE(compartment_parameters("Patient", "Medication").empty());
  EXPECT_TRUE(compartment_parameters("Nobody", "Observation").empty());
  EXPECT_EQ(find_compartment("patient"), nullptr);
}

TEST(Compartments, EveryParameterExists) {
  for (const CompartmentDef& compartment : all_compartments()) {
    for (const CompartmentMember& member : compartment.members) {
      for (const std::string_view code : member.parameters) {
        EXPECT_TRUE(code == "{def}" || find_search_parameter(member.resource_type, code) != nullptr)
            << compartment.code << " " << member.resource_type << " " << code;
      }
    }
  }
}

TEST(Profiles, AreKnownByUrl) {
  const ProfileDef* patient =
      find_profile("http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient");
  ASSERT_NE(patient, nullptr);
  EXPECT_EQ(patient->type, "Patient");
  EXPECT_EQ(patient->version, "6.1.0");
  EXPECT_EQ(patient->package, "hl7.fhir.us.core#6.1.0");
  EXPECT_EQ(find_profile("http://hl7.org/fhir/StructureDefinition/vitalsigns")->type,
            "Observation");
  EXPECT_EQ(find_profile("http://example.org/nothing"), nullptr);
}

}  // namespace
}  // namespace kap::fhir::definitions
