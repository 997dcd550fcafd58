#include "tests/data/generator/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace kap::synthetic {

Story::Story(std::string clinic_id, Zone zone, Person person)
    : clinic_id_(std::move(clinic_id)), zone_(zone), person_(std::move(person)) {}

std::string Story::patient_id() const { return fmt::format("pat-{}", person_.number); }
std::string Story::course_id() const { return fmt::format("crs-{}", person_.number); }
std::string Story::order_id() const { return fmt::format("ord-{}", person_.number); }
std::string Story::id(std::string_view prefix, std::string_view suffix) const {
  return fmt::format("{}-{}-{}", prefix, person_.number, suffix);
}

v1::Record& Story::add(std::string id, Instant recorded_at, const char* author) {
  v1::Record& record = records_.emplace_back();
  record.set_clinic_id(clinic_id_);
  record.set_record_id(std::move(id));
  record.set_revision(1);
  record.mutable_author()->set_practitioner_id(author);
  record.mutable_author()->set_name(staff_name(author));
  record.set_recorded_at(stamp(zone_, recorded_at));
  record.set_source_program(v1::SOURCE_PROGRAM_GENERAL);
  record.set_test_data(true);
  return record;
}

v1::Record& Story::revise(std::string_view record_id, Instant recorded_at) {
  const auto last = std::find_if(records_.rbegin(), records_.rend(),
                                 [&](const v1::Record& r) { return r.record_id() == record_id; });
  if (last == records_.rend()) throw std::logic_error("no such record to revise");
  v1::Record next = *last;
  next.set_revision(last->revision() + 1);
  next.set_recorded_at(stamp(zone_, recorded_at));
  return records_.emplace_back(std::move(next));
}

v1::Patient& Story::patient(Instant registered_at) {
  v1::Patient& patient = *add(patient_id(), registered_at, kNurse).mutable_patient();
  patient.set_mrn(fmt::format("E-{:05}", 10400 + person_.number * 37));
  patient.mutable_name()->set_family(person_.family);
  patient.mutable_name()->add_given(person_.given);
  patient.set_gender(person_.gender);
  patient.set_birth_sex(person_.gender == v1::ADMINISTRATIVE_GENDER_FEMALE ? v1::BIRTH_SEX_FEMALE
                                                                           : v1::BIRTH_SEX_MALE);
  patient.set_birth_date(person_.birth_date);
  v1::ContactPoint& phone = *patient.add_telecom();
  phone.set_system(v1::CONTACT_SYSTEM_PHONE);
  phone.set_use(v1::CONTACT_USE_MOBILE);
  phone.set_value(fmt::format("+1-212-555-01{:02}", 10 + person_.number));
  v1::Address& address = *patient.add_addresses();
  address.set_use(v1::ADDRESS_USE_HOME);
  address.add_line(fmt::format("{} Example Street", 100 + person_.number));
  address.set_city("New York");
  address.set_state("NY");
  address.set_postal_code("10001");
  address.set_country("US");
  patient.set_language(person_.language);
  patient.add_races(person_.race);
  patient.set_ethnicity(person_.ethnicity);
  v1::PatientContact& escort = *patient.add_contacts();
  escort.set_role(v1::CONTACT_ROLE_ESCORT);
  escort.mutable_name()->set_family(person_.family);
  escort.mutable_name()->add_given("Robin");
  escort.mutable_telecom()->set_system(v1::CONTACT_SYSTEM_PHONE);
  escort.mutable_telecom()->set_value(fmt::format("+1-212-555-01{:02}", 50 + person_.number));
  patient.set_clinician_id(kPrescriber);
  patient.set_organization_id(kOrganization);
  return patient;
}

v1::Appointment& Story::appointment(const std::string& suffix, v1::AppointmentKind kind,
                                    Instant starts_at, int length_minutes) {
  const Instant ends_at = starts_at + minutes{length_minutes};
  v1::Appointment& appointment =
      *add(id("apt", suffix), ends_at + minutes{10}, kNurse).mutable_appointment();
  const bool call = kind == v1::APPOINTMENT_KIND_DISCOVERY_CALL;
  appointment.set_patient_id(patient_id());
  appointment.set_kind(kind);
  appointment.set_status(v1::APPOINTMENT_STATUS_FULFILLED);
  appointment.set_starts_at(stamp(zone_, starts_at));
  appointment.set_ends_at(stamp(zone_, ends_at));
  appointment.add_practitioner_ids(call ? kTherapist : kPrescriber);
  appointment.set_location_id(call ? "loc-video" : "loc-east-1");
  appointment.set_by_video(call);
  appointment.mutable_held()->set_start(stamp(zone_, starts_at + minutes{2}));
  appointment.mutable_held()->set_end(stamp(zone_, ends_at - minutes{1}));
  appointment.set_created_at(stamp(zone_, starts_at - std::chrono::days{3}));
  appointment.set_organization_id(kOrganization);
  return appointment;
}

v1::Problem& Story::problem(const std::string& suffix, Instant recorded_at, std::string name,
                            std::string icd10, std::string snomed, std::string onset) {
  v1::Problem& problem = *add(id("prb", suffix), recorded_at).mutable_problem();
  problem.set_patient_id(patient_id());
  problem.set_category(v1::PROBLEM_CATEGORY_PROBLEM_LIST_ITEM);
  problem.set_status(v1::PROBLEM_STATUS_ACTIVE);
  problem.set_verification(v1::PROBLEM_VERIFICATION_CONFIRMED);
  problem.set_name(std::move(name));
  problem.set_icd10_cm(std::move(icd10));
  problem.set_snomed_ct(std::move(snomed));
  problem.set_onset_on(std::move(onset));
  problem.set_recorded_on(day_of(zone_, recorded_at));
  problem.set_asserted_by_id(kPrescriber);
  return problem;
}

v1::MedicationTrial& Story::trial(const std::string& suffix, Instant recorded_at, std::string name,
                                  std::string rxnorm, std::string dose_mg, std::string from,
                                  std::string until) {
  v1::MedicationTrial& trial = *add(id("trl", suffix), recorded_at).mutable_medication_trial();
  trial.set_patient_id(patient_id());
  *trial.mutable_drug() = drug(std::move(name), std::move(rxnorm));
  trial.mutable_dose()->set_value(std::move(dose_mg));
  trial.mutable_dose()->set_unit(v1::DOSE_UNIT_MG);
  trial.mutable_frequency()->set_times(1);
  trial.mutable_frequency()->set_per(1);
  trial.mutable_frequency()->set_per_unit(v1::PERIOD_UNIT_DAY);
  trial.set_started_on(std::move(from));
  trial.set_ended_on(std::move(until));
  trial.set_outcome(v1::TRIAL_OUTCOME_NO_RESPONSE);
  trial.set_adequate(true);
  trial.set_source(v1::INFORMATION_SOURCE_OTHER_CLINICIAN);
  trial.set_asserted_on(day_of(zone_, recorded_at));
  return trial;
}

v1::HomeMedication& Story::home_medication(const std::string& suffix, Instant recorded_at,
                                           std::string name, std::string rxnorm,
                                           std::string dose_mg) {
  v1::HomeMedication& home = *add(id("hom", suffix), recorded_at, kNurse).mutable_home_medication();
  home.set_patient_id(patient_id());
  home.set_status(v1::HOME_MEDICATION_STATUS_ACTIVE);
  *home.mutable_drug() = drug(std::move(name), std::move(rxnorm));
  home.set_drug_class(v1::DRUG_CLASS_OTHER);
  home.mutable_dose()->set_value(std::move(dose_mg));
  home.mutable_dose()->set_unit(v1::DOSE_UNIT_MG);
  home.mutable_frequency()->set_times(1);
  home.mutable_frequency()->set_per(1);
  home.mutable_frequency()->set_per_unit(v1::PERIOD_UNIT_DAY);
  home.set_route(v1::ROUTE_ORAL);
  home.set_instruction("One daily by mouth.");
  home.set_source(v1::INFORMATION_SOURCE_PATIENT);
  home.set_asserted_on(day_of(zone_, recorded_at));
  return home;
}

v1::CourseOfTreatment& Story::course(Instant recorded_at, v1::Treatment treatment, int sessions) {
  v1::CourseOfTreatment& course = *add(course_id(), recorded_at).mutable_course_of_treatment();
  course.set_patient_id(patient_id());
  course.set_status(v1::COURSE_STATUS_ACTIVE);
  course.set_treatment(treatment);
  course.set_started_on(day_of(zone_, recorded_at));
  course.add_problem_ids(id("prb", "1"));
  course.set_planned_sessions(sessions);
  course.set_organization_id(kOrganization);
  course.set_clinician_id(kPrescriber);
  return course;
}

v1::MedicationOrder& Story::order(Instant recorded_at, v1::Drug ordered, v1::Route route,
                                  std::string instruction) {
  v1::MedicationOrder& order = *add(order_id(), recorded_at).mutable_medication_order();
  order.set_patient_id(patient_id());
  order.set_course_id(course_id());
  order.set_status(v1::ORDER_STATUS_ACTIVE);
  *order.mutable_drug() = std::move(ordered);
  order.mutable_dose()->set_value("0.50");
  order.mutable_dose()->set_unit(v1::DOSE_UNIT_MG_PER_KG);
  order.set_route(route);
  order.set_instruction(std::move(instruction));
  order.set_authored_at(stamp(zone_, recorded_at));
  order.set_prescriber_id(kPrescriber);
  order.add_problem_ids(id("prb", "1"));
  return order;
}

v1::CarePlan& Story::plan(Instant recorded_at, std::string title, std::string description) {
  v1::CarePlan& plan = *add(fmt::format("pln-{}", person_.number), recorded_at).mutable_care_plan();
  plan.set_patient_id(patient_id());
  plan.set_course_id(course_id());
  plan.set_status(v1::PLAN_STATUS_ACTIVE);
  plan.set_title(std::move(title));
  plan.set_description(std::move(description));
  plan.set_starts_on(day_of(zone_, recorded_at));
  plan.add_problem_ids(id("prb", "1"));
  for (const auto& [item, who, role] : {std::tuple{"t1", kPrescriber, v1::STAFF_ROLE_PRESCRIBER},
                                        std::tuple{"t2", kNurse, v1::STAFF_ROLE_NURSE},
                                        std::tuple{"t3", kTherapist, v1::STAFF_ROLE_THERAPIST}}) {
    v1::TeamMember& member = *plan.add_team();
    member.set_item_id(item);
    member.set_practitioner_id(who);
    member.set_role(role);
  }
  for (const auto& [item, kind, text] :
       {std::tuple{"a1", v1::ACTIVITY_KIND_TREATMENT_SESSIONS, "Treatment sessions as ordered"},
        std::tuple{"a2", v1::ACTIVITY_KIND_ASSESSMENT, "Rating scales before each session"}}) {
    v1::PlanActivity& activity = *plan.add_activities();
    activity.set_item_id(item);
    activity.set_kind(kind);
    activity.set_status(v1::ACTIVITY_STATUS_IN_PROGRESS);
    activity.set_description(text);
  }
  return plan;
}

v1::PlanGoal& Story::goal(v1::CarePlan& plan, v1::Instrument instrument, std::string total,
                          std::string description) {
  v1::PlanGoal& goal = *plan.add_goals();
  goal.set_item_id(fmt::format("g{}", plan.goals_size()));
  goal.set_status(v1::GOAL_STATUS_ACTIVE);
  goal.set_description(std::move(description));
  goal.set_starts_on(plan.starts_on());
  goal.set_target_instrument(instrument);
  goal.set_target_total(std::move(total));
  return goal;
}

v1::Consent& Story::consent(const std::string& suffix, Instant decided_at,
                            v1::ConsentCategory category, std::string explanation) {
  v1::Consent& consent = *add(id("cns", suffix), decided_at + minutes{5}, kNurse).mutable_consent();
  consent.set_patient_id(patient_id());
  consent.set_scope(category == v1::CONSENT_CATEGORY_PROCEDURE ? v1::CONSENT_SCOPE_TREATMENT
                                                               : v1::CONSENT_SCOPE_PATIENT_PRIVACY);
  consent.set_category(category);
  consent.set_status(v1::CONSENT_STATUS_ACTIVE);
  consent.set_decision(v1::CONSENT_DECISION_PERMIT);
  consent.set_decided_at(stamp(zone_, decided_at));
  consent.set_signed_by("the patient");
  consent.set_organization_id(kOrganization);
  consent.set_explanation(std::move(explanation));
  return consent;
}

v1::ClinicalNote& Story::note(const std::string& suffix, Instant written_at, v1::NoteKind kind,
                              std::string title, std::string text) {
  v1::ClinicalNote& note = *add(id("nte", suffix), written_at).mutable_clinical_note();
  note.set_patient_id(patient_id());
  note.set_kind(kind);
  note.set_status(v1::NOTE_STATUS_FINAL);
  note.set_title(std::move(title));
  note.set_written_at(stamp(zone_, written_at));
  note.set_author_id(kPrescriber);
  note.set_text(std::move(text));
  note.set_course_id(course_id());
  return note;
}

v1::LaboratoryResult& Story::pregnancy_test(Instant collected_at) {
  v1::LaboratoryResult& result =
      *add(id("lab", "1"), collected_at + minutes{15}, kNurse).mutable_laboratory_result();
  result.set_patient_id(patient_id());
  result.set_test(v1::LABORATORY_TEST_PREGNANCY);
  result.set_collected_at(stamp(zone_, collected_at));
  result.set_finding(v1::FINDING_NEGATIVE);
  result.set_status(v1::RESULT_STATUS_FINAL);
  result.set_performer_id(kNurse);
  return result;
}

v1::Allergy& Story::allergy(Instant recorded_at, std::string substance, std::string reaction) {
  v1::Allergy& allergy = *add(id("alg", "1"), recorded_at, kNurse).mutable_allergy();
  allergy.set_patient_id(patient_id());
  allergy.set_status(v1::ALLERGY_STATUS_ACTIVE);
  allergy.set_verification(v1::ALLERGY_VERIFICATION_CONFIRMED);
  allergy.set_category(v1::ALLERGY_CATEGORY_MEDICATION);
  allergy.set_substance(std::move(substance));
  allergy.add_reactions(std::move(reaction));
  allergy.set_severity(v1::ALLERGY_SEVERITY_MODERATE);
  allergy.set_criticality(v1::CRITICALITY_LOW);
  allergy.set_recorded_on(day_of(zone_, recorded_at));
  return allergy;
}

v1::Assessment& Story::assessment(const std::string& suffix, Instant taken_at,
                                  std::string after_session) {
  v1::Assessment& assessment =
      *add(id("asm", suffix), taken_at + minutes{30}, kNurse).mutable_assessment();
  assessment.set_patient_id(patient_id());
  assessment.set_course_id(course_id());
  assessment.set_after_session_id(std::move(after_session));
  assessment.set_setting(v1::ASSESSMENT_SETTING_REMOTE_FORM);
  return assessment;
}

v1::Drug drug(std::string name, std::string rxnorm) {
  v1::Drug drug;
  drug.set_name(std::move(name));
  drug.set_rxnorm(std::move(rxnorm));
  return drug;
}

v1::Drug ketamine(std::string lot) {
  v1::Drug ketamine = drug("ketamine 50 mg/mL injection", "6130");
  ketamine.set_ndc("65219-188");
  ketamine.set_lot_number(std::move(lot));
  ketamine.set_expires_on("2027-06");
  ketamine.set_form(v1::DRUG_FORM_INJECTION);
  return ketamine;
}

}  // namespace kap::synthetic
