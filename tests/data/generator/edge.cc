#include <algorithm>
#include <functional>
#include <stdexcept>

#include "tests/data/generator/patients.h"

namespace kap::synthetic {
namespace {

v1::Record last_revision(const Story& story, std::string_view id) {
  const auto found = std::find_if(story.records().rbegin(), story.records().rend(),
                                  [&](const v1::Record& r) { return r.record_id() == id; });
  if (found == story.records().rend()) throw std::logic_error("no such record");
  return *found;
}

/// The edge cases, built from the clinic's records: a copy under a new id with one thing changed.
class Cases {
 public:
  std::vector<EdgeCase> take() { return std::move(cases_); }

  void add(std::string name, std::string purpose, std::vector<v1::Record> records,
           std::vector<std::string> expected) {
    cases_.push_back(
        {std::move(name), std::move(purpose), std::move(records), std::move(expected)});
  }

  void session(std::string name, std::string purpose, const v1::Record& original,
               const std::function<void(v1::TreatmentSession&)>& change, std::string expected) {
    v1::Record record = original;
    record.set_record_id("edge-" + name.substr(0, 2));
    record.set_revision(1);
    change(*record.mutable_treatment_session());
    add(std::move(name), std::move(purpose), {record}, {std::move(expected)});
  }

 private:
  std::vector<EdgeCase> cases_;
};

void add_revisions(Cases& cases, const Story& first) {
  const v1::Record patient = last_revision(first, "pat-1");
  cases.add("01-duplicate-delivery", "A record delivered twice gets its first receipt again.",
            {patient}, {"accepted duplicate"});
  v1::Record other = patient;
  other.mutable_patient()->set_preferred_name("Noa");
  cases.add("02-revision-conflict", "The same revision with another body.", {other},
            {"refused REVISION_CONFLICT"});
  v1::Record earlier = last_revision(first, "ses-1-06");
  earlier.set_record_id("edge-03");
  earlier.set_revision(5);
  v1::Record lower = earlier;
  lower.set_revision(4);
  cases.add("03-stale-revision", "A revision below one already taken.", {earlier, lower},
            {"accepted", "refused STALE_REVISION"});
  v1::Record retracted = last_revision(first, "nte-1-dup");
  retracted.set_revision(2);
  cases.add("04-after-retraction", "A retracted record takes no further revision.", {retracted},
            {"refused RETRACTED"});
  v1::Record foreign = patient;
  foreign.set_clinic_id("kap-clinic-west");
  foreign.set_record_id("edge-05");
  cases.add("05-foreign-clinic", "A clinic that the certificate does not name.", {foreign},
            {"refused FORBIDDEN_CLINIC"});
}

void add_forms(Cases& cases, const Story& first, const v1::Record& iv) {
  v1::Record nameless = last_revision(first, "pat-1");
  nameless.set_record_id("edge-06");
  nameless.mutable_patient()->clear_mrn();
  cases.add("06-missing-field", "A required field is missing.", {nameless},
            {"refused INVALID patient.mrn required"});
  v1::Record empty = nameless;
  empty.set_record_id("edge-07");
  empty.clear_body();
  cases.add("07-no-body", "An envelope without a record.", {empty}, {"refused INVALID - required"});
  cases.session(
      "08-unknown-enum", "A status that this contract does not know.", iv,
      [](auto& s) { s.set_status(static_cast<v1::SessionStatus>(99)); },
      "refused INVALID treatment_session.status code-invalid");
  cases.session(
      "09-no-offset", "A time without its offset cannot be placed around a clock change.", iv,
      [](auto& s) { s.set_treatment_started_at("2025-11-02T01:10:00"); },
      "refused INVALID treatment_session.treatment_started_at value");
  cases.session(
      "10-exponent", "A decimal with an exponent.", iv,
      [](auto& s) { s.mutable_administrations(0)->set_dose_mg("3.4e1"); },
      "refused INVALID treatment_session.administrations[0].dose_mg value");
  cases.session(
      "11-unknown-ndc", "An NDC nobody translated.", iv,
      [](auto& s) { s.mutable_administrations(0)->mutable_drug()->set_ndc("99999-999"); },
      "refused INVALID treatment_session.administrations[0].drug.ndc code-invalid");
  cases.session(
      "12-same-item-id", "Two points of the series under one item_id.", iv,
      [](auto& s) { s.mutable_vital_signs(1)->set_item_id("v01"); },
      "refused INVALID treatment_session.vital_signs[1].item_id duplicate");
  cases.session(
      "13-dangling-item", "A device that the session does not list.", iv,
      [](auto& s) { s.mutable_administrations(0)->set_device_item_id("dev9"); },
      "refused INVALID treatment_session.administrations[0].device_item_id value");
}

void add_doses(Cases& cases, const v1::Record& iv, const v1::Record& nasal,
               const v1::Record& pain) {
  cases.session(
      "20-impossible-dose", "Micrograms written as milligrams.", iv,
      [](auto& s) {
        s.mutable_administrations(0)->set_dose_mg("34000");
        s.clear_total_dose_mg();
      },
      "refused INVALID treatment_session.administrations[0].dose_mg value");
  cases.session(
      "21-total-not-sum", "A total dose that is not what was given.", iv,
      [](auto& s) { s.set_total_dose_mg("68.0"); },
      "refused INVALID treatment_session.total_dose_mg invariant session-total-dose");
  cases.session(
      "22-rate-without-end", "A period of constant rate without an end.", iv,
      [](auto& s) { s.mutable_administrations(0)->clear_ended_at(); },
      "refused INVALID treatment_session.administrations[0].kind invariant admin-rate");
  cases.session(
      "23-esketamine-step", "Esketamine comes in devices of 28 mg.", nasal,
      [](auto& s) {
        s.mutable_administrations(0)->set_dose_mg("30");
        s.clear_total_dose_mg();
      },
      "refused INVALID treatment_session.administrations[0].dose_mg "
      "invariant admin-esketamine-nasal");
  cases.session(
      "24-witness-is-waster", "Waste witnessed by the one who destroyed it.", pain,
      [](auto& s) { s.mutable_wastes(0)->set_witnessed_by_id(kNurse); },
      "refused INVALID treatment_session.wastes[0].witnessed_by_id invariant waste-witness");
  cases.session(
      "25-hcpcs-by-date", "S0013 ended with 2025; J0013 took its place.", nasal,
      [](auto& s) { s.mutable_billed_services(0)->set_code("S0013"); },
      "refused INVALID treatment_session.billed_services invariant session-hcpcs-date");
  cases.session(
      "26-hcpcs-by-dose", "G2082 is for up to 56 mg; 84 mg were given.", nasal,
      [](auto& s) { s.mutable_billed_services(0)->set_code("G2082"); },
      "refused INVALID treatment_session.billed_services invariant session-hcpcs-dose");
  cases.session(
      "27-j3000-is-not-ketamine", "A code outside the billing codes.", iv,
      [](auto& s) { s.mutable_billed_services(1)->set_code("J3000"); },
      "refused INVALID treatment_session.billed_services[1].code code-invalid");
  cases.session(
      "28-no-rems", "A completed esketamine session without its REMS data.", nasal,
      [](auto& s) { s.clear_rems(); },
      "refused INVALID treatment_session.rems invariant session-rems");
}

void add_times(Cases& cases, const v1::Record& iv, const v1::Record& night) {
  cases.session(
      "30-dose-before-arrival", "A dose before the patient came.", iv,
      [](auto& s) { s.mutable_administrations(0)->set_started_at("2025-10-02T08:00:00-04:00"); },
      "refused INVALID treatment_session.administrations[0].started_at value");
  cases.session(
      "31-left-after-recorded", "The patient left after the record was made.", iv,
      [](auto& s) { s.set_left_at("2025-10-09T12:10:00-04:00"); },
      "refused INVALID treatment_session.left_at value");
  cases.session(
      "32-vital-after-leaving", "A vital sign after the patient left.", iv,
      [](auto& s) { s.mutable_vital_signs(12)->set_measured_at("2025-10-02T12:14:00-04:00"); },
      "refused INVALID treatment_session.vital_signs[12].measured_at value");
  cases.session(
      "33-clock-change-wrong-offset",
      "In the night clocks go back, the summer offset kept by mistake: the end lies 40 "
      "minutes before the beginning.",
      night,
      [](auto& s) {
        s.set_arrived_at("2025-11-02T01:40:00-04:00");
        s.set_left_at("2025-11-02T01:00:00-04:00");
        s.clear_treatment_started_at();
        s.clear_treatment_ended_at();
        s.clear_administrations();
        s.clear_total_dose_mg();
        s.clear_scales();
        s.clear_vital_signs();
        s.clear_discharge();
        s.set_treatment(v1::TREATMENT_PSYCHOTHERAPY_ONLY);
      },
      "refused INVALID treatment_session.left_at value");
}

void add_measurements(Cases& cases, const Story& third, const v1::Record& iv,
                      const v1::Record& pain) {
  cases.session(
      "40-celsius-as-fahrenheit", "36.8 with the unit degree Fahrenheit.", iv,
      [](auto& s) {
        s.mutable_vital_signs(0)->mutable_temperature()->set_value("36.8");
        s.mutable_vital_signs(0)->mutable_temperature()->set_unit(v1::TEMPERATURE_UNIT_FAHRENHEIT);
      },
      "refused INVALID treatment_session.vital_signs[0].temperature.value "
      "invariant temperature-range");
  cases.session(
      "41-weight-wrong-unit", "A weight of 1480 lb.", iv,
      [](auto& s) {
        s.mutable_dosing_weight()->set_value("1480");
        s.mutable_dosing_weight()->set_unit(v1::WEIGHT_UNIT_LB);
      },
      "refused INVALID treatment_session.dosing_weight.value invariant weight-range");
  cases.session(
      "42-saturation-without-reason", "Neither a saturation nor why there is none.", iv,
      [](auto& s) { s.mutable_vital_signs(3)->mutable_oxygen_saturation()->clear_value(); },
      "refused INVALID treatment_session.vital_signs[3].oxygen_saturation invariant spo2-value");
  cases.session(
      "43-saturation-over-100", "More than all of it.", iv,
      [](auto& s) { s.mutable_vital_signs(3)->mutable_oxygen_saturation()->set_value("101"); },
      "refused INVALID treatment_session.vital_signs[3].oxygen_saturation.value value");
  cases.session(
      "44-pressures-swapped", "Diastolic above systolic.", iv,
      [](auto& s) {
        auto& p = *s.mutable_vital_signs(0)->mutable_blood_pressure();
        p.set_systolic("78");
        p.set_diastolic("122");
      },
      "refused INVALID treatment_session.vital_signs[0].blood_pressure.systolic "
      "invariant bp-order");
  cases.session(
      "45-score-not-sum", "A PHQ-9 of 4 written as 14.", iv,
      [](auto& s) {
        for (auto& scale : *s.mutable_scales())
          if (scale.instrument() == v1::INSTRUMENT_PHQ_9) scale.set_total("14");
      },
      "refused INVALID treatment_session.scales[4].total value");
  cases.session(
      "46-answer-out-of-range", "A PHQ-9 item is 0 to 3.", iv,
      [](auto& s) {
        for (auto& scale : *s.mutable_scales())
          if (scale.instrument() == v1::INSTRUMENT_PHQ_9) scale.mutable_answers(0)->set_value(4);
      },
      "refused INVALID treatment_session.scales[4].answers[0].value value");
  cases.session(
      "47-moaas-negative", "MOAA/S ends at 0; -1 is a RASS.", iv,
      [](auto& s) { s.mutable_sedation_scores(1)->set_score(-1); },
      "refused INVALID treatment_session.sedation_scores[1].score invariant sedation-range");
  cases.session(
      "48-rass-five", "RASS ends at 4.", pain,
      [](auto& s) { s.mutable_sedation_scores(1)->set_score(5); },
      "refused INVALID treatment_session.sedation_scores[1].score invariant sedation-range");
  v1::Record problem = last_revision(third, "prb-3-1");
  problem.set_record_id("edge-49");
  problem.mutable_problem()->set_icd10_cm("F42");
  problem.mutable_problem()->clear_snomed_ct();
  cases.add("49-not-billable", "F42 alone is not a billable code.", {problem},
            {"refused INVALID problem.icd10_cm code-invalid"});
  problem.set_record_id("edge-50");
  problem.mutable_problem()->set_icd10_cm("F42.2");
  problem.mutable_problem()->set_treatment_resistant(true);
  cases.add("50-resistant-what", "Only a depression is treatment-resistant depression.", {problem},
            {"refused INVALID problem.treatment_resistant invariant problem-trd"});
}

void add_waiting(Cases& cases, const Story& third, const v1::Record& iv) {
  v1::Record early = iv;
  early.set_record_id("edge-60");
  early.set_revision(1);
  early.mutable_treatment_session()->set_patient_id("edge-pat-60");
  v1::Record awaited = last_revision(third, "pat-3b");
  awaited.set_record_id("edge-pat-60");
  awaited.mutable_patient()->set_mrn("E-19960");
  cases.add(
      "60-waits-for-patient",
      "A session before its patient is kept and applied when the patient arrives.",
      {early, awaited, early},
      {"refused MISSING_RECORD treatment_session.patient_id", "accepted", "accepted duplicate"});
}

}  // namespace

std::vector<EdgeCase> edge_cases() {
  const Story first = patient_1();
  const Story second = patient_2();
  const Story third = patient_3();
  const v1::Record iv = last_revision(first, "ses-1-06");
  const v1::Record nasal = last_revision(second, "ses-2-08");
  const v1::Record pain = last_revision(patient_7(), "ses-7-01");
  const v1::Record night = last_revision(patient_8(), "ses-8-03");
  Cases cases;
  add_revisions(cases, first);
  add_forms(cases, first, iv);
  add_doses(cases, iv, nasal, pain);
  add_times(cases, iv, night);
  add_measurements(cases, third, iv, pain);
  add_waiting(cases, third, iv);
  return cases.take();
}

}  // namespace kap::synthetic
