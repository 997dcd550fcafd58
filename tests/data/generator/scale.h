#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "kap/clinic/v1/scales.pb.h"
#include "tests/data/generator/local_time.h"

namespace kap::synthetic {

namespace v1 = ::kap::clinic::v1;

struct ScaleInput {
  std::string item_id;
  v1::Instrument instrument;
  Instant taken_at;
  v1::DoseTiming timing = v1::DOSE_TIMING_UNRELATED;
  int minutes_after_dose = -1;  // negative: not given
  std::string rater_id{};       // empty: a self-report
};

/// Answers that add up to the total: spread evenly, the rest on the first items; an item that is
/// pinned keeps its value. Throws when the total cannot be reached.
struct Pinned {
  int item;  // from 1
  int value;
};
v1::ScaleResult scale(Zone zone, const ScaleInput& input, int total,
                      std::initializer_list<Pinned> pinned = {});

/// The C-SSRS screener: answers to questions 1 to 5 and to both questions about behaviour.
v1::ScaleResult suicide_screen(Zone zone, const ScaleInput& input, const std::vector<int>& answers,
                               v1::SuicideRisk risk);

}  // namespace kap::synthetic
