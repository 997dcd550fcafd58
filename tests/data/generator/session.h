#pragma once

#include <string>
#include <vector>

#include "tests/data/generator/scale.h"
#include "tests/data/generator/story.h"

namespace kap::synthetic {

struct Pressure {
  int systolic;
  int diastolic;
};

/// What every kind of session needs. Times are minutes after arrival.
struct SessionInput {
  int number;
  Instant arrives_at;
  int dose_after = 25;      // start of the treatment
  int treatment = 40;       // its length; 0 for a bolus
  int stay = 130;           // until the patient leaves
  int vitals_every = 5;     // during the treatment
  int recovery_every = 15;  // after it, counted from the dose
  Pressure before{122, 78};
  Pressure peak{138, 88};
  Pressure after{124, 79};
  int peak_after_dose = 40;
  int heart_rate = 72;
  std::string weight{};  // empty: not weighed
  v1::WeightUnit weight_unit = v1::WEIGHT_UNIT_KG;
  std::string temperature = "36.7";
  v1::TemperatureUnit temperature_unit = v1::TEMPERATURE_UNIT_CELSIUS;
  bool with_carbon_dioxide = false;
  int dissociation_peak = 9;  // CADSS-6 total at 40 minutes
};

/// A session under construction: adds to its record, keeps the times.
class Session {
 public:
  /// The record with status, times, place, team and the series of vital signs. Identical input
  /// gives identical vital signs: the jitter comes from the patient's and the session's number.
  Session(Story& story, v1::Treatment treatment, const SessionInput& input);

  [[nodiscard]] v1::TreatmentSession& body() { return *body_; }
  [[nodiscard]] v1::Record& record() { return *record_; }
  [[nodiscard]] const std::string& id() const { return record_->record_id(); }
  [[nodiscard]] Instant arrival() const { return input_.arrives_at; }
  [[nodiscard]] Instant dose_time() const { return arrival() + minutes{input_.dose_after}; }
  [[nodiscard]] Instant leaving() const { return arrival() + minutes{input_.stay}; }
  [[nodiscard]] std::string after_arrival(int count) const;
  [[nodiscard]] std::string after_dose(int count) const;

  v1::Device& device(v1::DeviceKind kind, std::string manufacturer, std::string model);
  v1::Administration& bolus(v1::Drug drug, std::string dose_mg, v1::Route route, int after_dose);
  v1::Administration& infuse(v1::Drug drug, std::string dose_mg, std::string rate, int from,
                             int until);
  void total(std::string dose_mg, std::string mg_per_kg);
  v1::ScaleResult& scale(v1::Instrument instrument, int total, v1::DoseTiming timing,
                         int after_dose, std::initializer_list<Pinned> pinned = {});
  v1::ScaleResult& screen(const std::vector<int>& answers, v1::SuicideRisk risk,
                          v1::DoseTiming timing, int after_dose);
  void bill(v1::BillingSystem system, std::string code, int units);
  v1::AdverseEvent& event(v1::AdverseEventKind kind, int from, int until, std::string action);
  v1::CoMedication& co_medication(v1::Drug drug, std::string dose_mg, v1::Route route,
                                  int after_dose, v1::CoMedicationReason reason);
  void waste(std::string amount_mg, int after_dose);
  void psychotherapy(int from, int until, std::string modality);
  v1::Discharge& discharge();

 private:
  void add_team();
  void add_vitals();
  void add_point(int after_arrival, v1::VitalPhase phase);
  void add_sedation(v1::SedationScale scale);
  [[nodiscard]] int curve(int before, int peak, int after, int after_arrival) const;
  int jitter(int spread);

  Story& story_;
  SessionInput input_;
  v1::Record* record_;
  v1::TreatmentSession* body_;
  std::uint64_t state_;
};

}  // namespace kap::synthetic
