#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "fhir/base/result.h"

namespace kap::gateway::clinic_client {

/// The JSON text of one record and where it begins.
struct RecordText {
  std::string text;
  std::filesystem::path file;
  std::uint32_t line = 1;  // of the file, of the record's first byte
};

/// Where files of records are: `.json` holds one record, or an array of them, and `.ndjson` one a
/// line.
struct RecordFile {
  std::filesystem::path path;
  std::uintmax_t bytes = 0;
};

/// The files that PATH… name, a directory with all below it, in the order given and within a
/// directory in the order of their paths: what a clinic numbers arrives in that order. Refused: a
/// path that is not there, a file of another kind that was named itself, nothing at all.
[[nodiscard]] Result<std::vector<RecordFile>> find_record_files(
    const std::vector<std::filesystem::path>& paths);

/// The records of one file. Errors carry file and line.
[[nodiscard]] Result<std::vector<RecordText>> read_record_file(const std::filesystem::path& path);

}  // namespace kap::gateway::clinic_client
