#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

fs::path shared_folder() {
  const char* named = std::getenv("KAP_SHARED");
  return named != nullptr ? fs::path(named) : fs::path(KAP_SOURCE_DIR) / "../shared";
}

TEST(Generator, GivesTheCommittedTablesByteForByte) {
  const fs::path packages = shared_folder() / "fhir-packages";
  if (!fs::exists(packages / "hl7.fhir.r4.core-4.0.1.tgz")) {
    GTEST_SKIP() << "the official packages are not in " << packages << " (KAP_SHARED)";
  }
  const fs::path out = fs::path(testing::TempDir()) / "kap-definitions-generator-test";
  fs::remove_all(out);
  const std::string command = std::string("'") + KAP_GENERATOR + "' '" + packages.string() + "' '" +
                              out.string() + "' > /dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const fs::path committed = fs::path(KAP_SOURCE_DIR) / "fhir/definitions/data";
  int compared = 0;
  for (const auto& entry : fs::recursive_directory_iterator(committed)) {
    if (entry.path().extension() != ".tsv") continue;
    const fs::path relative = fs::relative(entry.path(), committed);
    EXPECT_TRUE(bytes_of(entry.path()) == bytes_of(out / relative))
        << relative << " differs: run definitions-generator or look at what changed";
    ++compared;
  }
  EXPECT_EQ(compared, 14);
  fs::remove_all(out);
}

}  // namespace
