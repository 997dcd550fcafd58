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

bool write_profiles(const std::filesystem::path& folder, const generator::Package& core,
                    const generator::Package& package) {
  return write(folder / "code_systems.tsv", generator::code_systems_table(package)) &&
         write(folder / "profiles.tsv", generator::profiles_table(core, package)) &&
         write(folder / "open_value_sets.tsv", generator::open_value_sets_table(core, package));
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
  const bool written =
      write(data / "r4/types.tsv", generator::types_table(*core)) &&
      write(data / "r4/search_parameters.tsv", generator::search_parameters_table(*core)) &&
      write(data / "r4/compartments.tsv", generator::compartments_table(*core)) &&
      write(data / "r4/value_sets.tsv", generator::value_sets_table(*core)) &&
      write(data / "r4/constraints.tsv", generator::constraints_table(*core)) &&
      write_profiles(data / "r4", *core, *core);
  if (!written) return 1;
  for (const std::string version : {"6.1.0", "7.0.0"}) {
    auto us_core = generator::Package::read(packages / ("hl7.fhir.us.core-" + version + ".tgz"));
    if (!us_core) return report(us_core.error());
    us_core->set_base(*core);
    if (!write_profiles(data / "us_core" / version, *core, *us_core)) return 1;
  }
  return 0;
}
