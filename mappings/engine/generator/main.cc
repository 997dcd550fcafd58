#include <filesystem>
#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include "fhir/base/limits.h"
#include "mappings/engine/logical_model.h"
#include "mappings/engine/map_files.h"

/// `clinic-models DESCRIPTOR_SET FOLDER`: writes the logical models of the contract into FOLDER.
int main(int argc, char** argv) {
  using namespace kap::mappings;
  if (argc != 3) {
    std::cerr << "usage: clinic-models DESCRIPTOR_SET FOLDER\n";
    return 2;
  }
  const auto bytes = read_file(argv[1], kap::limits::kJsonBytes);
  if (!bytes.has_value()) {
    std::cerr << bytes.error().summary() << '\n';
    return 1;
  }
  const auto comments = ContractComments::read(*bytes);
  if (!comments.has_value()) {
    std::cerr << comments.error().summary() << '\n';
    return 1;
  }
  const std::filesystem::path folder(argv[2]);
  std::filesystem::create_directories(folder);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") std::filesystem::remove(entry.path());
  }
  for (const ClinicMessage& message : ClinicSchema::get().messages()) {
    std::ofstream out(folder / fmt::format("clinic-{}.json", message.name), std::ios::binary);
    out << logical_model(message, *comments);
  }
  std::cout << ClinicSchema::get().messages().size() << " models\n";
  return 0;
}
