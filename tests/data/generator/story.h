#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "kap/clinic/v1/record.pb.h"
#include "tests/data/generator/local_time.h"

namespace kap::synthetic {

namespace v1 = ::kap::clinic::v1;

inline constexpr const char* kOrganization = "org-east";
inline constexpr const char* kPrescriber = "prac-linden";
inline constexpr const char* kNurse = "prac-hazel";
inline constexpr const char* kSecondNurse = "prac-rowan";
inline constexpr const char* kTherapist = "prac-maple";
inline constexpr const char* kAnesthesiologist = "prac-aspen";

/// What one patient's records have in common.
struct Person {
  int number;
  std::string family;
  std::string given;
  v1::AdministrativeGender gender;
  std::string birth_date;
  v1::Race race = v1::RACE_WHITE;
  v1::Ethnicity ethnicity = v1::ETHNICITY_NOT_HISPANIC_OR_LATINO;
  std::string language = "en";
};

/// The records of one patient in the order in which the clinic sends them. Every function adds one
/// record and returns it, so that a caller can add what only its patient has.
class Story {
 public:
  Story(std::string clinic_id, Zone zone, Person person);

  [[nodiscard]] const std::deque<v1::Record>& records() const { return records_; }
  /// The record added last.
  [[nodiscard]] v1::Record& last() { return records_.back(); }
  [[nodiscard]] const Person& person() const { return person_; }
  [[nodiscard]] Zone zone() const { return zone_; }
  [[nodiscard]] std::string patient_id() const;
  [[nodiscard]] std::string course_id() const;
  [[nodiscard]] std::string order_id() const;
  /// `prefix-<patient>-<suffix>`, e.g. ses-3-02.
  [[nodiscard]] std::string id(std::string_view prefix, std::string_view suffix) const;

  /// An envelope of revision 1 without a body.
  v1::Record& add(std::string id, Instant recorded_at, const char* author = kPrescriber);
  /// The next revision of an earlier record, to be changed by the caller.
  v1::Record& revise(std::string_view record_id, Instant recorded_at);

  v1::Patient& patient(Instant registered_at);
  v1::Appointment& appointment(const std::string& suffix, v1::AppointmentKind kind,
                               Instant starts_at, int length_minutes);
  v1::Problem& problem(const std::string& suffix, Instant recorded_at, std::string name,
                       std::string icd10, std::string snomed, std::string onset);
  v1::MedicationTrial& trial(const std::string& suffix, Instant recorded_at, std::string drug,
                             std::string rxnorm, std::string dose_mg, std::string from,
                             std::string until);
  v1::HomeMedication& home_medication(const std::string& suffix, Instant recorded_at,
                                      std::string drug, std::string rxnorm, std::string dose_mg);
  v1::CourseOfTreatment& course(Instant recorded_at, v1::Treatment treatment, int sessions);
  v1::MedicationOrder& order(Instant recorded_at, v1::Drug drug, v1::Route route,
                             std::string instruction);
  v1::CarePlan& plan(Instant recorded_at, std::string title, std::string description);
  v1::PlanGoal& goal(v1::CarePlan& plan, v1::Instrument instrument, std::string total,
                     std::string description);
  v1::Consent& consent(const std::string& suffix, Instant decided_at, v1::ConsentCategory category,
                       std::string explanation);
  v1::ClinicalNote& note(const std::string& suffix, Instant written_at, v1::NoteKind kind,
                         std::string title, std::string text);
  v1::LaboratoryResult& pregnancy_test(Instant collected_at);
  v1::Allergy& allergy(Instant recorded_at, std::string substance, std::string reaction);
  v1::Assessment& assessment(const std::string& suffix, Instant taken_at,
                             std::string after_session);

 private:
  std::string clinic_id_;
  Zone zone_;
  Person person_;
  std::deque<v1::Record> records_;
};

/// The names of the clinic's staff, for authors. Throws for an id that is not in the table.
[[nodiscard]] std::string staff_name(std::string_view practitioner_id);

/// The first file of a clinic: organization, rooms, staff.
[[nodiscard]] std::deque<v1::Record> east_clinic();
/// A second, small clinic with one patient, who has the record ids of the first clinic's patient 1.
[[nodiscard]] std::deque<v1::Record> west_clinic();

/// Ten digits starting with 9, which no real National Provider Identifier does, with a right check
/// digit.
[[nodiscard]] std::string synthetic_npi(int number);

[[nodiscard]] v1::Drug ketamine(std::string lot);
[[nodiscard]] v1::Drug drug(std::string name, std::string rxnorm);

}  // namespace kap::synthetic
