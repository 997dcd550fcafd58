#include "mappings/engine/parser.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace kap::mappings {
namespace {

std::optional<ast::Map> parse(std::string_view text, Diagnostics& diagnostics) {
  return parse_map(text, "test.fml", diagnostics);
}

std::string first_error(std::string_view text) {
  Diagnostics diagnostics;
  (void)parse(text, diagnostics);
  if (diagnostics.items().empty()) return "none";
  const Diagnostic& item = diagnostics.items().front();
  return "M" + std::to_string(static_cast<int>(item.code)) + "@" +
         std::to_string(item.span.at.line) + ":" + std::to_string(item.span.at.column);
}

constexpr std::string_view kHead = "map \"http://x/y\" = \"y\"\n";

TEST(Parser, ReadsEveryPartOfARule) {
  Diagnostics diagnostics;
  const auto map = parse(
      "/// url = 'http://x/y'\n/// name = \"y\"\n"
      "group g(source src : A, target tgt : B) extends h <<type+>> { // doc\n"
      "  // before\n"
      "  src.value : integer 0..* default (10) first as vs where (value >= 10) check (value <= "
      "100) "
      "log (value) -> tgt.a.b = append(vs, '-', \"x\") as vt share list, uuid() as u then h(vs, "
      "vt), "
      "k(vs, vt) { vs.x -> vt.y; } \"name\"; // after\n"
      "}\n",
      diagnostics);
  ASSERT_TRUE(map) << diagnostics.render();
  EXPECT_EQ(map->url.text, "http://x/y");
  const ast::Rule& rule = map->groups.at(0).rules.at(0);
  const ast::Source& source = rule.sources.at(0);
  EXPECT_EQ(source.path.text(), "src.value");
  EXPECT_EQ(source.type->text, "integer");
  EXPECT_FALSE(source.cardinality->max);
  EXPECT_EQ(source.default_value->text, "10");
  EXPECT_EQ(source.list, ast::SourceList::kFirst);
  EXPECT_EQ(source.where->text, "value >= 10");
  EXPECT_EQ(source.check->text, "value <= 100");
  EXPECT_EQ(source.log->text, "value");
  EXPECT_EQ(rule.targets.at(0).share->text, "list");
  EXPECT_FALSE(rule.targets.at(1).path);
  EXPECT_EQ(rule.calls.size(), 2U);
  EXPECT_EQ(rule.rules.size(), 1U);
  EXPECT_EQ(rule.name->text, "name");
  EXPECT_EQ(rule.comments.before.at(0), "before");
  EXPECT_EQ(rule.comments.after, "after");
  EXPECT_EQ(map->groups.at(0).comments.after, "doc");
}

TEST(Parser, ReadsConditionsWithoutParenthesesAsR4Does) {
  Diagnostics diagnostics;
  const auto map = parse(std::string(kHead) +
                             "group g(source s, target t) {\n"
                             "  s as v where a = 'x' and (b or c) check (d) or e -> t.f = 'g';\n"
                             "  s.e as v where type = \"author\" -> t.f as w then h(v, w);\n"
                             "}\n",
                         diagnostics);
  ASSERT_TRUE(map) << diagnostics.render();
  EXPECT_EQ(map->groups[0].rules[0].sources[0].where->text, "a = 'x' and (b or c)");
  EXPECT_EQ(map->groups[0].rules[0].sources[0].check->text, "(d) or e");
  EXPECT_EQ(map->groups[0].rules[1].sources[0].where->text, "type = 'author'");
}

TEST(Parser, SaysWhereAnErrorIs) {
  EXPECT_EQ(first_error(std::string(kHead) + "group g(source s, target t) { s.a -> t.b }"),
            "M103@2:42");
  EXPECT_EQ(first_error(std::string(kHead) + "group g(source s, target t) { s.a -> t.b = 'x; }"),
            "M102@2:44");
  EXPECT_EQ(first_error("group g(source s, target t) { }"), "M201@1:1");
  EXPECT_EQ(first_error(kHead), "M106@2:1");
  EXPECT_EQ(first_error(std::string(kHead) + "group g(source s, target t) { s where (a -> t.b; }"),
            "M102@2:39");
  EXPECT_EQ(first_error(std::string(kHead) + "uses \"a\" as b"), "M103@2:13");
  EXPECT_EQ(first_error("/// url\n"), "M108@2:1");
  EXPECT_EQ(first_error("/* "), "M102@1:1");
}

TEST(Parser, ReportsEveryBrokenRule) {
  Diagnostics diagnostics;
  (void)parse(std::string(kHead) +
                  "group g(source s, target t) {\n s.a -> -> t.b;\n s.c -> t.d;\n s.e t.f;\n}\n",
              diagnostics);
  ASSERT_EQ(diagnostics.items().size(), 2U) << diagnostics.render();
  EXPECT_EQ(diagnostics.items()[1].span.at.line, 5U);
}

TEST(Parser, RefusesWhatIsNotUtf8) {
  Diagnostics diagnostics;
  EXPECT_FALSE(
      parse_map("map \"http://x\" = \"a\"\ngroup g(source s) { s -> \"\x8d\"; }", "m", diagnostics)
          .has_value());
  ASSERT_EQ(diagnostics.items().size(), 1U);
  EXPECT_EQ(diagnostics.items().front().span.at, (SourcePosition{.line = 2, .column = 27}));
}

TEST(Parser, BoundsNesting) {
  std::string text = std::string(kHead) + "group g(source s, target t) ";
  for (int i = 0; i < 100'000; ++i) text += "{ s.a as b then ";
  EXPECT_EQ(first_error(text).substr(0, 4), "M107");
}

TEST(Parser, ParsesThePublicMaps) {
  const char* shared = std::getenv("KAP_SHARED");
  const std::filesystem::path folder =
      (shared != nullptr ? std::filesystem::path(shared)
                         : std::filesystem::path(KAP_SOURCE_DIR) / "../shared") /
      "test-suites/fml";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".map") continue;
    std::ifstream in(entry.path());
    std::stringstream text;
    text << in.rdbuf();
    Diagnostics diagnostics;
    EXPECT_TRUE(parse_map(text.str(), entry.path().filename().string(), diagnostics))
        << diagnostics.render();
    ++count;
  }
  EXPECT_GE(count, 11);
}

}  // namespace
}  // namespace kap::mappings
