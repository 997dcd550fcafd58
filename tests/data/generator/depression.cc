// Patients 1, 2, 3 and 6: depression, treatment-resistant, suicidal, bipolar.
#include <fmt/format.h>

#include <array>

#include "tests/data/generator/patients.h"

namespace kap::synthetic {
namespace {

using std::chrono::days;

void order_infusion(Story& story, Instant time, int count) {
  v1::MedicationOrder& order =
      story.order(time, drug("ketamine 50 mg/mL injection", "6130"), v1::ROUTE_INTRAVENOUS,
                  "0.5 mg/kg intravenously over 40 minutes, twice a week.");
  order.mutable_rate()->set_value("0.75");
  order.mutable_rate()->set_unit(v1::INFUSION_RATE_UNIT_MG_PER_KG_PER_H);
  order.set_duration_minutes(40);
  order.mutable_frequency()->set_times(2);
  order.mutable_frequency()->set_per(1);
  order.mutable_frequency()->set_per_unit(v1::PERIOD_UNIT_WEEK);
  order.set_dose_count(count);
}

Session infusion(Story& story, const SessionInput& input, const std::string& dose,
                 const std::string& lot) {
  Session session(story, v1::TREATMENT_KETAMINE_INTRAVENOUS, input);
  session.device(v1::DEVICE_KIND_SYRINGE_PUMP, "Synthetic Devices", "SP-1");
  session.device(v1::DEVICE_KIND_PATIENT_MONITOR, "Synthetic Devices", "PM-2");
  session.infuse(ketamine(lot), dose, "0.75", 0, 40);
  session.total(dose, "0.50");
  session.scale(v1::INSTRUMENT_CADSS_6, 0, v1::DOSE_TIMING_BEFORE_DOSE, -5);
  session.scale(v1::INSTRUMENT_CADSS_6, input.dissociation_peak, v1::DOSE_TIMING_DURING, 40);
  session.scale(v1::INSTRUMENT_CADSS_6, 1, v1::DOSE_TIMING_AFTER_DOSE, 90);
  session.scale(v1::INSTRUMENT_BPRS_4, 1, v1::DOSE_TIMING_DURING, 40);
  session.bill(v1::BILLING_SYSTEM_CPT, "96365", 1);
  session.bill(v1::BILLING_SYSTEM_HCPCS, "J3490", 1);
  session.discharge();
  return session;
}

void esketamine_session(Story& story, int number, Instant arrival, int devices, int madrs) {
  Session session(story, v1::TREATMENT_ESKETAMINE_NASAL,
                  {.number = number,
                   .arrives_at = arrival,
                   .dose_after = 20,
                   .treatment = 5 * (devices - 1),
                   .stay = 150,
                   .vitals_every = 40,
                   .recovery_every = 40,
                   .before = {128, 80},
                   .peak = {156, 94},
                   .after = {132, 82},
                   .heart_rate = 70,
                   .weight = number == 1 ? "91.5" : "",
                   .temperature = "98.2",
                   .temperature_unit = v1::TEMPERATURE_UNIT_FAHRENHEIT});
  session.device(v1::DEVICE_KIND_NASAL_SPRAY_DEVICE, "Synthetic Devices", "");
  for (int device = 0; device < devices; ++device) {
    v1::Drug kit = drug("esketamine 28 mg nasal spray (Spravato)", "2119365");
    kit.set_ndc(devices == 2 ? "50458-028-02" : "50458-028-03");
    kit.set_lot_number(fmt::format("SYNSP{:02}", number));
    kit.set_form(v1::DRUG_FORM_NASAL_SPRAY);
    v1::Administration& spray = session.bolus(kit, "28", v1::ROUTE_NASAL, 5 * device);
    spray.set_site(v1::BODY_SITE_NOSTRIL);
    spray.set_device_item_id("dev1");
    spray.set_self_administered(true);
  }
  session.total(devices == 2 ? "56" : "84", "");
  if (madrs > 0) session.scale(v1::INSTRUMENT_MADRS, madrs, v1::DOSE_TIMING_BEFORE_DOSE, -10);
  session.scale(v1::INSTRUMENT_CADSS_6, 7, v1::DOSE_TIMING_AFTER_DOSE, 40);
  if (number == 8)  // another payer from then on: the drug is in the visit's code
    session.bill(v1::BILLING_SYSTEM_HCPCS, "G2083", 1);
  else
    session.bill(v1::BILLING_SYSTEM_HCPCS,
                 session.body().arrived_at().starts_with("2025") ? "S0013" : "J0013", 28 * devices);
  v1::RemsMonitoring& rems = *session.body().mutable_rems();
  rems.set_benzodiazepines(false);
  rems.set_sedative_hypnotics(false);
  rems.set_psychostimulants(false);
  rems.set_maois(false);
  rems.set_opioids(false);
  rems.set_minutes_monitored(125);
  for (const auto& [reading, systolic, diastolic] :
       {std::tuple{rems.mutable_blood_pressure_before(), "128", "80"},
        std::tuple{rems.mutable_blood_pressure_at_40_min(), "156", "94"},
        std::tuple{rems.mutable_blood_pressure_at_end(), "132", "82"}}) {
    reading->set_systolic(systolic);
    reading->set_diastolic(diastolic);
  }
  rems.set_vitals_acceptable_before(true);
  rems.set_vitals_acceptable_at_end(true);
  rems.set_sedation(false);
  rems.set_dissociation(true);
  rems.set_respiratory_depression(false);
  rems.set_serious_adverse_event(false);
  rems.set_submitted_on(day_of(story.zone(), arrival + days{2}));
  session.discharge();
}

void finish_with_report(Story& story) {
  const Instant finished = at(kEastern, 2025, 10, 3, 9, 0);
  story.note("dup", finished, v1::NOTE_KIND_PROGRESS, "Progress", "Entered twice.");
  v1::Retraction& retraction =
      *story.add(story.id("ret", "1"), finished + minutes{5}).mutable_retraction();
  retraction.set_kind(v1::RECORD_KIND_CLINICAL_NOTE);
  retraction.set_target_record_id(story.id("nte", "dup"));
  retraction.set_reason(v1::RETRACTION_REASON_DUPLICATE);
  retraction.set_explanation("The same note was entered twice.");
  close_course(story, finished + minutes{10}, v1::COURSE_STATUS_FINISHED,
               v1::STOP_REASON_UNSPECIFIED);
  story.note("rep", finished + minutes{30}, v1::NOTE_KIND_REFERRAL_REPORT,
             "Report to the referring psychiatrist",
             "Six ketamine infusions of 0.5 mg/kg. PHQ-9 22, 17, 13, 9, 6, 4. No serious adverse "
             "event. Remission; maintenance is to be decided together.");
}

void merge_second_registration(Story& story) {
  // Registered a second time by the front desk, then merged.
  const Instant merged = at(kEastern, 2026, 1, 27, 12, 0);
  v1::Record& twice = story.add("pat-3b", merged - days{3}, kNurse);
  *twice.mutable_patient() = story.records().front().patient();
  twice.mutable_patient()->set_mrn("E-19999");
  v1::PatientMerge& merge = *story.add(story.id("mrg", "1"), merged).mutable_patient_merge();
  merge.set_surviving_patient_id("pat-3");
  merge.set_duplicate_patient_id("pat-3b");
  merge.set_explanation("Registered twice; same person by name, birth date and telephone.");
}

}  // namespace

Story patient_1() {
  Story story("kap-clinic-east", kEastern,
              {1, "Alder", "Nora", v1::ADMINISTRATIVE_GENDER_FEMALE, "1983-04-12"});
  const ChartInput chart{at(kEastern, 2025, 9, 2, 16, 0),
                         "Treatment-resistant depression, recurrent severe",
                         "F33.2",
                         "36474008",
                         "2011-03",
                         v1::TREATMENT_KETAMINE_INTRAVENOUS,
                         6};
  open_chart(story, chart);
  story.revise("prb-1-1", evaluation(chart) + minutes{10})
      .mutable_problem()
      ->set_treatment_resistant(true);
  const Instant seen = evaluation(chart) + minutes{30};
  story.trial("1", seen, "sertraline 100 mg tablet", "312938", "200", "2021-02", "2021-09");
  story.trial("2", seen, "venlafaxine ER 150 mg capsule", "313581", "225", "2022", "2023");
  story.home_medication("1", seen, "bupropion XL 300 mg tablet", "993557", "300")
      .set_started_on("2024-01");
  story.allergy(seen, "penicillin", "hives");
  story.pregnancy_test(seen);
  order_infusion(story, seen, 6);
  v1::CarePlan& plan = story.plan(seen + minutes{5}, "Ketamine infusions for depression",
                                  "Six infusions in three weeks, then review with the referring "
                                  "psychiatrist about maintenance.");
  story.goal(plan, v1::INSTRUMENT_PHQ_9, "9", "PHQ-9 at 9 or below")
      .set_due_on(day_of(kEastern, seen + days{30}));

  constexpr std::array kTotals{22, 17, 13, 9, 6, 4};
  constexpr std::array kDays{15, 18, 22, 25, 29, 32};
  for (std::size_t i = 0; i < kTotals.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    Session session = infusion(story,
                               {.number = number,
                                .arrives_at = at(kEastern, 2025, 9, 1, 10, 0) + days{kDays[i] - 1},
                                .weight = "68.0",
                                .dissociation_peak = 11 - number},
                               "34.0", "SYNK0915");
    session.scale(v1::INSTRUMENT_PHQ_9, kTotals[i], v1::DOSE_TIMING_BEFORE_DOSE, -15);
    session.screen({0, 0, 0, 0, 0, 0, 0}, v1::SUICIDE_RISK_NONE, v1::DOSE_TIMING_BEFORE_DOSE, -12);
    session.screen({0, 0, 0, 0, 0, 0, 0}, v1::SUICIDE_RISK_NONE, v1::DOSE_TIMING_AFTER_DOSE, 90);
    if (number == 1) session.scale(v1::INSTRUMENT_CADSS, 31, v1::DOSE_TIMING_DURING, 41);
    session.body().set_summary("Infusion as ordered, tolerated well.");
    story
        .note(fmt::format("{:02}", number), session.leaving() + minutes{20},
              v1::NOTE_KIND_PROCEDURE, fmt::format("Ketamine infusion {} of 6", number),
              fmt::format("Ketamine 34 mg over 40 minutes. PHQ-9 before: {}. Vital signs stable.",
                          kTotals[i]))
        .set_session_id(session.id());
  }
  // A heart rate typed wrong on the day and corrected the next morning.
  v1::VitalSigns& wrong = *story.revise("ses-1-02", at(kEastern, 2025, 9, 19, 8, 30))
                               .mutable_treatment_session()
                               ->mutable_vital_signs(4);
  wrong.mutable_heart_rate()->set_value("84");
  wrong.set_status(v1::RESULT_STATUS_AMENDED);
  finish_with_report(story);
  return story;
}

Story patient_2() {
  Story story("kap-clinic-east", kEastern,
              {2, "Birch", "Victor", v1::ADMINISTRATIVE_GENDER_MALE, "1970-07-30",
               v1::RACE_BLACK_OR_AFRICAN_AMERICAN});
  const ChartInput chart{at(kEastern, 2025, 11, 24, 11, 0),
                         "Treatment-resistant depression",
                         "F33.2",
                         "36474008",
                         "2005",
                         v1::TREATMENT_ESKETAMINE_NASAL,
                         8};
  open_chart(story, chart);
  story.revise("prb-2-1", evaluation(chart) + minutes{10})
      .mutable_problem()
      ->set_treatment_resistant(true);
  const Instant seen = evaluation(chart) + minutes{30};
  story.trial("1", seen, "escitalopram 20 mg tablet", "351250", "20", "2019", "2020-05");
  story.trial("2", seen, "duloxetine DR 60 mg capsule", "596934", "120", "2020-06", "2022-01")
      .set_outcome(v1::TRIAL_OUTCOME_PARTIAL_RESPONSE);
  v1::MedicationOrder& order =
      story.order(seen, drug("esketamine nasal spray (Spravato)", "2119365"), v1::ROUTE_NASAL,
                  "56 mg, from the third visit 84 mg, intranasally twice a week for four weeks.");
  order.mutable_dose()->set_value("56");
  order.mutable_dose()->set_unit(v1::DOSE_UNIT_MG);
  order.mutable_frequency()->set_times(2);
  order.mutable_frequency()->set_per(1);
  order.mutable_frequency()->set_per_unit(v1::PERIOD_UNIT_WEEK);
  order.set_dose_count(8);
  baseline(story, seen, {{v1::INSTRUMENT_HAM_D_17, 24}, {v1::INSTRUMENT_BDI_II, 33}});
  // Alone, without an oral antidepressant: allowed by the label since 2025-01-21.
  v1::CarePlan& plan = story.plan(seen + minutes{5}, "Esketamine as monotherapy",
                                  "Induction twice a week for four weeks under the REMS.");
  story.goal(plan, v1::INSTRUMENT_MADRS, "17", "MADRS halved");
  constexpr std::array kDays{9, 12, 16, 19, 23, 30, 33, 37};
  constexpr std::array kMadrs{34, 0, 0, 24, 0, 15, 0, 11};
  for (std::size_t i = 0; i < kDays.size(); ++i)
    esketamine_session(story, static_cast<int>(i) + 1,
                       at(kEastern, 2025, 12, 1, 13, 0) + days{kDays[i] - 1}, i < 2 ? 2 : 3,
                       kMadrs[i]);
  return story;
}

Story patient_3() {
  Story story("kap-clinic-east", kEastern,
              {3, "Cedar", "Iris", v1::ADMINISTRATIVE_GENDER_FEMALE, "1996-11-02", v1::RACE_ASIAN});
  const ChartInput chart{at(kEastern, 2026, 1, 5, 9, 0),
                         "Major depressive disorder, single episode, severe",
                         "F32.2",
                         "450714000",
                         "2025-08",
                         v1::TREATMENT_KETAMINE_INTRAVENOUS,
                         4};
  open_chart(story, chart);
  const Instant seen = evaluation(chart) + minutes{10};
  story.problem("2", seen, "Suicidal ideation", "R45.851", "6471006", "2025-12");
  story.home_medication("1", seen, "sertraline 50 mg tablet", "312941", "50")
      .set_started_on("2025-10-15");
  story.pregnancy_test(seen);
  order_infusion(story, seen, 4);
  v1::CarePlan& plan = story.plan(seen + minutes{5}, "Urgent infusions and safety plan",
                                  "Four infusions within two weeks; screening before each.");
  plan.set_safety_plan("Calls the clinic or 988 when thoughts return; means removed at home.");
  story.goal(plan, v1::INSTRUMENT_PHQ_9, "9", "PHQ-9 at 9 or below, no suicidal ideation");
  constexpr std::array kTotals{21, 14, 9, 7};
  constexpr std::array kItemNine{3, 1, 0, 0};
  constexpr std::array kDays{13, 15, 20, 23};
  for (std::size_t i = 0; i < kTotals.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    Session session = infusion(story,
                               {.number = number,
                                .arrives_at = at(kEastern, 2026, 1, 1, 9, 30) + days{kDays[i] - 1},
                                .weight = "148.0",
                                .weight_unit = v1::WEIGHT_UNIT_LB,
                                .temperature = "98.6",
                                .temperature_unit = v1::TEMPERATURE_UNIT_FAHRENHEIT},
                               "33.5", "SYNK0105");
    session.scale(v1::INSTRUMENT_PHQ_9, kTotals[i], v1::DOSE_TIMING_BEFORE_DOSE, -15,
                  {{9, kItemNine[i]}});
    const bool at_risk = number == 1;
    session.screen(at_risk ? std::vector{1, 1, 1, 1, 0, 0, 0} : std::vector{1, 0, 0, 0, 0, 0, 0},
                   at_risk ? v1::SUICIDE_RISK_HIGH : v1::SUICIDE_RISK_LOW,
                   v1::DOSE_TIMING_BEFORE_DOSE, -12);
    session.screen(at_risk ? std::vector{1, 1, 0, 0, 0, 0, 0} : std::vector{0, 0, 0, 0, 0, 0, 0},
                   at_risk ? v1::SUICIDE_RISK_LOW : v1::SUICIDE_RISK_NONE,
                   v1::DOSE_TIMING_AFTER_DOSE, 90);
    if (!at_risk) continue;
    session.event(v1::ADVERSE_EVENT_KIND_NAUSEA, 28, 75, "ondansetron given");
    session.co_medication(drug("ondansetron", "26225"), "4", v1::ROUTE_INTRAVENOUS, 30,
                          v1::CO_MEDICATION_REASON_NAUSEA);
    // The probe slipped off; the measurement is missing, the point is not.
    v1::OxygenSaturation& missing =
        *session.body().mutable_vital_signs(3)->mutable_oxygen_saturation();
    missing.clear_value();
    missing.set_absent(v1::ABSENT_REASON_EQUIPMENT_FAILURE);
    *story.assessment("01", session.leaving() + days{1}, session.id()).add_scales() =
        suicide_screen(kEastern,
                       {.item_id = "s1",
                        .instrument = v1::INSTRUMENT_CSSRS_SCREENER,
                        .taken_at = session.leaving() + days{1},
                        .rater_id = kPrescriber},
                       {1, 0, 0, 0, 0, 0, 0}, v1::SUICIDE_RISK_LOW);
  }
  merge_second_registration(story);
  return story;
}

Story patient_6() {
  Story story("kap-clinic-east", kEastern,
              {6, "Fir", "Owen", v1::ADMINISTRATIVE_GENDER_MALE, "1978-09-19"});
  const ChartInput chart{at(kEastern, 2026, 2, 20, 15, 0),
                         "Bipolar II disorder, depressed",
                         "F31.81",
                         "16295005",
                         "2003",
                         v1::TREATMENT_KETAMINE_INTRAVENOUS,
                         4};
  open_chart(story, chart);
  const Instant seen = evaluation(chart) + minutes{30};
  // A diagnosis of substance use that the clinic made itself: no Part 2 source, no Part 2 label.
  story.problem("2", seen, "Alcohol dependence, in remission", "F10.21", "", "2010")
      .set_status(v1::PROBLEM_STATUS_REMISSION);
  baseline(story, seen, {{v1::INSTRUMENT_QIDS_SR_16, 15}, {v1::INSTRUMENT_PHQ_2, 5}});
  story.home_medication("1", seen, "lamotrigine", "28439", "200").set_started_on("2018");
  order_infusion(story, seen, 4);
  v1::CarePlan& plan = story.plan(seen + minutes{5}, "Infusions under mood stabilizer",
                                  "Hold at the first sign of hypomania.");
  story.goal(plan, v1::INSTRUMENT_PHQ_9, "9", "PHQ-9 at 9 or below");
  constexpr std::array kNumbers{1, 2, 4, 5};
  constexpr std::array kDays{3U, 6U, 26U, 31U};
  constexpr std::array kTotals{19, 13, 9, 8};
  for (std::size_t i = 0; i < kTotals.size(); ++i) {
    if (kNumbers[i] == 4) {
      close_course(story, at(kEastern, 2026, 3, 9, 10, 0), v1::COURSE_STATUS_ON_HOLD,
                   v1::STOP_REASON_HYPOMANIA);
      close_course(story, at(kEastern, 2026, 3, 23, 10, 0), v1::COURSE_STATUS_ACTIVE,
                   v1::STOP_REASON_UNSPECIFIED);
      const Instant due = at(kEastern, 2026, 3, 24, 10, 0);
      v1::Appointment& missed = story.appointment("3", v1::APPOINTMENT_KIND_TREATMENT, due, 130);
      missed.set_status(v1::APPOINTMENT_STATUS_NO_SHOW);
      missed.clear_held();
      v1::TreatmentSession& session =
          *story.add("ses-6-03", due + minutes{180}, kNurse).mutable_treatment_session();
      session.set_patient_id(story.patient_id());
      session.set_course_id(story.course_id());
      session.set_appointment_id("apt-6-3");
      session.set_status(v1::SESSION_STATUS_NO_SHOW);
      session.set_treatment(v1::TREATMENT_KETAMINE_INTRAVENOUS);
      session.set_session_number(3);
      session.set_stop_reason(v1::STOP_REASON_MISSED_VISIT);
      session.set_location_id("loc-east-1");
      session.set_organization_id(kOrganization);
      session.set_scheduled_at(stamp(kEastern, due));
    }
    Session session = infusion(story,
                               {.number = kNumbers[i],
                                .arrives_at = at(kEastern, 2026, 3, kDays[i], 10, 0),
                                .weight = "84.0"},
                               "42.0", "SYNK0303");
    session.scale(v1::INSTRUMENT_PHQ_9, kTotals[i], v1::DOSE_TIMING_BEFORE_DOSE, -15);
  }
  close_course(story, at(kEastern, 2026, 4, 2, 9, 0), v1::COURSE_STATUS_FINISHED,
               v1::STOP_REASON_UNSPECIFIED);
  return story;
}

}  // namespace kap::synthetic
