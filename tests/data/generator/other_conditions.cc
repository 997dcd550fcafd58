// Patients 4, 5, 7 and 8: post-traumatic stress, obsessions, chronic pain, anxiety.
#include <fmt/format.h>

#include <array>

#include "tests/data/generator/patients.h"

namespace kap::synthetic {

using std::chrono::days;

namespace {

void add_psychotherapy_note(Story& story, const Session& session, int number) {
  v1::PsychotherapyNote& note = *story
                                     .add(story.id("psy", fmt::format("{:02}", number)),
                                          session.leaving() + minutes{40}, kTherapist)
                                     .mutable_psychotherapy_note();
  note.set_patient_id(story.patient_id());
  note.set_session_id(session.id());
  note.set_status(v1::NOTE_STATUS_FINAL);
  note.set_title("Session content");
  note.set_written_at(stamp(story.zone(), session.leaving() + minutes{35}));
  note.set_author_id(kTherapist);
  note.set_text("SYNTHETIC-PSYCHOTHERAPY-CONTENT: what was said in the session, in confidence.");
}

/// From the recovery program, whose data 42 CFR Part 2 protects: the label follows the source.
void add_recovery_program(Story& story, Instant seen) {
  story.problem("2", seen, "Alcohol dependence, in remission", "F10.21", "", "2016")
      .set_status(v1::PROBLEM_STATUS_REMISSION);
  story.last().set_source_program(v1::SOURCE_PROGRAM_42_CFR_PART_2);
  story.home_medication("1", seen, "naltrexone", "7243", "50");
  story.last().set_source_program(v1::SOURCE_PROGRAM_42_CFR_PART_2);
  v1::Consent& refused =
      story.consent("3", seen, v1::CONSENT_CATEGORY_PART2_DISCLOSURE,
                    "Records of the recovery program may not go to anyone outside it.");
  refused.set_status(v1::CONSENT_STATUS_REJECTED);
  refused.set_decision(v1::CONSENT_DECISION_DENY);
}

}  // namespace

Story patient_4() {
  Story story("kap-clinic-east", kEastern,
              {4, "Dogwood", "Samuel", v1::ADMINISTRATIVE_GENDER_MALE, "1987-02-21", v1::RACE_WHITE,
               v1::ETHNICITY_HISPANIC_OR_LATINO, "es"});
  const ChartInput chart{at(kEastern, 2026, 1, 6, 14, 0),
                         "Post-traumatic stress disorder, chronic",
                         "F43.12",
                         "313182004",
                         "2014",
                         v1::TREATMENT_KETAMINE_INTRAMUSCULAR,
                         6};
  open_chart(story, chart);
  const Instant seen = evaluation(chart) + minutes{30};
  story.home_medication("1", seen, "prazosin", "8629", "2");
  story.consent("3", seen, v1::CONSENT_CATEGORY_PSYCHOTHERAPY_NOTES,
                "Psychotherapy notes may go to my outside therapist.");
  v1::MedicationOrder& order =
      story.order(seen, drug("ketamine 50 mg/mL injection", "6130"), v1::ROUTE_INTRAMUSCULAR,
                  "0.75 to 1 mg/kg intramuscularly once a week with psychotherapy.");
  order.mutable_dose()->set_value("0.75");
  order.set_dose_count(6);
  v1::CarePlan& plan = story.plan(seen + minutes{5}, "Ketamine-assisted psychotherapy",
                                  "Six intramuscular sessions with the same therapist.");
  story.goal(plan, v1::INSTRUMENT_PCL_5, "33", "PCL-5 at 33 or below");
  constexpr std::array kPcl{58, 0, 47, 0, 38, 31};
  constexpr std::array kDose{"60", "60", "70", "70", "80", "80"};
  for (std::size_t i = 0; i < kPcl.size(); ++i) {
    const int number = static_cast<int>(i) + 1;
    Session session(story, v1::TREATMENT_KETAMINE_INTRAMUSCULAR,
                    {.number = number,
                     .arrives_at = at(kEastern, 2026, 1, 15, 13, 0) + days{7 * (number - 1)},
                     .treatment = 0,
                     .stay = 150,
                     .weight = "82.0"});
    session.device(v1::DEVICE_KIND_NEEDLE_AND_SYRINGE, "Synthetic Devices", "");
    v1::Administration& given =
        session.bolus(ketamine("SYNK0115"), kDose[i], v1::ROUTE_INTRAMUSCULAR, 0);
    given.set_site(v1::BODY_SITE_DELTOID);
    given.set_side(i % 2 == 0 ? v1::SIDE_LEFT : v1::SIDE_RIGHT);
    given.set_device_item_id("dev1");
    given.set_given_by_id(kNurse);
    session.total(kDose[i], number < 3 ? "0.75" : "1.0");
    session.psychotherapy(15, 75, "Internal Family Systems");
    if (kPcl[i] > 0) session.scale(v1::INSTRUMENT_PCL_5, kPcl[i], v1::DOSE_TIMING_BEFORE_DOSE, -15);
    session.scale(v1::INSTRUMENT_MEQ_30, 70 + 9 * number, v1::DOSE_TIMING_AFTER_DOSE, 100);
    session.bill(v1::BILLING_SYSTEM_CPT, "96372", 1);
    session.bill(v1::BILLING_SYSTEM_CPT, "90837", 1);
    session.bill(v1::BILLING_SYSTEM_HCPCS, "J3490", 1);
    v1::DissociationObservation& seen_away = *session.body().add_dissociations();
    seen_away.set_item_id("x1");
    seen_away.set_observed_at(session.after_dose(30));
    seen_away.set_intensity(v1::INTENSITY_MODERATE);
    seen_away.set_description("Eyes closed, answers after a pause, calm.");
    seen_away.set_observed_by_id(kTherapist);
    session.discharge();
    story
        .note(
            fmt::format("{:02}", number), session.leaving() + minutes{20},
            v1::NOTE_KIND_MENTAL_HEALTH_PROGRESS, fmt::format("KAP session {} of 6", number),
            fmt::format("Ketamine {} mg intramuscularly, psychotherapy for 60 minutes.", kDose[i]))
        .set_session_id(session.id());
    add_psychotherapy_note(story, session, number);
  }
  const Instant revoked = at(kEastern, 2026, 2, 16, 11, 0);
  v1::Consent& consent = *story.revise("cns-4-3", revoked + minutes{10}).mutable_consent();
  consent.set_status(v1::CONSENT_STATUS_REVOKED);
  consent.set_revoked_at(stamp(kEastern, revoked));
  return story;
}

Story patient_5() {
  Story story("kap-clinic-east", kEastern,
              {5, "Elm", "Tessa", v1::ADMINISTRATIVE_GENDER_FEMALE, "1992-06-08"});
  const ChartInput chart{at(kEastern, 2026, 1, 22, 10, 0),
                         "Obsessive-compulsive disorder",
                         "F42.2",
                         "191736004",
                         "2009",
                         v1::TREATMENT_KETAMINE_INTRAVENOUS,
                         6};
  open_chart(story, chart);
  const Instant seen = evaluation(chart) + minutes{30};
  story.trial("1", seen, "fluvoxamine", "42355", "300", "2017", "2018-06");
  story.trial("2", seen, "clomipramine", "2597", "150", "2019-01", "2019-04")
      .set_outcome(v1::TRIAL_OUTCOME_NOT_TOLERATED);
  story.pregnancy_test(seen);
  story
      .order(seen, drug("ketamine 50 mg/mL injection", "6130"), v1::ROUTE_INTRAVENOUS,
             "0.5 mg/kg intravenously over 40 minutes, twice a week.")
      .set_duration_minutes(40);
  baseline(story, seen, {{v1::INSTRUMENT_WHODAS_12, 18}});
  story.plan(seen + minutes{5}, "Infusions for OCD", "Six infusions; stop without a response.");
  constexpr std::array kYbocs{28, 26, 27, 27};
  constexpr std::array kDays{3U, 5U, 10U, 12U};
  for (std::size_t i = 0; i < kYbocs.size(); ++i) {
    const bool last = i + 1 == kYbocs.size();
    Session session(story, v1::TREATMENT_KETAMINE_INTRAVENOUS,
                    {.number = static_cast<int>(i) + 1,
                     .arrives_at = at(kEastern, 2026, 2, kDays[i], 9, 0),
                     .treatment = last ? 25 : 40,
                     .weight = "60.0"});
    session.device(v1::DEVICE_KIND_INFUSION_PUMP, "Synthetic Devices", "IP-3");
    v1::Administration& given =
        session.infuse(ketamine("SYNK0203"), last ? "18.75" : "30.0", "0.75", 0, last ? 25 : 40);
    session.total(given.dose_mg(), "0.50");
    session.scale(v1::INSTRUMENT_Y_BOCS, kYbocs[i], v1::DOSE_TIMING_BEFORE_DOSE, -15);
    session.scale(v1::INSTRUMENT_CADSS, 20 + static_cast<int>(i), v1::DOSE_TIMING_DURING, 25);
    session.bill(v1::BILLING_SYSTEM_CPT, "96365", 1);
    session.discharge();
    if (!last) continue;
    given.set_stopped_early(true);
    given.set_note("Stopped at the patient's request.");
    session.body().set_status(v1::SESSION_STATUS_STOPPED);
    session.body().set_stop_reason(v1::STOP_REASON_PATIENT_REQUEST);
  }
  close_course(story, at(kEastern, 2026, 2, 13, 9, 0), v1::COURSE_STATUS_STOPPED,
               v1::STOP_REASON_NO_RESPONSE);
  return story;
}

Story patient_7() {
  Story story("kap-clinic-east", kEastern,
              {7, "Ginkgo", "Marta", v1::ADMINISTRATIVE_GENDER_FEMALE, "1975-01-17"});
  const ChartInput chart{at(kEastern, 2026, 3, 30, 9, 0),
                         "Complex regional pain syndrome I of right upper limb",
                         "G90.511",
                         "",
                         "2022-10",
                         v1::TREATMENT_KETAMINE_INTRAVENOUS,
                         5};
  open_chart(story, chart);
  const Instant seen = evaluation(chart) + minutes{30};
  story.problem("2", seen, "Chronic pain syndrome", "G89.4", "82423001", "2023");
  story.home_medication("1", seen, "gabapentin", "25480", "900");
  story
      .order(seen, drug("ketamine 50 mg/mL injection", "6130"), v1::ROUTE_INTRAVENOUS,
             "0.2 to 0.3 mg/kg/h intravenously for 4 hours on five days.")
      .set_duration_minutes(240);
  v1::CarePlan& plan = story.plan(seen + minutes{5}, "Five-day infusion for CRPS",
                                  "Four hours a day, rate by effect and blood pressure.");
  story.goal(plan, v1::INSTRUMENT_PAIN_NRS, "4", "Pain at 4 or below");
  baseline(story, seen, {{v1::INSTRUMENT_BPI_INTERFERENCE, 7}});
  constexpr std::array kPain{8, 6, 0, 5, 0};
  for (std::size_t i = 0; i < kPain.size(); ++i) {
    const bool high = i == 1;
    Session session(story, v1::TREATMENT_KETAMINE_INTRAVENOUS,
                    {.number = static_cast<int>(i) + 1,
                     .arrives_at = at(kEastern, 2026, 4, 13 + static_cast<unsigned>(i), 8, 0),
                     .treatment = 240,
                     .stay = 320,
                     .vitals_every = 10,
                     .before = {138, 84},
                     .peak = high ? Pressure{178, 102} : Pressure{150, 92},
                     .after = {136, 82},
                     .peak_after_dose = 60,
                     .weight = "70.0",
                     .with_carbon_dioxide = true});
    session.device(v1::DEVICE_KIND_INFUSION_PUMP, "Synthetic Devices", "IP-3");
    session.infuse(ketamine("SYNK0413"), "14.0", "0.20", 0, 60);
    session.infuse(ketamine("SYNK0413"), high ? "28.0" : "42.0", high ? "0.20" : "0.30", 60, 180);
    session.infuse(ketamine("SYNK0413"), "17.5", "0.25", 180, 240)
        .set_note("Rate lowered for the last hour.");
    session.total(high ? "59.5" : "73.5", "1.05");
    session.waste(high ? "40.5" : "26.5", 250);
    v1::Participant& doctor = *session.body().add_participants();
    doctor.set_item_id("p3");
    doctor.set_practitioner_id(kAnesthesiologist);
    doctor.set_role(v1::PARTICIPANT_ROLE_ANESTHESIOLOGIST);
    if (kPain[i] > 0)
      session.scale(v1::INSTRUMENT_PAIN_NRS, kPain[i], v1::DOSE_TIMING_BEFORE_DOSE, -10);
    if (i == 0) session.scale(v1::INSTRUMENT_PEG, 7, v1::DOSE_TIMING_BEFORE_DOSE, -9);
    session.bill(v1::BILLING_SYSTEM_CPT, "96365", 1);
    session.bill(v1::BILLING_SYSTEM_CPT, "96366", 3);
    if (high) {
      v1::VitalSigns& on_oxygen = *session.body().mutable_vital_signs(8);
      on_oxygen.mutable_oxygen_saturation()->set_oxygen_flow("2");
      on_oxygen.mutable_oxygen_saturation()->set_oxygen_concentration("28");
      session.event(v1::ADVERSE_EVENT_KIND_INCREASED_BLOOD_PRESSURE, 60, 120,
                    "labetalol given, rate not raised");
      session.co_medication(drug("labetalol 5 mg/mL injection", "896771"), "10",
                            v1::ROUTE_INTRAVENOUS, 63, v1::CO_MEDICATION_REASON_HYPERTENSION);
    }
    session.discharge();
  }
  const Instant later = at(kEastern, 2026, 4, 24, 10, 0);
  *story.assessment("01", later, "ses-7-05").add_scales() = scale(
      kEastern, {.item_id = "s1", .instrument = v1::INSTRUMENT_PAIN_NRS, .taken_at = later}, 4);
  return story;
}

Story patient_8() {
  Story story("kap-clinic-east", kEastern,
              {8, "Holly", "Piers", v1::ADMINISTRATIVE_GENDER_MALE, "1989-12-05"});
  const ChartInput chart{at(kEastern, 2025, 10, 3, 17, 0),
                         "Generalized anxiety disorder",
                         "F41.1",
                         "21897009",
                         "2020",
                         v1::TREATMENT_KETAMINE_LOZENGE,
                         4};
  open_chart(story, chart);
  const Instant seen = evaluation(chart) + minutes{30};
  add_recovery_program(story, seen);
  v1::MedicationOrder& order =
      story.order(seen, drug("ketamine 100 mg lozenge (compounded)", "6130"), v1::ROUTE_SUBLINGUAL,
                  "One lozenge under the tongue once a week, only during the video visit.");
  order.mutable_dose()->set_value("100");
  order.mutable_dose()->set_unit(v1::DOSE_UNIT_MG);
  order.set_for_home_use(true);
  order.set_dose_count(4);
  v1::Dispense& dispense = *order.add_dispenses();
  dispense.set_item_id("d1");
  dispense.set_dispensed_on(day_of(kEastern, seen));
  dispense.set_quantity(4);
  dispense.set_strength_mg("100");
  dispense.set_lot_number("SYNL1010");
  dispense.set_dispenser_initials("SH");
  story.plan(seen + minutes{5}, "Lozenges by video", "Four weekly lozenges with a nurse on video.");
  constexpr std::array kGad{16, 14, 17, 19};
  // The third begins in the night in which clocks go back, and ends "earlier" than its dose.
  const std::array arrivals{at(kEastern, 2025, 10, 19, 19, 0), at(kEastern, 2025, 10, 26, 19, 0),
                            at(kEastern, 2025, 11, 2, 0, 50), at(kEastern, 2025, 11, 9, 19, 0)};
  for (std::size_t i = 0; i < kGad.size(); ++i) {
    Session session(story, v1::TREATMENT_KETAMINE_LOZENGE,
                    {.number = static_cast<int>(i) + 1,
                     .arrives_at = arrivals[i],
                     .dose_after = 20,
                     .treatment = 15,
                     .stay = 70});
    v1::Drug lozenge = drug("ketamine 100 mg lozenge (compounded)", "6130");
    lozenge.set_form(v1::DRUG_FORM_LOZENGE);
    lozenge.set_lot_number("SYNL1010");
    session.bolus(lozenge, "100", v1::ROUTE_SUBLINGUAL, 0).set_self_administered(true);
    session.total("100", "");
    session.scale(v1::INSTRUMENT_GAD_7, kGad[i], v1::DOSE_TIMING_BEFORE_DOSE, -10);
    v1::VitalSigns& home = *session.body().add_vital_signs();
    home.set_item_id("v01");
    home.set_measured_at(session.after_arrival(5));
    home.set_status(v1::RESULT_STATUS_FINAL);
    home.set_phase(v1::VITAL_PHASE_BEFORE_DOSE);
    home.mutable_blood_pressure()->set_systolic("124");
    home.mutable_blood_pressure()->set_diastolic("78");
    home.mutable_heart_rate()->set_value("74");
    home.mutable_oxygen_saturation()->set_absent(v1::ABSENT_REASON_NOT_PERFORMED);
    home.set_note("Patient's own cuff.");
    session.discharge();
  }
  close_course(story, at(kEastern, 2025, 11, 12, 9, 0), v1::COURSE_STATUS_ON_HOLD,
               v1::STOP_REASON_NO_RESPONSE);
  return story;
}

}  // namespace kap::synthetic
