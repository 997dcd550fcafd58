#include "fhir/validate/structure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/parse.h"

namespace kap::fhir::validate {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

json::Document parse(std::string_view text) {
  auto document = json::parse(text);
  if (!document) throw std::runtime_error(document.error().summary());
  return *std::move(document);
}

std::vector<std::string> findings(std::string_view text, const Options& options = {}) {
  const json::Document document = parse(text);
  std::vector<std::string> list;
  for (const Issue& issue : validate_structure(document.root, options)) {
    list.push_back(std::string(to_code(issue.code)) + " " + issue.expression);
  }
  return list;
}

struct Breakage {
  const char* json;
  const char* finding;  // the one there must be: code and expression
};

class Breakages : public testing::TestWithParam<Breakage> {};

TEST_P(Breakages, AreFoundAtTheirPlaceAndNothingElse) {
  EXPECT_THAT(findings(GetParam().json), testing::ElementsAre(GetParam().finding))
      << GetParam().json;
}

// What a Patient, an Observation and an Extension need around the broken part.
#define PATIENT(x) R"({"resourceType":"Patient",)" x "}"
#define OBSERVATION(x) \
  R"({"resourceType":"Observation","status":"final","code":{"text":"x"},)" x "}"
#define EXTENSION(x) PATIENT(R"("extension":[{"url":"http://x.org/e",)" x "}]")
#define XHTML(x) PATIENT(R"("text":{"status":"generated","div":")" x "\"}")
#define DIV(x) XHTML(R"(<div xmlns=\"http://www.w3.org/1999/xhtml\">)" x "</div>")

INSTANTIATE_TEST_SUITE_P(
    Resources, Breakages,
    testing::Values(
        Breakage{R"([])", "structure Resource"}, Breakage{R"("Patient")", "structure Resource"},
        Breakage{R"({})", "required Resource.resourceType"},
        Breakage{R"({"resourceType":"Pacient"})", "structure Resource.resourceType"},
        Breakage{R"({"resourceType":"DomainResource"})", "structure Resource.resourceType"},
        Breakage{R"({"resourceType":"HumanName"})", "structure Resource.resourceType"},
        Breakage{R"({"resourceType":["Patient"]})", "structure Resource.resourceType"},
        Breakage{R"({"resourceType":"Bundle","type":"batch","entry":[{"resource":{"id":"a"}}]})",
                 "required Bundle.entry[0].resource.resourceType"},
        Breakage{R"({"resourceType":"Bundle","type":"batch","entry":[{"resource":[]}]})",
                 "structure Bundle.entry[0].resource"},
        Breakage{R"({"resourceType":"Parameters","parameter":[{"name":"a","resource":)"
                 R"({"resourceType":"Patient","sex":"male"}}]})",
                 "structure Parameters.parameter[0].resource.sex"},
        Breakage{PATIENT(R"("contained":[{"resourceType":"Patient","id":"a","birthDate":"x"}])"),
                 "value Patient.contained[0].birthDate"},
        Breakage{PATIENT(R"("contained":[{"resourceType":"Organization","name":"x"}])"),
                 "required Patient.contained[0].id"},
        Breakage{PATIENT(R"("contained":[{"resourceType":"Basic","id":"a","code":{"text":"x"}},)"
                         R"({"resourceType":"Organization","id":"a"}])"),
                 "duplicate Patient.contained[1].id"},
        Breakage{PATIENT(R"("contained":[{"resourceType":"Organization","id":"a","contained":)"
                         R"([{"resourceType":"Organization","id":"b"}]}])"),
                 "invariant Patient.contained[0].contained"}));

INSTANTIATE_TEST_SUITE_P(
    Members, Breakages,
    testing::Values(
        Breakage{PATIENT(R"("foo":1)"), "structure Patient.foo"},
        Breakage{PATIENT(R"("birthdate":"2000-01-01")"), "structure Patient.birthdate"},
        Breakage{PATIENT(R"("not a name":1)"), "structure Patient"},
        Breakage{PATIENT(R"("name":[{"given":["A"],"resourceType":"HumanName"}])"),
                 "structure Patient.name[0].resourceType"},
        Breakage{PATIENT(R"("contact":[{"name":{"text":"a"}},{"gendre":"male"}])"),
                 "structure Patient.contact[1].gendre"},
        Breakage{PATIENT(R"("name":{"text":"a"})"), "structure Patient.name"},
        Breakage{PATIENT(R"("gender":["male"])"), "structure Patient.gender"},
        Breakage{PATIENT(R"("name":[])"), "structure Patient.name"},
        Breakage{PATIENT(R"("name":[[{"text":"a"}]])"), "structure Patient.name[0]"},
        Breakage{PATIENT(R"("name":[null])"), "structure Patient.name[0]"},
        Breakage{PATIENT(R"("gender":null)"), "structure Patient.gender"},
        Breakage{PATIENT(R"("name":[{}])"), "invariant Patient.name[0]"},
        Breakage{PATIENT(R"("name":[{"id":"a"}])"), "invariant Patient.name[0]"},
        Breakage{PATIENT(R"("maritalStatus":{})"), "invariant Patient.maritalStatus"},
        Breakage{PATIENT(R"("maritalStatus":"M")"), "structure Patient.maritalStatus"},
        Breakage{PATIENT(R"("communication":[{"preferred":true}])"),
                 "required Patient.communication[0].language"},
        Breakage{R"({"resourceType":"Observation","status":"final"})", "required Observation.code"},
        Breakage{OBSERVATION(R"("component":[{"valueInteger":1}])"),
                 "required Observation.component[0].code"},
        Breakage{OBSERVATION(R"("value":"x")"), "structure Observation.value"},
        Breakage{OBSERVATION(R"("valueMoney":{"value":1})"), "structure Observation.valueMoney"},
        Breakage{OBSERVATION(R"("valueString":"a","valueInteger":1)"),
                 "structure Observation.valueInteger"},
        Breakage{OBSERVATION(R"("valueString":"a","_valueInteger":{"id":"a"})"),
                 "structure Observation.valueInteger"},
        Breakage{OBSERVATION(R"("valueQuantity":{"value":"1"})"),
                 "structure Observation.value.ofType(Quantity).value"},
        Breakage{R"({"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":)"
                 R"("group","item":[{"linkId":"1.1","typ":"x","type":"string"}]}]})",
                 "structure Questionnaire.item[0].item[0].typ"}));

INSTANTIATE_TEST_SUITE_P(
    Primitives, Breakages,
    testing::Values(
        Breakage{PATIENT(R"("active":"true")"), "structure Patient.active"},
        Breakage{PATIENT(R"("active":1)"), "structure Patient.active"},
        Breakage{PATIENT(R"("id":"a b")"), "value Patient.id"},
        Breakage{PATIENT(R"("id":12)"), "structure Patient.id"},
        Breakage{PATIENT(R"("birthDate":"2001-02-29")"), "value Patient.birthDate"},
        Breakage{PATIENT(R"("birthDate":"2001-2-3")"), "value Patient.birthDate"},
        Breakage{PATIENT(R"("birthDate":20010203)"), "structure Patient.birthDate"},
        Breakage{PATIENT(R"("deceasedDateTime":"2001-02-03T10:00")"),
                 "value Patient.deceased.ofType(dateTime)"},
        Breakage{PATIENT(R"("deceasedDateTime":"2001-02-03T10:00:00")"),
                 "value Patient.deceased.ofType(dateTime)"},
        Breakage{PATIENT(R"("multipleBirthInteger":1.0)"),
                 "value Patient.multipleBirth.ofType(integer)"},
        Breakage{PATIENT(R"("multipleBirthInteger":2147483648)"),
                 "value Patient.multipleBirth.ofType(integer)"},
        Breakage{PATIENT(R"("language":" en")"), "value Patient.language"},
        Breakage{PATIENT(R"("name":[{"text":""}])"), "value Patient.name[0].text"},
        Breakage{PATIENT(R"("name":[{"text":" \n "}])"), "value Patient.name[0].text"},
        Breakage{PATIENT(R"("name":[{"text":"a\u0000b"}])"), "value Patient.name[0].text"},
        Breakage{PATIENT(R"("name":[{"given":["a",1]}])"), "structure Patient.name[0].given[1]"},
        Breakage{PATIENT(R"("implicitRules":"http://x.org/a b")"), "value Patient.implicitRules"},
        Breakage{PATIENT(R"("meta":{"lastUpdated":"2020-01-01"})"),
                 "value Patient.meta.lastUpdated"},
        Breakage{PATIENT(R"("meta":{"profile":["http://x.org/a","http://x.org/ b"]})"),
                 "value Patient.meta.profile[1]"},
        Breakage{PATIENT(R"("photo":[{"data":"QUJ"}])"), "value Patient.photo[0].data"},
        Breakage{PATIENT(R"("photo":[{"data":"QU=J"}])"), "value Patient.photo[0].data"},
        Breakage{PATIENT(R"("photo":[{"size":-1}])"), "value Patient.photo[0].size"},
        Breakage{PATIENT(R"("telecom":[{"rank":0}])"), "value Patient.telecom[0].rank"},
        Breakage{EXTENSION(R"("valueUuid":"urn:uuid:C757873D-EC9A-4326-A141-556F43239520")"),
                 "value Patient.extension[0].value.ofType(uuid)"},
        Breakage{EXTENSION(R"("valueOid":"urn:oid:3.1")"),
                 "value Patient.extension[0].value.ofType(oid)"},
        Breakage{EXTENSION(R"("valueTime":"24:00:00")"),
                 "value Patient.extension[0].value.ofType(time)"},
        Breakage{EXTENSION(R"("valueDecimal":"1.0")"),
                 "structure Patient.extension[0].value.ofType(decimal)"}));

INSTANTIATE_TEST_SUITE_P(
    Siblings, Breakages,
    testing::Values(
        Breakage{PATIENT(R"("_foo":{"id":"a"})"), "structure Patient._foo"},
        Breakage{PATIENT(R"("_name":[{"id":"a"}])"), "structure Patient._name"},
        Breakage{PATIENT(R"("_gender":"x")"), "structure Patient.gender"},
        Breakage{PATIENT(R"("_gender":null)"), "structure Patient.gender"},
        Breakage{PATIENT(R"("_gender":{})"), "invariant Patient.gender"},
        Breakage{PATIENT(R"("_gender":{"id":"a"})"), "invariant Patient.gender"},
        Breakage{PATIENT(R"("_gender":[{"id":"a"}])"), "structure Patient.gender"},
        Breakage{PATIENT(R"("gender":"male","_gender":{"value":"a"})"),
                 "structure Patient.gender.value"},
        Breakage{PATIENT(R"("gender":"male","_gender":{"extension":[{"valueCode":"x"}]})"),
                 "required Patient.gender.extension[0].url"},
        Breakage{PATIENT(R"("name":[{"given":["a","b"],"_given":[{"id":"a"}]}])"),
                 "structure Patient.name[0].given"},
        Breakage{PATIENT(R"("name":[{"given":["a"],"_given":{"id":"a"}}])"),
                 "structure Patient.name[0].given"},
        Breakage{PATIENT(R"("name":[{"given":["a",null],"_given":[{"id":"a"},null]}])"),
                 "structure Patient.name[0].given[1]"},
        Breakage{PATIENT(R"("name":[{"given":["a",null]}])"), "structure Patient.name[0].given[1]"},
        Breakage{PATIENT(R"("name":[{"_given":[null]}])"), "structure Patient.name[0].given[0]"},
        Breakage{XHTML(R"(<div xmlns=\"http://www.w3.org/1999/xhtml\">a</div>","_div":)"
                       R"({"extension":[{"url":"http://x","valueCode":"a"}]},"id":"x)"),
                 "structure Patient.text.div"}));

INSTANTIATE_TEST_SUITE_P(
    Rules, Breakages,
    testing::Values(
        Breakage{PATIENT(R"("gender":"Male")"), "code-invalid Patient.gender"},
        Breakage{PATIENT(R"("contact":[{"gender":"m"}])"),
                 "code-invalid Patient.contact[0].gender"},
        Breakage{PATIENT(R"("name":[{"use":"first"}])"), "code-invalid Patient.name[0].use"},
        Breakage{R"({"resourceType":"Observation","status":"done","code":{"text":"x"}})",
                 "code-invalid Observation.status"},
        Breakage{R"({"resourceType":"Condition","subject":{"display":"x"},"clinicalStatus":)"
                 R"({"coding":[{"system":"http://x.org","code":"active"}]}})",
                 "code-invalid Condition.clinicalStatus"},
        Breakage{R"({"resourceType":"Condition","subject":{"display":"x"},"clinicalStatus":)"
                 R"({"text":"active"}})",
                 "code-invalid Condition.clinicalStatus"},
        Breakage{EXTENSION(R"("valueCode":"a","extension":[{"url":"b","valueCode":"c"}])"),
                 "invariant Patient.extension[0]"},
        Breakage{PATIENT(R"("extension":[{"url":"http://x.org/e"}])"),
                 "invariant Patient.extension[0]"},
        Breakage{PATIENT(R"("managingOrganization":{"reference":"Patient/1"})"),
                 "invalid Patient.managingOrganization.reference"},
        Breakage{PATIENT(R"("managingOrganization":{"reference":"Organisation/1"})"),
                 "value Patient.managingOrganization.reference"},
        Breakage{PATIENT(R"("managingOrganization":{"reference":"Organization"})"),
                 "value Patient.managingOrganization.reference"},
        Breakage{PATIENT(R"("managingOrganization":{"reference":"Organization/a b"})"),
                 "value Patient.managingOrganization.reference"},
        Breakage{PATIENT(R"("managingOrganization":{"reference":"Organization/1/_history/"})"),
                 "value Patient.managingOrganization.reference"},
        Breakage{PATIENT(R"("managingOrganization":{"reference":"Organization/1/2"})"),
                 "value Patient.managingOrganization.reference"},
        Breakage{PATIENT(R"("managingOrganization":{"reference":"#a"})"),
                 "not-found Patient.managingOrganization.reference"},
        Breakage{PATIENT(R"("contained":[{"resourceType":"Patient","id":"a"}],)"
                         R"("managingOrganization":{"reference":"#a"})"),
                 "invalid Patient.managingOrganization.reference"},
        Breakage{PATIENT(R"("managingOrganization":{"type":"Patient","display":"x"})"),
                 "invalid Patient.managingOrganization.type"},
        Breakage{PATIENT(R"("generalPractitioner":[{"type":"Practitioner","reference":)"
                         R"("Organization/1"}])"),
                 "invalid Patient.generalPractitioner[0].type"},
        Breakage{OBSERVATION(R"("referenceRange":[{"low":{"value":1,"comparator":"<"}}])"),
                 "invariant Observation.referenceRange[0].low.comparator"}));

INSTANTIATE_TEST_SUITE_P(
    Narratives, Breakages,
    testing::Values(Breakage{XHTML("text"), "invariant Patient.text.div"},
                    Breakage{XHTML("<p>text</p>"), "invariant Patient.text.div"},
                    Breakage{XHTML("<div>text</div>"), "invariant Patient.text.div"},
                    Breakage{DIV(" "), "invariant Patient.text.div"},
                    Breakage{DIV("<p>a"), "invariant Patient.text.div"},
                    Breakage{DIV("<b><i>a</b></i>"), "invariant Patient.text.div"},
                    Breakage{DIV("<script>a</script>"), "invariant Patient.text.div"},
                    Breakage{DIV("<iframe src='x'/>a"), "invariant Patient.text.div"},
                    Breakage{DIV("<p onclick='a()'>a</p>"), "invariant Patient.text.div"},
                    Breakage{DIV("<a href='JavaScript:a()'>a</a>"), "invariant Patient.text.div"},
                    Breakage{DIV("<a href='java&#115;cript:a()'>a</a>"),
                             "invariant Patient.text.div"},
                    Breakage{DIV("a & b"), "invariant Patient.text.div"},
                    Breakage{DIV("<p class=a>a</p>"), "invariant Patient.text.div"},
                    Breakage{DIV("<!DOCTYPE a>a"), "invariant Patient.text.div"},
                    Breakage{DIV("a</div><div>b"), "invariant Patient.text.div"},
                    Breakage{DIV("<!-- a"), "invariant Patient.text.div"}));

class Accepted : public testing::TestWithParam<const char*> {};

TEST_P(Accepted, HasNoFindings) { EXPECT_THAT(findings(GetParam()), IsEmpty()) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(
    All, Accepted,
    testing::Values(
        R"({"resourceType":"Patient"})", R"({"id":"a-1.b","resourceType":"Patient"})",
        PATIENT(R"("_birthDate":{"extension":[{"url":"http://x.org","valueCode":"a"}]})"),
        PATIENT(R"("gender":"male","_gender":{"id":"a"})"),
        PATIENT(R"("name":[{"given":[null,"b"],"_given":[{"extension":[{"url":"x",)"
                R"("valueCode":"a"}]},null]}])"),
        PATIENT(R"("name":[{"_given":[{"extension":[{"url":"x","_valueCode":{"extension":)"
                R"([{"url":"y","valueBoolean":false}]}}]}]}])"),
        PATIENT(
            R"("contained":[{"resourceType":"Organization","id":"a","partOf":{"reference":"#b"}},)"
            R"({"resourceType":"Organization","id":"b"}],"managingOrganization":{"reference":"#a"})"),
        PATIENT(R"("contained":[{"resourceType":"Observation","id":"a","status":"final",)"
                R"("code":{"text":"x"},"subject":{"reference":"#"}}])"),
        PATIENT(R"("managingOrganization":{"reference":"urn:uuid:0"})"),
        PATIENT(R"("managingOrganization":{"reference":"https://x.org/fhir/Patient/1"})"),
        PATIENT(R"("managingOrganization":{"reference":"Organization/1/_history/2"})"),
        PATIENT(R"("managingOrganization":{"reference":"Organization?identifier=http://x|1"})"),
        PATIENT(R"("managingOrganization":{"identifier":{"value":"1"}})"),
        PATIENT(R"("deceasedDateTime":"2020-02-29T23:59:60.123456789-13:59")"),
        OBSERVATION(R"("valueQuantity":{"value":1.00,"comparator":"<"})"),
        OBSERVATION(R"("valueQuantity":{"value":-1.5e-7},"focus":[{"reference":"Device/1"}])"),
        R"({"resourceType":"Observation","_status":{"extension":[{"url":"http://x.org",)"
        R"("valueCode":"a"}]},"code":{"text":"x"}})",
        R"({"resourceType":"Condition","subject":{"display":"x"},"clinicalStatus":{"coding":[)"
        R"({"system":"http://x.org","code":"a"},{"system":)"
        R"("http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}})",
        R"({"resourceType":"Binary","contentType":"image/png","data":"QUJDRA=="})",
        DIV("<p style='a'>a &lt; b &#160;<br/><img src='a.png' alt=''/></p><!-- c -->")));

TEST(Structure, EveryFindingIsReportedUpToTheLimit) {
  const char* text = PATIENT(R"("a":1,"b":2,"c":3,"d":4)");
  EXPECT_EQ(findings(text).size(), 4U);
  const json::Document document = parse(text);
  const auto issues = validate_structure(document.root, {.max_issues = 2});
  ASSERT_EQ(issues.size(), 2U);
  EXPECT_THAT(issues.back().diagnostics, HasSubstr("checking stopped here"));
}

TEST(Structure, SaysWhatWouldBeRightWithoutTheValue) {
  const auto first = [](std::string_view text) {
    const json::Document document = parse(text);
    return validate_structure(document.root).at(0).diagnostics;
  };
  EXPECT_EQ(first(PATIENT(R"("gender":"Zorro")")), "must be one of male, female, other, unknown");
  EXPECT_THAT(first(PATIENT(R"("birthdate":"2000")")), HasSubstr("did you mean birthDate?"));
  EXPECT_THAT(first(OBSERVATION(R"("value":1)")), HasSubstr("valueQuantity"));
  EXPECT_THAT(first(PATIENT(R"("birthDate":"Zorro")")), HasSubstr("YYYY-MM-DD"));
  EXPECT_THAT(first(PATIENT(R"("managingOrganization":{"reference":"Patient/Zorro"})")),
              HasSubstr("refers to a Patient, but takes Organization"));
  EXPECT_THAT(first(PATIENT(R"("Zorro was here":1)")), Not(HasSubstr("Zorro")));
}

TEST(Structure, DepthIsBounded) {
  json::Document document;
  json::Value inner = document.object();
  document.add(inner, "url", document.string("http://x.org"));
  document.add(inner, "valueBoolean", json::Value(true));
  for (int i = 0; i < 100'000; ++i) {
    json::Value outer = document.object();
    json::Value list = document.array();
    document.append(list, inner);
    document.add(outer, "url", document.string("http://x.org"));
    document.add(outer, "extension", list);
    inner = outer;
  }
  const auto issues = validate_structure(inner, *definitions::find_type("Extension"));
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].code, IssueType::kTooCostly);
}

std::string many_contained(std::size_t count, std::string_view referred) {
  std::string text = R"({"resourceType":"Patient","contained":[)";
  for (std::size_t i = 0; i < count; ++i) {
    text += R"({"resourceType":"Organization","id":"o)" + std::to_string(i) + R"(","name":"x"},)";
  }
  text.back() = ']';
  return text + R"(,"managingOrganization":{"reference":"#)" + std::string(referred) + "\"}}";
}

TEST(Structure, ManyContainedResourcesAreFoundToo) {
  EXPECT_THAT(findings(many_contained(100, "o99")), IsEmpty());
  EXPECT_THAT(findings(many_contained(100, "o100")),
              testing::ElementsAre("not-found Patient.managingOrganization.reference"));
  std::string twice = many_contained(100, "o1");
  twice.replace(twice.find("\"o7\""), 4, "\"o5\"");
  EXPECT_THAT(findings(twice), testing::ElementsAre("duplicate Patient.contained[7].id"));
}

TEST(Structure, CraftedInputStaysLinear) {
  // Each of these takes minutes where a list is searched for each of its items.
  EXPECT_THAT(findings(many_contained(50'000, "o1")), IsEmpty());
  std::string nulls = R"({"resourceType":"Patient","name":[{"given":[null)";
  for (int i = 0; i < 50'000; ++i) nulls += ",null";
  nulls += "],\"_given\":[{\"id\":\"a\"}";
  for (int i = 0; i < 50'000; ++i)
    nulls += ",{\"extension\":[{\"url\":\"a\",\"valueCode\":\"b\"}]}";
  nulls += "]}]}";
  EXPECT_THAT(findings(nulls), testing::ElementsAre("invariant Patient.name[0].given[0]"));
}

TEST(Structure, PartsCanBeCheckedAlone) {
  const json::Document document = parse(R"({"start":"2020","end":"x"})");
  const auto issues = validate_structure(document.root, *definitions::find_type("Period"));
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].expression, "Period.end");
  const json::Document reference = parse(R"({"reference":"#a"})");
  EXPECT_THAT(validate_structure(reference.root, *definitions::find_type("Reference")), IsEmpty());
  const json::Document code = parse(R"("a  b")");
  EXPECT_EQ(validate_structure(code.root, *definitions::find_type("code"))[0].expression, "code");
}

TEST(Structure, DuplicateMembersOfABuiltTreeAreFound) {
  json::Document document;
  document.root = document.object();
  document.add(document.root, "resourceType", document.string("Patient"));
  document.add(document.root, "active", json::Value(true));
  document.add(document.root, "active", json::Value(false));
  const auto issues = validate_structure(document.root);
  ASSERT_EQ(issues.size(), 1U);
  EXPECT_EQ(issues[0].code, IssueType::kDuplicate);
}

TEST(Structure, LocalReferencesCanBeLeftToTheCaller) {
  EXPECT_THAT(findings(PATIENT(R"("managingOrganization":{"reference":"#a"})"),
                       {.local_references = LocalReferences::kIgnore}),
              IsEmpty());
}

}  // namespace
}  // namespace kap::fhir::validate
