// synthetic-clinic DIR: writes the synthetic clinic below DIR (tests/data).
#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <fstream>

#include "tests/data/generator/files.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: synthetic-clinic DIR\n");
    return 2;
  }
  try {
    const std::filesystem::path root = argv[1];
    for (const auto& [name, content] : kap::synthetic::synthetic_files()) {
      std::filesystem::create_directories((root / name).parent_path());
      std::ofstream out(root / name, std::ios::binary);
      out << content;
      if (!out.flush()) {
        fmt::print(stderr, "{}: cannot be written\n", (root / name).string());
        return 1;
      }
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "synthetic-clinic: {}\n", error.what());
    return 1;
  }
  return 0;
}
