#include "tests/contract/random_resources.h"

namespace kap::gateway::store::contract {
namespace {

const std::vector<std::string> kDates = {"2023",
                                         "2024",
                                         "2024-02",
                                         "2024-02-29",
                                         "2024-03-01",
                                         "2024-03-01T10:00:00Z",
                                         "2024-03-01T10:00:00.500+02:00",
                                         "1970-01-01",
                                         "1931-07-01T00:00:00Z"};
const std::vector<std::string> kCodes = {"8480-6", "8462-4", "a", "ab", "A"};
const std::vector<std::string> kSystems = {"http://loinc.org", "urn:x", "urn:x:y"};
const std::vector<std::string> kUnits = {"mg", "g", "ug", "mm[Hg]", "{score}"};
const std::vector<std::string> kNumbers = {"0",   "1",     "1.0",   "1.00", "-3",
                                           "100", "99.99", "0.001", "1000", "5e2"};
const std::vector<std::string> kNames = {"Müller",
                                         "muller",
                                         "MULLER",
                                         "Mull",
                                         "O'Neil",
                                         "Ada Lovelace",
                                         std::string(130, 'x'),
                                         std::string(130, 'x') + "y"};
const std::vector<std::string> kPatients = {"p0", "p1", "p2", "p3"};
const std::vector<std::string> kEncounters = {"a0", "a1", "a2", "b0", "b1", "a9"};
const std::vector<std::string> kUrls = {"http://example.org/a", "http://example.org/a/b",
                                        "http://example.org/ab", "urn:oid:1.2.3"};

const std::vector<std::string> kTexts = {"Heart rate", "heart", "Rate of the héart", "x",
                                         std::string(120, 't')};

std::string coding(Dice& dice) {
  std::string out = "{";
  if (!dice.one_in(3)) out += R"("system":")" + dice.pick(kSystems) + R"(",)";
  if (dice.one_in(3)) out += R"("display":")" + dice.pick(kTexts) + R"(",)";
  return out + R"("code":")" + dice.pick(kCodes) + "\"}";
}

std::string observation(Dice& dice) {
  std::string out = R"("status":")" + dice.pick({"final", "amended", "preliminary"}) + "\"";
  if (dice.one_in(6)) {
    out += R"(,"code":{"text":")" + dice.pick(kTexts) + R"("})";
  } else {
    out +=
        R"(,"code":{"coding":[)" + coding(dice) + (dice.one_in(3) ? "," + coding(dice) : "") + "]}";
  }
  if (!dice.one_in(5)) {
    out += R"(,"subject":{"reference":")" +
           dice.pick({"Patient/p0", "Patient/p1", "Patient/p2", "Group/p1",
                      "http://example.org/fhir/Patient/p1"}) +
           R"("})";
  }
  switch (dice.up_to(4)) {
    case 0:
      out += R"(,"effectiveDateTime":")" + dice.pick(kDates) + "\"";
      break;
    case 1:
      out += R"(,"effectivePeriod":{"start":")" + dice.pick(kDates) + "\"}";
      break;
    case 2:
      out += R"(,"effectivePeriod":{"end":")" + dice.pick(kDates) + "\"}";
      break;
    default:
      break;
  }
  if (dice.one_in(3))
    out += R"(,"encounter":{"reference":"Encounter/)" + dice.pick(kEncounters) + R"("})";
  if (!dice.one_in(3)) {
    out += R"(,"valueQuantity":{"value":)" + dice.pick(kNumbers);
    if (!dice.one_in(3)) {
      const auto unit = dice.pick(kUnits);
      out += R"(,"unit":")" + unit + R"(","system":"http://unitsofmeasure.org","code":")" + unit +
             "\"";
    }
    out += "}";
  }
  return out;
}

std::string patient(Dice& dice) {
  std::string out = R"("active":)" + std::string(dice.one_in(2) ? "true" : "false");
  if (!dice.one_in(4))
    out += R"(,"birthDate":")" + dice.pick({"1980", "1980-05", "1980-05-17"}) + "\"";
  if (!dice.one_in(4)) {
    out += R"(,"name":[{"family":")" + dice.pick(kNames) + R"(","given":[")" + dice.pick(kNames) +
           "\"]}]";
  }
  if (dice.one_in(2)) {
    out += R"(,"identifier":[{"type":{"coding":[)" + coding(dice) + R"(]},"system":")" +
           dice.pick(kSystems) + R"(","value":")" + dice.pick(kCodes) + "\"}]";
  }
  if (dice.one_in(2))
    out += R"(,"generalPractitioner":[{"reference":"Practitioner/)" + dice.pick(kPatients) + "\"}]";
  return out;
}

std::string risk(Dice& dice) {
  return R"("status":"final","subject":{"reference":"Patient/)" + dice.pick(kPatients) +
         R"("},"prediction":[{"probabilityDecimal":)" +
         dice.pick({"0", "0.5", "0.50", "1", "0.333"}) + R"(}])" +
         (dice.one_in(2) ? R"(,"meta2":0)" : "");
}

std::string encounter(Dice& dice) {
  std::string out = R"("status":")" + dice.pick({"planned", "finished"}) +
                    R"(","class":{"code":"AMB"},"subject":{"reference":"Patient/)" +
                    dice.pick({"a0", "a1", "b0"}) + R"("})";
  if (dice.one_in(2))
    out += R"(,"partOf":{"reference":"Encounter/)" + dice.pick(kEncounters) + R"("})";
  if (dice.one_in(2)) {
    out += R"(,"period":{"start":"2024-0)" + std::to_string(1 + dice.up_to(3)) + R"(-01")";
    if (dice.one_in(2)) out += R"(,"end":"2024-0)" + std::to_string(4 + dice.up_to(3)) + "\"";
    out += "}";
  }
  return out;
}

std::string response(Dice& dice) {
  return R"("status":"completed","questionnaire":"http://example.org/q|)" +
         dice.pick({"1", "1.2", "1.2.3", "1.20", "2"}) +
         R"(","encounter":{"reference":"Encounter/)" + dice.pick(kEncounters) + R"("})";
}

std::pair<std::string, std::string> observation_criterion(Dice& dice) {
  const auto prefix = dice.pick({"", "", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"});
  switch (dice.up_to(19)) {
    case 12:
      return {"code:text", dice.pick({"heart", "RATE", "t", "of the", "none"})};
    case 13:
      return {"code:" + dice.pick({"in", "not-in"}), "urn:set"};
    case 14:
      return {"code:" + dice.pick({"above", "below"}), "urn:x|" + dice.pick({"a", "ab", "A"})};
    case 15:
      return {"encounter:" + dice.pick({"above", "below"}), "Encounter/" + dice.pick(kEncounters)};
    case 16:
      return {dice.pick({"encounter.status", "encounter.part-of.status", "subject:Patient.active",
                         "encounter:Encounter._has:QuestionnaireResponse:encounter:status"}),
              dice.pick({"finished", "planned", "true", "completed"})};
    case 17:
      return {"encounter.part-of:below", "Encounter/" + dice.pick(kEncounters)};
    case 18:
      return {"code:missing", dice.pick({"true", "false"})};
    case 0:
      return {"status" + dice.pick({"", "", ":not"}),
              dice.pick({"final", "amended,preliminary", "x"})};
    case 1:
      return {"code", dice.pick(kCodes)};
    case 2:
      return {"code" + dice.pick({"", ":not"}), dice.pick(kSystems) + "|" + dice.pick(kCodes)};
    case 3:
      return {"code", dice.one_in(2) ? "|" + dice.pick(kCodes) : dice.pick(kSystems) + "|"};
    case 4:
      return {"subject", dice.pick({"p1", "Patient/p1", "Patient/p0,Patient/p2", "Group/p1",
                                    "http://example.org/fhir/Patient/p1"})};
    case 5:
      return {"patient", dice.pick({"p1", "Patient/p0", "p9"})};
    case 6:
    case 7:
      return {"date", prefix + dice.pick(kDates) +
                          (dice.one_in(3) ? "," + prefix + dice.pick(kDates) : "")};
    case 8:
      return {"value-quantity", prefix + dice.pick(kNumbers)};
    case 9:
      return {"value-quantity", prefix + dice.pick(kNumbers) +
                                    (dice.one_in(2) ? "|http://unitsofmeasure.org|" : "||") +
                                    dice.pick(kUnits)};
    case 10:
      return {dice.pick({"date", "subject", "value-quantity"}) + ":missing",
              dice.pick({"true", "false"})};
    default:
      return {"code-value-quantity", dice.pick(kCodes) + "$" + prefix + dice.pick(kNumbers)};
  }
}

std::pair<std::string, std::string> encounter_criterion(Dice& dice) {
  switch (dice.up_to(5)) {
    case 0:
      return {"part-of:" + dice.pick({"above", "below"}), dice.pick(kEncounters)};
    case 1:
      return {"_has:Observation:encounter:" + dice.pick({"status", "code:not", "date"}),
              dice.pick({"final", "2024", "a"})};
    case 2:
      return {"_has:Encounter:part-of:_has:Observation:encounter:status", "final"};
    case 3:
      return {"date", dice.pick({"", "gt", "le", "ap"}) + dice.pick({"2024-02", "2024-05-01"})};
    default:
      return {"status" + dice.pick({"", ":not"}), "finished"};
  }
}

std::pair<std::string, std::string> response_criterion(Dice& dice) {
  if (dice.one_in(2))
    return {"questionnaire" + dice.pick({"", ":above", ":below"}),
            "http://example.org/q|" + dice.pick({"1", "1.2", "1.2.3", "3"})};
  return {"encounter:Encounter.status", dice.pick({"finished", "planned"})};
}

std::pair<std::string, std::string> patient_criterion(Dice& dice) {
  switch (dice.up_to(9)) {
    case 7:
      return {"identifier:of-type", "urn:x|" + dice.pick(kCodes) + "|" + dice.pick(kCodes)};
    case 8:
      return {"_has:Encounter:patient:status", dice.pick({"finished", "planned"})};
    case 0:
      return {"family", dice.pick({"mul", "Mull", "müll", "x", std::string(100, 'x'),
                                   std::string(130, 'x')})};
    case 1:
      return {dice.pick({"family", "given", "name"}) + ":exact", dice.pick(kNames)};
    case 2:
      return {"name:contains", dice.pick({"ull", "NEIL", "love", "xy", "q"})};
    case 3:
      return {"birthdate", dice.pick({"", "gt", "le", "sa", "ne"}) +
                               dice.pick({"1980", "1980-05", "1980-05-18"})};
    case 4:
      return {"identifier", dice.pick({"", "|", "urn:x|", "urn:x:y|"}) + dice.pick(kCodes)};
    case 5:
      return {"active", dice.pick({"true", "false"})};
    default:
      return {"general-practitioner" + dice.pick({"", ":missing"}), "true"};
  }
}

std::pair<std::string, std::string> risk_criterion(Dice& dice) {
  if (dice.one_in(2)) {
    return {"probability", dice.pick({"", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"}) +
                               dice.pick({"0", "0.5", "0.50", "1", "0.333", "0.3"})};
  }
  return {"subject", "Patient/" + dice.pick(kPatients)};
}

}  // namespace

const fhir::terminology::Terminology& random_terminology() {
  static const fhir::terminology::Terminology kAll = [] {
    fhir::terminology::Terminology all;
    (void)(all.add(R"({"resourceType":"CodeSystem","url":"urn:x","content":"complete",
        "concept":[{"code":"a","concept":[{"code":"ab"},{"code":"A"}]},{"code":"8480-6"}]})",
                   "system"));
    (void)(all.add(R"({"resourceType":"ValueSet","url":"urn:set","compose":{"include":[
        {"system":"urn:x","concept":[{"code":"ab"}]},
        {"system":"http://loinc.org","concept":[{"code":"8480-6"}]}]}})",
                   "set"));
    return all;
  }();
  return kAll;
}

std::string random_members(Dice& dice, const std::string& type) {
  if (type == "Observation") return observation(dice);
  if (type == "Patient") return patient(dice);
  if (type == "Encounter") return encounter(dice);
  return type == "QuestionnaireResponse" ? response(dice) : risk(dice);
}

std::pair<std::string, std::string> random_criterion(Dice& dice, const std::string& type) {
  if (type == "Observation") return observation_criterion(dice);
  if (type == "Patient") return patient_criterion(dice);
  if (type == "Encounter") return encounter_criterion(dice);
  return type == "RiskAssessment" ? risk_criterion(dice) : response_criterion(dice);
}

std::string random_sort(Dice& dice, const std::string& type) {
  const auto own = type == "Observation"
                       ? dice.pick({"date", "code", "status", "value-quantity", "subject"})
                   : type == "Patient"   ? dice.pick({"family", "birthdate", "identifier", "name"})
                   : type == "Encounter" ? dice.pick({"date", "part-of", "status"})
                   : type == "RiskAssessment" ? std::string("probability")
                                              : std::string("_id");
  const auto sign = [&] { return dice.pick({"", "-"}); };
  const auto common = dice.pick({"_id", "_lastUpdated"});
  if (dice.one_in(3)) return sign() + common;
  return dice.one_in(2) ? sign() + own : sign() + own + "," + sign() + common;
}

std::string random_encounter(Dice& dice) { return dice.pick(kEncounters); }
std::string random_url(Dice& dice) { return dice.pick(kUrls); }
std::string random_time(Dice& dice) {
  const auto value = [&dice] {
    return dice.pick({"", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"}) +
           dice.pick({"2023", "2023-11", "2023-11-15", "2023-11-17", "2023-11-20T05:00:00Z",
                      "2023-11-22", "2024"});
  };
  return dice.one_in(4) ? value() + "," + value() : value();
}

}  // namespace kap::gateway::store::contract
