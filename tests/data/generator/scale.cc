#include "tests/data/generator/scale.h"

#include <fmt/format.h>

#include <stdexcept>

#include "kap/clinic/v1/constraints.pb.h"

namespace kap::synthetic {
namespace {

const char* item_prefix(v1::Instrument instrument) {
  switch (instrument) {
    case v1::INSTRUMENT_PHQ_9:
      return "phq9";
    case v1::INSTRUMENT_PHQ_2:
      return "phq2";
    case v1::INSTRUMENT_BDI_II:
      return "bdi2";
    case v1::INSTRUMENT_HAM_D_17:
      return "hamd";
    case v1::INSTRUMENT_QIDS_SR_16:
      return "qids";
    case v1::INSTRUMENT_WHODAS_12:
      return "whodas";
    case v1::INSTRUMENT_BPI_INTERFERENCE:
      return "bpi";
    case v1::INSTRUMENT_GAD_7:
      return "gad7";
    case v1::INSTRUMENT_CSSRS_SCREENER:
      return "cssrs";
    case v1::INSTRUMENT_PCL_5:
      return "pcl5";
    case v1::INSTRUMENT_MADRS:
      return "madrs";
    case v1::INSTRUMENT_Y_BOCS:
      return "ybocs";
    case v1::INSTRUMENT_CADSS:
      return "cadss";
    case v1::INSTRUMENT_CADSS_6:
      return "cadss6";
    case v1::INSTRUMENT_BPRS_4:
      return "bprs4";
    case v1::INSTRUMENT_MEQ_30:
      return "meq30";
    case v1::INSTRUMENT_PAIN_NRS:
      return "painnrs";
    case v1::INSTRUMENT_PEG:
      return "peg";
    default:
      throw std::logic_error("an instrument without item codes");
  }
}

const v1::ScoreRule& rule_of(v1::Instrument instrument) {
  return v1::Instrument_descriptor()
      ->FindValueByNumber(instrument)
      ->options()
      .GetExtension(v1::score);
}

v1::ScaleResult begin(Zone zone, const ScaleInput& input) {
  v1::ScaleResult result;
  result.set_item_id(input.item_id);
  result.set_instrument(input.instrument);
  result.set_administered_at(stamp(zone, input.taken_at));
  result.set_timing(input.timing);
  if (input.minutes_after_dose >= 0) result.set_minutes_after_dose(input.minutes_after_dose);
  result.set_rater(input.rater_id.empty() ? v1::SCALE_RATER_PATIENT : v1::SCALE_RATER_CLINICIAN);
  result.set_rater_id(input.rater_id);
  result.set_status(v1::RESULT_STATUS_FINAL);
  return result;
}

void answer(v1::ScaleResult& result, int item, int value) {
  v1::ScaleAnswer& added = *result.add_answers();
  added.set_item(fmt::format("{}-{}", item_prefix(result.instrument()), item));
  added.set_value(value);
}

}  // namespace

v1::ScaleResult scale(Zone zone, const ScaleInput& input, int total,
                      std::initializer_list<Pinned> pinned) {
  v1::ScaleResult result = begin(zone, input);
  const v1::ScoreRule& rule = rule_of(input.instrument);
  const int count = static_cast<int>(rule.items());
  std::vector<int> values(static_cast<std::size_t>(count), -1);
  int left = rule.method() == v1::SCORE_METHOD_MEAN ? total * count : total;
  int open = count;
  for (const Pinned& pin : pinned) {
    values.at(static_cast<std::size_t>(pin.item - 1)) = pin.value;
    left -= pin.value;
    --open;
  }
  if (left < 0 || left > open * rule.item_max()) throw std::logic_error("a total out of reach");
  for (int item = 1; item <= count; ++item) {
    int& value = values[static_cast<std::size_t>(item - 1)];
    if (value < 0) {
      value = left / open + (left % open > 0 ? 1 : 0);
      left -= value;
      --open;
    }
    answer(result, item, value);
  }
  // How difficult the problems made life: asked after the nine items, not counted.
  if (input.instrument == v1::INSTRUMENT_PHQ_9) answer(result, 10, total >= 15 ? 2 : 1);
  result.set_total(fmt::format("{}", total));
  return result;
}

v1::ScaleResult suicide_screen(Zone zone, const ScaleInput& input, const std::vector<int>& answers,
                               v1::SuicideRisk risk) {
  v1::ScaleResult result = begin(zone, input);
  int item = 0;
  for (const int value : answers) answer(result, ++item, value);
  result.set_risk(risk);
  return result;
}

}  // namespace kap::synthetic
