#include "tests/data/generator/files.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <stdexcept>

#include "tests/data/generator/patients.h"

namespace kap::synthetic {
namespace {

template <typename Records>
std::string lines(const Records& records) {
  std::string text;
  for (const v1::Record& record : records) {
    std::string line;
    if (!google::protobuf::util::MessageToJsonString(record, &line).ok())
      throw std::logic_error("a record that protobuf cannot print");
    text += line;
    text += '\n';
  }
  return text;
}

std::string expectation(const EdgeCase& edge) {
  std::string text = fmt::format("# {}\n", edge.purpose);
  for (const std::string& line : edge.expected) text += line + "\n";
  return text;
}

}  // namespace

std::map<std::string, std::string> synthetic_files() {
  std::map<std::string, std::string> files;
  files["clinic/000-clinic.ndjson"] = lines(east_clinic());
  files["clinic/001-depression.ndjson"] = lines(patient_1().records());
  files["clinic/002-esketamine.ndjson"] = lines(patient_2().records());
  files["clinic/003-suicidal-ideation.ndjson"] = lines(patient_3().records());
  files["clinic/004-trauma.ndjson"] = lines(patient_4().records());
  files["clinic/005-obsessions.ndjson"] = lines(patient_5().records());
  files["clinic/006-bipolar.ndjson"] = lines(patient_6().records());
  files["clinic/007-chronic-pain.ndjson"] = lines(patient_7().records());
  files["clinic/008-anxiety.ndjson"] = lines(patient_8().records());
  files["clinic-west/000-clinic.ndjson"] = lines(west_clinic());
  for (const EdgeCase& edge : edge_cases()) {
    files[fmt::format("edge/{}.ndjson", edge.name)] = lines(edge.records);
    files[fmt::format("edge/{}.expect", edge.name)] = expectation(edge);
  }
  return files;
}

}  // namespace kap::synthetic
