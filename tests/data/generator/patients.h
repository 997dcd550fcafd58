#pragma once

#include <deque>
#include <string>
#include <vector>

#include "tests/data/generator/session.h"

namespace kap::synthetic {

/// The beginning of every chart: registration and discovery call, evaluation a week later with
/// problem and consent, and the course with order and plan.
struct ChartInput {
  Instant first_contact;
  std::string problem;
  std::string icd10;
  std::string snomed;
  std::string onset;
  v1::Treatment treatment;
  int sessions;
};
void open_chart(Story& story, const ChartInput& input);
/// The evaluation's time; trials and home medication are recorded then.
[[nodiscard]] Instant evaluation(const ChartInput& input);
void close_course(Story& story, Instant time, v1::CourseStatus status, v1::StopReason reason);

/// Scales taken at the evaluation, before any session.
struct Baseline {
  v1::Instrument instrument;
  int total;
};
void baseline(Story& story, Instant time, const std::vector<Baseline>& scales);

Story patient_1();
Story patient_2();
Story patient_3();
Story patient_4();
Story patient_5();
Story patient_6();
Story patient_7();
Story patient_8();

/// One file of tests/data/edge: records that follow the clinic's, and what becomes of each.
struct EdgeCase {
  std::string name;
  std::string purpose;
  std::vector<v1::Record> records;
  std::vector<std::string> expected;
};
[[nodiscard]] std::vector<EdgeCase> edge_cases();

}  // namespace kap::synthetic
