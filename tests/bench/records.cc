#include "tests/bench/records.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace kap::bench {

std::vector<clinic::v1::Record> read_clinic(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(folder))
    if (file.path().extension() == ".ndjson") files.push_back(file.path());
  std::ranges::sort(files);
  std::vector<clinic::v1::Record> records;
  for (const auto& file : files) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      if (line.empty()) continue;
      const auto status =
          google::protobuf::util::JsonStringToMessage(line, &records.emplace_back());
      if (status.ok()) continue;
      fmt::print(stderr, "{}: {}\n", file.string(), std::string(status.message()));
      std::exit(1);
    }
  }
  return records;
}

const clinic::v1::Record& first_infusion(const std::vector<clinic::v1::Record>& records) {
  for (const auto& record : records) {
    if (record.has_treatment_session() &&
        record.treatment_session().treatment() == clinic::v1::TREATMENT_KETAMINE_INTRAVENOUS &&
        record.treatment_session().status() == clinic::v1::SESSION_STATUS_COMPLETED) {
      return record;
    }
  }
  fmt::print(stderr, "the synthetic clinic has no completed infusion\n");
  std::exit(1);
}

}  // namespace kap::bench
