#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "fhir/definitions/generator/package.h"
#include "fhir/definitions/generator/tables.h"

namespace {

namespace generator = kap::fhir::definitions::generator;

bool write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  std::printf("%s: %zu bytes\n", path.c_str(), text.size());
  return std::filesystem::file_size(path) == text.size();
}

int report(const kap::Outcome& outcome) {
  std::fprintf(stderr, "definitions-generator: %s\n", outcome.summary().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs(
        "usage: definitions-generator PACKAGES_FOLDER DATA_FOLDER\n"
        "Writes the tables of fhir/definitions/data from the official FHIR packages.\n",
        stderr);
    return 2;
  }
  const std::filesystem::path packages = argv[1];
  const std::filesystem::path data = argv[2];
  const auto core = generator::Package::read(packages / "hl7.fhir.r4.core-4.0.1.tgz");
  if (!core) return report(core.error());
  const auto us_core = generator::Package::read(packages / "hl7.fhir.us.core-6.1.0.tgz");
  if (!us_core) return report(us_core.error());
  const bool written =
      write(data / "r4/types.tsv", generator::types_table(*core)) &&
      write(data / "r4/search_parameters.tsv", generator::search_parameters_table(*core)) &&
      write(data / "r4/compartments.tsv", generator::compartments_table(*core)) &&
      write(data / "r4/value_sets.tsv", generator::value_sets_table(*core)) &&
      write(data / "r4/profiles.tsv", generator::profiles_table(*core)) &&
      write(data / "us_core/profiles.tsv", generator::profiles_table(*us_core));
  return written ? 0 : 1;
}
