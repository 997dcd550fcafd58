#include "mappings/engine/print_map.h"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "fhir/base/limits.h"
#include "fhir/json/parse.h"
#include "mappings/engine/builtin.h"
#include "mappings/engine/parser.h"

namespace kap::mappings {
namespace {

std::string print(std::string_view text) {
  Diagnostics diagnostics;
  const auto map = parse_map(text, "test.fml", diagnostics);
  return map ? print_map(*map) : diagnostics.render();
}

constexpr std::string_view kCanonical = R"(// what it is for
/// url = 'http://x/y'
/// name = 'y'
/// description = """
two
lines
"""

conceptmap "m" {
  prefix s = "http://s"
  prefix t = "http://t"
  unmapped for s = provided
  s:a - t:"b-1"
  s:c --
}

uses "http://x/A" alias A as source // one
uses "http://x/B" as target

imports "http://x/*"

let k = 'it\'s';

// doc
group g(source s : A, target t : B) extends h <<types>> { // after
  // before
  s.value : integer 0..1 default (10) first as v where (v > 1) check (v < 9) log (v) -> t.`a-b` = append(v, 'x', k) as w share z, uuid() as u then h(v, w), k(v, w) {
    v -> w.x = (v.y + 1), w.z = true, w.d = @2024-01-01; // inner
    // last
  } "name"; // outer
  s.a -> t.b;
}

group h(source s, target t) {
}
)";

TEST(PrintMap, CanonicalTextStaysAsItIs) { EXPECT_EQ(print(kCanonical), kCanonical); }

TEST(PrintMap, PutsR4SyntaxInCanonicalForm) {
  EXPECT_EQ(print("map \"http://x/y\" = \"y\"\n"
                  "group g(source s,target t){s.a as v where v = \"x\" -> t.b=v;}"),
            "/// url = 'http://x/y'\n/// name = 'y'\n\n"
            "group g(source s, target t) {\n  s.a as v where (v = 'x') -> t.b = v;\n}\n");
}

TEST(PrintMap, PrintsOwnAndPublicMapsStably) {
  std::vector<MapText> maps;
  if (auto files = builtin_files()) maps = std::move(files->maps);
  const char* shared = std::getenv("KAP_SHARED");
  const std::filesystem::path folder =
      (shared != nullptr ? std::filesystem::path(shared)
                         : std::filesystem::path(KAP_SOURCE_DIR) / "../shared") /
      "test-suites/fml";
  if (std::filesystem::exists(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".map") continue;
      const auto text = read_file(entry.path().string(), limits::kMapBytes);
      ASSERT_TRUE(text.has_value());
      maps.push_back({.file = entry.path().filename().string(), .text = *text});
    }
  }
  for (const MapText& map : maps) {
    const std::string once = print(map.text);
    EXPECT_EQ(print(once), once) << map.file;
  }
}

TEST(StructureMap, IsR4) {
  Diagnostics diagnostics;
  const auto map = parse_map(
      "/// url = 'http://x/y'\n/// name = 'y'\n"
      "uses \"http://x/A\" alias A as source\n"
      "group g(source s : A, target t) {\n"
      "  s.a first as v where (v = 'x') -> t.b = truncate(v, 3) as w share q then h(v, w) \"n\";\n"
      "  s.c -> t.d;\n  s -> t.e = (s.f + 1);\n}\n",
      "test.fml", diagnostics);
  ASSERT_TRUE(map) << diagnostics.render();
  EXPECT_EQ(
      to_structure_map(*map),
      R"({"resourceType":"StructureMap","url":"http://x/y","name":"y","status":"draft",)"
      R"("structure":[{"url":"http://x/A","mode":"source","alias":"A"}],)"
      R"("group":[{"name":"g","typeMode":"none","input":[)"
      R"({"name":"s","type":"A","mode":"source"},{"name":"t","mode":"target"}],"rule":[)"
      R"({"name":"n","source":[{"context":"s","element":"a","listMode":"first","variable":"v",)"
      R"("condition":"v = 'x'"}],"target":[{"context":"t","contextType":"variable","element":"b",)"
      R"("variable":"w","listMode":["share"],"listRuleId":"q","transform":"truncate",)"
      R"("parameter":[{"valueId":"v"},{"valueInteger":3}]}],)"
      R"("dependent":[{"name":"h","variable":["v","w"]}]},)"
      R"({"name":"rule1","source":[{"context":"s","element":"c","variable":"vvv"}],)"
      R"("target":[{"context":"t","contextType":"variable","element":"d","variable":"vvv",)"
      R"("transform":"create"}]},)"
      R"({"name":"rule2","source":[{"context":"s"}],"target":[{"context":"t",)"
      R"("contextType":"variable","element":"e","transform":"evaluate",)"
      R"("parameter":[{"valueString":"s.f + 1"}]}]}]}]})");
}

}  // namespace
}  // namespace kap::mappings
