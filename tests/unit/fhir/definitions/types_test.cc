#include "fhir/definitions/types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "fhir/definitions/value_sets.h"

namespace kap::fhir::definitions {
namespace {

using testing::ElementsAre;

std::vector<std::string> names(std::span<const ElementDef> elements) {
  std::vector<std::string> list;
  for (const ElementDef& element : elements) list.emplace_back(element.name);
  return list;
}

const TypeDef& type(std::string_view name) {
  const TypeDef* found = find_type(name);
  if (found == nullptr) throw std::runtime_error("no type " + std::string(name));
  return *found;
}

TEST(Types, HoldsAllOfR4) {
  EXPECT_EQ(resource_types().size(), 146U);
  EXPECT_TRUE(std::ranges::is_sorted(resource_types(), {}, &TypeDef::name));
  EXPECT_EQ(std::ranges::count(all_types(), TypeKind::kPrimitive, &TypeDef::kind), 20);
  EXPECT_EQ(std::ranges::count(all_types(), TypeKind::kComplex, &TypeDef::kind), 41);
  EXPECT_EQ(find_type("NoSuchType"), nullptr);
  EXPECT_EQ(find_type(""), nullptr);
  EXPECT_EQ(find_resource_type("HumanName"), nullptr);
  EXPECT_NE(find_resource_type("Patient"), nullptr);
}

TEST(Types, PatientHasItsElementsInDeclaredOrder) {
  const TypeDef& patient = type("Patient");
  EXPECT_EQ(patient.url, "http://hl7.org/fhir/StructureDefinition/Patient");
  EXPECT_EQ(patient.base, find_type("DomainResource"));
  EXPECT_THAT(names(patient.elements),
              ElementsAre("id", "meta", "implicitRules", "language", "text", "contained",
                          "extension", "modifierExtension", "identifier", "active", "name",
                          "telecom", "gender", "birthDate", "deceased", "address", "maritalStatus",
                          "multipleBirth", "photo", "contact", "communication",
                          "generalPractitioner", "managingOrganization", "link"));
  EXPECT_EQ(find_element(patient, "text")->owner, find_type("DomainResource"));
  EXPECT_EQ(find_element(patient, "gender")->owner, &patient);
}

TEST(Types, IdsAreOfTheTypeTheyStandFor) {
  EXPECT_EQ(resolve_member(type("Patient"), "id")->type->code, "id");
  EXPECT_EQ(resolve_member(type("HumanName"), "id")->type->code, "string");
  EXPECT_EQ(resolve_member(type("Patient.contact"), "id")->type->code, "string");
  EXPECT_EQ(resolve_member(type("Extension"), "url")->type->code, "uri");
  EXPECT_EQ(resolve_member(type("Narrative"), "div")->type->type->primitive, Primitive::kXhtml);
}

TEST(Types, ChoiceMembersResolveToTheirType) {
  const TypeDef& observation = type("Observation");
  const MemberDef* value = resolve_member(observation, "valueQuantity");
  ASSERT_NE(value, nullptr);
  EXPECT_EQ(value->element->name, "value");
  EXPECT_TRUE(value->element->is_choice);
  EXPECT_EQ(value->type->type, find_type("Quantity"));
  EXPECT_EQ(resolve_member(observation, "valueDateTime")->type->code, "dateTime");
  EXPECT_EQ(resolve_member(observation, "value"), nullptr);
  EXPECT_EQ(resolve_member(observation, "valueMoney"), nullptr);
  EXPECT_EQ(resolve_member(observation, "valuequantity"), nullptr);
  EXPECT_EQ(resolve_member(observation, "resourceType"), nullptr);
  EXPECT_EQ(find_element(observation, "value"), value->element);
  EXPECT_EQ(find_element(observation, "valueQuantity"), nullptr);
  EXPECT_EQ(find_element(type("Extension"), "value")->types.size(), 50U);
}

TEST(Types, BackboneElementsAndContentReferencesLead) {
  EXPECT_EQ(resolve_member(type("Patient"), "contact")->type->type, find_type("Patient.contact"));
  EXPECT_EQ(type("Patient.contact").kind, TypeKind::kBackbone);
  EXPECT_EQ(type("Patient.contact").base, find_type("BackboneElement"));
  EXPECT_EQ(type("Timing.repeat").base, find_type("Element"));
  const MemberDef* item = resolve_member(type("Questionnaire.item"), "item");
  EXPECT_EQ(item->type->type, find_type("Questionnaire.item"));
  EXPECT_EQ(item->element->content_reference, find_type("Questionnaire.item"));
  EXPECT_EQ(item->type->code, "BackboneElement");
  EXPECT_EQ(find_type("Questionnaire.item.item"), nullptr);
  EXPECT_EQ(resolve_member(type("Observation.component"), "referenceRange")->type->type,
            find_type("Observation.referenceRange"));
}

TEST(Types, ReferencesKnowTheirTargets) {
  std::vector<std::string_view> targets;
  for (const TypeDef* target :
       resolve_member(type("Patient"), "generalPractitioner")->type->targets) {
    targets.push_back(target->name);
  }
  EXPECT_THAT(targets, ElementsAre("Organization", "Practitioner", "PractitionerRole"));
  EXPECT_TRUE(resolve_member(type("Observation"), "focus")->type->targets.empty());
  EXPECT_EQ(resolve_member(type("Range"), "low")->type->profile, "SimpleQuantity");
}

TEST(Types, CardinalityFlagsAndBinding) {
  const ElementDef& status = *find_element(type("Observation"), "status");
  EXPECT_EQ(status.min, 1);
  EXPECT_EQ(status.max, 1U);
  EXPECT_TRUE(status.is_summary);
  EXPECT_TRUE(status.is_modifier);
  EXPECT_EQ(status.binding->strength, BindingStrength::kRequired);
  EXPECT_EQ(status.binding->value_set_url, "http://hl7.org/fhir/ValueSet/observation-status");
  ASSERT_NE(status.binding->value_set, nullptr);
  EXPECT_NE(find_code(*status.binding->value_set, "final"), nullptr);
  EXPECT_TRUE(find_element(type("Patient"), "name")->is_list());
  EXPECT_EQ(find_element(type("Patient"), "name")->max, kUnbounded);
  EXPECT_EQ(find_element(type("Patient"), "name")->binding, nullptr);
  EXPECT_EQ(find_element(type("Attachment"), "contentType")->binding->value_set, nullptr);
}

TEST(Types, SubtypesKnowTheirAncestors) {
  EXPECT_TRUE(is_a(type("Age"), type("Quantity")));
  EXPECT_TRUE(is_a(type("Patient"), type("Resource")));
  EXPECT_TRUE(is_a(type("positiveInt"), type("integer")));
  EXPECT_TRUE(is_a(type("Patient"), type("Patient")));
  EXPECT_FALSE(is_a(type("Quantity"), type("Age")));
  EXPECT_FALSE(is_a(type("Bundle"), type("DomainResource")));
}

TEST(Types, EveryMemberOfEveryTypeResolvesToItself) {
  for (const TypeDef& of : all_types()) {
    std::set<std::string_view> seen;
    for (const MemberDef& member : of.members) {
      EXPECT_TRUE(seen.insert(member.name).second) << of.name << "." << member.name;
      EXPECT_EQ(resolve_member(of, member.name), &member) << of.name << "." << member.name;
      ASSERT_NE(member.type->type, nullptr);
      EXPECT_EQ(&of.elements[member.element->index], member.element);
    }
    for (const ElementDef& element : of.elements) {
      EXPECT_EQ((of.required >> element.index & 1U) != 0, element.min > 0);
    }
  }
}

TEST(ValueSets, AreFoundWithAndWithoutVersion) {
  const ValueSetDef* gender = find_value_set("http://hl7.org/fhir/ValueSet/administrative-gender");
  ASSERT_NE(gender, nullptr);
  EXPECT_EQ(find_value_set("http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1"), gender);
  EXPECT_EQ(gender->codes.size(), 4U);
  EXPECT_EQ(find_code(*gender, "female")->display, "Female");
  EXPECT_NE(find_code(*gender, "http://hl7.org/fhir/administrative-gender", "male"), nullptr);
  EXPECT_EQ(find_code(*gender, "http://example.org", "male"), nullptr);
  EXPECT_EQ(find_code(*gender, "Male"), nullptr);
  EXPECT_EQ(find_value_set("http://hl7.org/fhir/ValueSet/mimetypes"), nullptr);
}

TEST(ValueSets, HierarchiesAndImportsAreExpanded) {
  const ValueSetDef* all_types_set = find_value_set("http://hl7.org/fhir/ValueSet/all-types");
  ASSERT_NE(all_types_set, nullptr);
  EXPECT_NE(find_code(*all_types_set, "SimpleQuantity"), nullptr);  // a child of Quantity
  EXPECT_NE(find_code(*all_types_set, "Patient"), nullptr);
  EXPECT_NE(find_code(*all_types_set, "Any"), nullptr);
  const ValueSetDef* status = find_value_set("http://hl7.org/fhir/ValueSet/condition-clinical");
  ASSERT_NE(status, nullptr);
  EXPECT_NE(find_code(*status, "recurrence"), nullptr);
}

}  // namespace
}  // namespace kap::fhir::definitions
