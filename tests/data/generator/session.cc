#include "tests/data/generator/session.h"

#include <fmt/format.h>

#include <utility>

namespace kap::synthetic {

Session::Session(Story& story, v1::Treatment treatment, const SessionInput& input)
    : story_(story),
      input_(input),
      record_(&story.add(story.id("ses", fmt::format("{:02}", input.number)),
                         input.arrives_at + minutes{input.stay + 15}, kNurse)),
      body_(record_->mutable_treatment_session()),
      state_(static_cast<std::uint64_t>(story.person().number * 1000 + input.number)) {
  body_->set_patient_id(story.patient_id());
  body_->set_course_id(story.course_id());
  body_->set_status(v1::SESSION_STATUS_COMPLETED);
  body_->set_treatment(treatment);
  body_->set_session_number(input.number);
  const bool by_video = treatment == v1::TREATMENT_KETAMINE_LOZENGE;
  body_->set_by_video(by_video);
  body_->set_location_id(by_video ? "loc-video" : "loc-east-1");
  body_->set_organization_id(kOrganization);
  body_->add_problem_ids(story.id("prb", "1"));
  body_->set_arrived_at(after_arrival(0));
  body_->set_left_at(after_arrival(input.stay));
  body_->set_treatment_started_at(after_dose(0));
  body_->set_treatment_ended_at(after_dose(input.treatment));
  if (!input.weight.empty()) {
    body_->mutable_dosing_weight()->set_value(input.weight);
    body_->mutable_dosing_weight()->set_unit(input.weight_unit);
  }
  add_team();
  if (!by_video) add_vitals();
}

std::string Session::after_arrival(int count) const {
  return stamp(story_.zone(), arrival() + minutes{count});
}
std::string Session::after_dose(int count) const {
  return stamp(story_.zone(), dose_time() + minutes{count});
}

void Session::add_team() {
  for (const auto& [item, who, role] :
       {std::tuple{"p1", kPrescriber, v1::PARTICIPANT_ROLE_PRESCRIBER},
        std::tuple{"p2", kNurse, v1::PARTICIPANT_ROLE_NURSE}}) {
    v1::Participant& participant = *body_->add_participants();
    participant.set_item_id(item);
    participant.set_practitioner_id(who);
    participant.set_role(role);
  }
}

int Session::jitter(int spread) {
  // SplitMix64: a fixed sequence on every platform, which <random>'s distributions are not.
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  z ^= z >> 31;
  return static_cast<int>(z % static_cast<std::uint64_t>(2 * spread + 1)) - spread;
}

int Session::curve(int before, int peak, int after, int after_arrival) const {
  const int t = after_arrival - input_.dose_after;
  const int top = input_.peak_after_dose;
  if (t <= 0) return before;
  if (t <= top) return before + (peak - before) * t / top;
  const int fall = input_.stay - 5 - input_.dose_after - top;
  const int past = t - top;
  return past >= fall ? after : peak + (after - peak) * past / fall;
}

void Session::add_vitals() {
  add_point(10, v1::VITAL_PHASE_BEFORE_DOSE);
  for (int t = 0; t <= input_.treatment; t += input_.vitals_every)
    add_point(input_.dose_after + t, t == 0 ? v1::VITAL_PHASE_BEFORE_DOSE : v1::VITAL_PHASE_DURING);
  const int every = input_.recovery_every;
  for (int t = (input_.treatment / every + 1) * every; input_.dose_after + t < input_.stay - 10;
       t += every)
    add_point(input_.dose_after + t, v1::VITAL_PHASE_RECOVERY);
  add_point(input_.stay - 5, v1::VITAL_PHASE_DISCHARGE);
  add_sedation(input_.with_carbon_dioxide ? v1::SEDATION_SCALE_RASS : v1::SEDATION_SCALE_MOAA_S);
}

void Session::add_point(int after, v1::VitalPhase phase) {
  v1::VitalSigns& point = *body_->add_vital_signs();
  const bool first = body_->vital_signs_size() == 1;
  const bool anchor = first || phase == v1::VITAL_PHASE_DISCHARGE ||
                      after == input_.dose_after + input_.peak_after_dose;
  point.set_item_id(fmt::format("v{:02}", body_->vital_signs_size()));
  point.set_measured_at(after_arrival(after));
  point.set_status(v1::RESULT_STATUS_FINAL);
  point.set_phase(phase);
  point.set_measured_by_id(kNurse);
  const auto noise = [&](int spread) { return anchor ? 0 : jitter(spread); };
  v1::BloodPressure& pressure = *point.mutable_blood_pressure();
  pressure.set_systolic(fmt::format(
      "{}", curve(input_.before.systolic, input_.peak.systolic, input_.after.systolic, after) +
                noise(3)));
  pressure.set_diastolic(fmt::format(
      "{}", curve(input_.before.diastolic, input_.peak.diastolic, input_.after.diastolic, after) +
                noise(2)));
  point.mutable_heart_rate()->set_value(fmt::format(
      "{}",
      curve(input_.heart_rate, input_.heart_rate + 14, input_.heart_rate + 2, after) + noise(3)));
  point.mutable_respiratory_rate()->set_value(fmt::format("{}", 15 + noise(2)));
  point.mutable_oxygen_saturation()->set_value(fmt::format("{}", 97 + noise(1)));
  if (input_.with_carbon_dioxide)
    point.mutable_end_tidal_co2()->set_value(fmt::format("{}", 38 + noise(2)));
  if (!first) return;
  point.mutable_temperature()->set_value(input_.temperature);
  point.mutable_temperature()->set_unit(input_.temperature_unit);
  if (input_.weight.empty()) return;
  point.mutable_weight()->set_value(input_.weight);
  point.mutable_weight()->set_unit(input_.weight_unit);
}

void Session::add_sedation(v1::SedationScale scale) {
  const int alert = scale == v1::SEDATION_SCALE_RASS ? 0 : 5;
  for (const auto& [item, after, depth] :
       {std::tuple{"d1", 0, 0}, std::tuple{"d2", 20, 1}, std::tuple{"d3", 40, 1},
        std::tuple{"d4", input_.stay - input_.dose_after - 5, 0}}) {
    v1::SedationScore& score = *body_->add_sedation_scores();
    score.set_item_id(item);
    score.set_scale(scale);
    score.set_observed_at(after_dose(after));
    score.set_score(alert - depth);
    score.set_observed_by_id(kNurse);
    score.set_status(v1::RESULT_STATUS_FINAL);
  }
}

v1::Device& Session::device(v1::DeviceKind kind, std::string manufacturer, std::string model) {
  v1::Device& device = *body_->add_devices();
  device.set_item_id(fmt::format("dev{}", body_->devices_size()));
  device.set_kind(kind);
  device.set_manufacturer(std::move(manufacturer));
  device.set_model(std::move(model));
  device.set_serial_number(fmt::format("SYN-{:04}", 4000 + story_.person().number));
  return device;
}

v1::Administration& Session::bolus(v1::Drug drug, std::string dose_mg, v1::Route route, int after) {
  v1::Administration& given = *body_->add_administrations();
  given.set_item_id(fmt::format("m{}", body_->administrations_size()));
  given.set_kind(v1::ADMINISTRATION_KIND_BOLUS);
  *given.mutable_drug() = std::move(drug);
  given.set_started_at(after_dose(after));
  given.set_dose_mg(std::move(dose_mg));
  given.set_route(route);
  given.set_order_id(story_.order_id());
  return given;
}

v1::Administration& Session::infuse(v1::Drug drug, std::string dose_mg, std::string rate, int from,
                                    int until) {
  v1::Administration& given =
      bolus(std::move(drug), std::move(dose_mg), v1::ROUTE_INTRAVENOUS, from);
  given.set_kind(v1::ADMINISTRATION_KIND_CONSTANT_RATE);
  given.set_ended_at(after_dose(until));
  given.mutable_rate()->set_value(std::move(rate));
  given.mutable_rate()->set_unit(v1::INFUSION_RATE_UNIT_MG_PER_KG_PER_H);
  given.set_site(v1::BODY_SITE_ANTECUBITAL_VEIN);
  given.set_side(v1::SIDE_LEFT);
  if (body_->devices_size() > 0) given.set_device_item_id(body_->devices(0).item_id());
  given.set_given_by_id(kNurse);
  return given;
}

void Session::total(std::string dose_mg, std::string mg_per_kg) {
  body_->set_total_dose_mg(std::move(dose_mg));
  body_->set_ordered_dose_mg_per_kg(std::move(mg_per_kg));
}

v1::ScaleResult& Session::scale(v1::Instrument instrument, int total, v1::DoseTiming timing,
                                int after, std::initializer_list<Pinned> pinned) {
  const bool self_report =
      instrument == v1::INSTRUMENT_PHQ_9 || instrument == v1::INSTRUMENT_GAD_7 ||
      instrument == v1::INSTRUMENT_PCL_5 || instrument == v1::INSTRUMENT_PEG ||
      instrument == v1::INSTRUMENT_PAIN_NRS || instrument == v1::INSTRUMENT_MEQ_30;
  const bool before = timing == v1::DOSE_TIMING_BEFORE_DOSE;
  v1::ScaleResult& result = *body_->add_scales();
  result = synthetic::scale(story_.zone(),
                            {.item_id = fmt::format("s{}", body_->scales_size()),
                             .instrument = instrument,
                             .taken_at = dose_time() + minutes{after},
                             .timing = timing,
                             .minutes_after_dose = before ? -1 : after,
                             .rater_id = self_report ? "" : kPrescriber},
                            total, pinned);
  return result;
}

v1::ScaleResult& Session::screen(const std::vector<int>& answers, v1::SuicideRisk risk,
                                 v1::DoseTiming timing, int after) {
  const bool before = timing == v1::DOSE_TIMING_BEFORE_DOSE;
  v1::ScaleResult& result = *body_->add_scales();
  result = suicide_screen(story_.zone(),
                          {.item_id = fmt::format("s{}", body_->scales_size()),
                           .instrument = v1::INSTRUMENT_CSSRS_SCREENER,
                           .taken_at = dose_time() + minutes{after},
                           .timing = timing,
                           .minutes_after_dose = before ? -1 : after,
                           .rater_id = kPrescriber},
                          answers, risk);
  return result;
}

void Session::bill(v1::BillingSystem system, std::string code, int units) {
  v1::BilledService& service = *body_->add_billed_services();
  service.set_system(system);
  service.set_code(std::move(code));
  service.set_units(units);
}

v1::AdverseEvent& Session::event(v1::AdverseEventKind kind, int from, int until,
                                 std::string action) {
  v1::AdverseEvent& event = *body_->add_adverse_events();
  event.set_item_id(fmt::format("e{}", body_->adverse_events_size()));
  event.set_kind(kind);
  event.set_onset_at(after_dose(from));
  event.set_resolved_at(after_dose(until));
  event.set_severity(v1::ADVERSE_EVENT_SEVERITY_MODERATE);
  event.set_serious(false);
  event.set_outcome(v1::ADVERSE_EVENT_OUTCOME_RESOLVED);
  event.set_causality(v1::CAUSALITY_PROBABLE);
  event.set_administration_item_id("m1");
  event.set_action(std::move(action));
  event.set_reported_by_id(kNurse);
  return event;
}

v1::CoMedication& Session::co_medication(v1::Drug drug, std::string dose_mg, v1::Route route,
                                         int after, v1::CoMedicationReason reason) {
  v1::CoMedication& given = *body_->add_co_medications();
  given.set_item_id(fmt::format("c{}", body_->co_medications_size()));
  *given.mutable_drug() = std::move(drug);
  given.mutable_dose()->set_value(std::move(dose_mg));
  given.mutable_dose()->set_unit(v1::DOSE_UNIT_MG);
  given.set_route(route);
  given.set_given_at(after_dose(after));
  given.set_given_by_id(kNurse);
  given.set_reason(reason);
  if (body_->adverse_events_size() > 0)
    given.set_adverse_event_item_id(body_->adverse_events(0).item_id());
  return given;
}

void Session::waste(std::string amount_mg, int after) {
  v1::Waste& waste = *body_->add_wastes();
  waste.set_item_id(fmt::format("w{}", body_->wastes_size()));
  waste.set_administration_item_id(
      body_->administrations(body_->administrations_size() - 1).item_id());
  waste.set_amount_mg(std::move(amount_mg));
  waste.set_wasted_at(after_dose(after));
  waste.set_wasted_by_id(kNurse);
  waste.set_witnessed_by_id(kSecondNurse);
  waste.set_manner(v1::WASTE_MANNER_SEQUESTERED);
}

void Session::psychotherapy(int from, int until, std::string modality) {
  v1::Psychotherapy& therapy = *body_->mutable_psychotherapy();
  therapy.set_started_at(after_dose(from));
  therapy.set_ended_at(after_dose(until));
  therapy.set_therapist_id(kTherapist);
  therapy.set_phase(v1::PSYCHOTHERAPY_PHASE_WITH_DRUG);
  therapy.set_modality(std::move(modality));
  v1::Participant& participant = *body_->add_participants();
  participant.set_item_id("p3");
  participant.set_practitioner_id(kTherapist);
  participant.set_role(v1::PARTICIPANT_ROLE_THERAPIST);
}

v1::Discharge& Session::discharge() {
  v1::Discharge& discharge = *body_->mutable_discharge();
  discharge.set_ready_at(after_arrival(input_.stay - 5));
  for (const auto kind : {v1::DISCHARGE_CRITERION_KIND_ALERT_AND_ORIENTED,
                          v1::DISCHARGE_CRITERION_KIND_AMBULATES_SAFELY,
                          v1::DISCHARGE_CRITERION_KIND_VITALS_AT_BASELINE,
                          v1::DISCHARGE_CRITERION_KIND_DISSOCIATION_RESOLVED,
                          v1::DISCHARGE_CRITERION_KIND_ESCORT_PRESENT}) {
    v1::DischargeCriterion& criterion = *discharge.add_criteria();
    criterion.set_kind(kind);
    criterion.set_met(true);
  }
  discharge.set_accompanied(true);
  discharge.set_escort_relationship("family member");
  discharge.set_disposition(v1::DISCHARGE_DISPOSITION_HOME);
  discharge.set_assessed_by_id(kNurse);
  return discharge;
}

}  // namespace kap::synthetic
