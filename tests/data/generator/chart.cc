#include <fmt/format.h>

#include "tests/data/generator/patients.h"

namespace kap::synthetic {

using std::chrono::days;

Instant evaluation(const ChartInput& input) { return input.first_contact + days{7}; }

void open_chart(Story& story, const ChartInput& input) {
  story.patient(input.first_contact - minutes{60});
  story.appointment("1", v1::APPOINTMENT_KIND_DISCOVERY_CALL, input.first_contact, 20)
      .set_comment("Complimentary discovery call");
  const Instant evaluated = evaluation(input);
  story.appointment("2", v1::APPOINTMENT_KIND_EVALUATION, evaluated - minutes{60}, 50);
  story.problem("1", evaluated, input.problem, input.icd10, input.snomed, input.onset);
  story.consent(
      "1", evaluated + minutes{5}, v1::CONSENT_CATEGORY_PROCEDURE,
      "Treatment with ketamine or esketamine in this clinic, its risks and alternatives.");
  v1::Consent& release =
      story.consent("2", evaluated + minutes{7}, v1::CONSENT_CATEGORY_RELEASE_OF_INFORMATION,
                    "Treatment records may go to the referring psychiatrist for my treatment.");
  v1::ConsentProvision& provision = *release.add_provisions();
  provision.set_item_id("p1");
  provision.set_decision(v1::CONSENT_DECISION_PERMIT);
  provision.add_data_classes(v1::DATA_CLASS_MENTAL_HEALTH);
  provision.add_purposes(v1::PURPOSE_OF_USE_TREATMENT);
  provision.add_purposes(v1::PURPOSE_OF_USE_CARE_COORDINATION);
  provision.set_recipient("The referring psychiatrist");
  story.course(evaluated + minutes{20}, input.treatment, input.sessions);
  v1::ClinicalNote& note = story.note(
      "eval", evaluated + minutes{45}, v1::NOTE_KIND_MENTAL_HEALTH_CONSULTATION,
      "Evaluation for ketamine treatment",
      "Seen for evaluation. History, earlier treatment and risks reviewed. No contraindication "
      "found. The patient agrees to the course as planned.");
  note.set_author_id(kPrescriber);
}

void baseline(Story& story, Instant time, const std::vector<Baseline>& scales) {
  v1::Assessment& assessment = story.assessment("base", time, "");
  assessment.set_setting(v1::ASSESSMENT_SETTING_CLINIC);
  for (const Baseline& one : scales)
    *assessment.add_scales() = scale(story.zone(),
                                     {.item_id = fmt::format("s{}", assessment.scales_size()),
                                      .instrument = one.instrument,
                                      .taken_at = time},
                                     one.total);
}

void close_course(Story& story, Instant time, v1::CourseStatus status, v1::StopReason reason) {
  v1::CourseOfTreatment& course =
      *story.revise(story.course_id(), time).mutable_course_of_treatment();
  v1::CourseStatusPeriod& past = *course.add_status_history();
  past.set_status(course.status());
  const int before = course.status_history_size() - 1;
  past.set_started_on(before > 0 ? course.status_history(before - 1).ended_on()
                                 : course.started_on());
  past.set_ended_on(day_of(story.zone(), time));
  course.set_status(status);
  course.set_stop_reason(reason);
  if (status == v1::COURSE_STATUS_FINISHED || status == v1::COURSE_STATUS_STOPPED)
    course.set_ended_on(day_of(story.zone(), time));
}

}  // namespace kap::synthetic
