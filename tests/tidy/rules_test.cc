#include "tests/tidy/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tidy/lexer.h"

/// Each rule over samples: one that passes and one that must not, for a check that cannot fail
/// checks nothing.
namespace kap::tidy {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Files = std::vector<SourceFile>;

const std::vector<Layer>& sample_layers() {
  static const std::vector<Layer> kLayers = {
      {"fhir/base", {}},
      {"fhir/json", {"fhir/base"}},
      {"gateway/proto", {}},
      {"gateway", {"fhir/*", "gateway/*"}},
      {"gateway/service", {"fhir/*"}},
  };
  return kLayers;
}

TEST(Layers, AllowWhatTheRowNames) {
  const Files files = {
      {"fhir/json/a.h", "#include \"fhir/base/b.h\"\n#include \"fhir/json/c.h\"\n"},
      {"gateway/service/a.cc", "#include \"fhir/json/c.h\"\n"},
      {"gateway/main.cc", "#include \"gateway/service/a.h\"\n"},
      {"tests/unit/x_test.cc", "#include \"fhir/json/a.h\"\n"}};
  EXPECT_THAT(check_layers(files, sample_layers()), IsEmpty());
}

TEST(Layers, RefuseAnIncludeUpwards) {
  const Files files = {{"fhir/base/a.h", "#pragma once\n#include \"fhir/json/b.h\"\n"}};
  const auto findings = check_layers(files, sample_layers());
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_EQ(findings[0].line, 2U);
  EXPECT_THAT(findings[0].message, HasSubstr("fhir/base may not include fhir/json/b.h"));
}

TEST(Layers, RefuseAnUnknownFolderAndATest) {
  EXPECT_THAT(check_layers(Files{{"gateway/extra/a.cc", ""}}, sample_layers()), SizeIs(1));
  EXPECT_THAT(
      check_layers(Files{{"fhir/json/a.cc", "#include \"tests/unit/a.h\"\n"}}, sample_layers()),
      SizeIs(1));
}

TEST(Layers, OfTheTreeAreInOrder) {
  // Each exact entry names a row of the table: a misspelt one would allow nothing.
  for (const Layer& layer : layers()) {
    for (const std::string_view allowed : layer.may_include) {
      if (allowed.ends_with("/*")) continue;
      EXPECT_NE(std::ranges::find(layers(), allowed, &Layer::folder), layers().end()) << allowed;
    }
  }
}

TEST(Libraries, StayInTheirFolders) {
  const std::vector<LibraryRule> rules = {{"sqlite3.h", {"gateway/store/sqlite"}}};
  EXPECT_THAT(
      check_libraries(Files{{"gateway/store/sqlite/a.cc", "#include <sqlite3.h>\n"}}, rules),
      IsEmpty());
  EXPECT_THAT(check_libraries(Files{{"gateway/service/a.cc", "#include <sqlite3.h>\n"}}, rules),
              SizeIs(1));
}

TEST(Cycles, AreFound) {
  const Files headers = {{"fhir/json/a.h", "#include \"fhir/json/b.h\"\n"},
                         {"fhir/json/b.h", "#include \"fhir/json/c.h\"\n"},
                         {"fhir/json/c.h", "#include \"fhir/json/a.h\"\n"}};
  const auto findings = check_header_cycles(headers);
  ASSERT_THAT(findings, SizeIs(1));
  EXPECT_THAT(findings[0].message,
              HasSubstr("fhir/json/a.h -> fhir/json/b.h -> fhir/json/c.h -> "));
  EXPECT_THAT(check_folder_cycles(headers), IsEmpty());

  const Files folders = {{"fhir/json/a.cc", "#include \"fhir/path/b.h\"\n"},
                         {"fhir/path/c.cc", "#include \"fhir/json/d.h\"\n"}};
  EXPECT_THAT(check_folder_cycles(folders), SizeIs(1));
  EXPECT_THAT(check_header_cycles(folders), IsEmpty());
}

TEST(DeadFiles, AreFound) {
  const Files files = {{"fhir/json/CMakeLists.txt", ""},
                       {"fhir/json/a.h", ""},
                       {"fhir/json/a.cc", "#include \"fhir/json/a.h\"\n"},
                       {"fhir/json/b.h", ""},
                       {"fhir/json/c.cc", "#include \"fhir/json/b.h\"\n"},
                       {"fhir/lost/d.cc", ""}};
  const auto findings = check_dead_files(files);
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].path, "fhir/json/a.h");
  EXPECT_EQ(findings[1].path, "fhir/lost/d.cc");
}

TEST(PragmaOnce, IsDemanded) {
  EXPECT_THAT(check_pragma_once(Files{{"fhir/a.h", "int x;\n"}}), SizeIs(1));
  EXPECT_THAT(check_pragma_once(Files{{"fhir/a.h", "#pragma once\n"}}), IsEmpty());
}

TEST(Lexer, BlanksWhatIsNotCode) {
  EXPECT_EQ(blank_non_code("a // {\nb"), "a     \nb");
  EXPECT_EQ(blank_non_code("a /* { \n } */ b"), "a      \n      b");
  EXPECT_EQ(blank_non_code("x = \"{\\\"}\"; y"), "x = \"    \"; y");
  EXPECT_EQ(blank_non_code("c = '{';"), "c = ' ';");
  EXPECT_EQ(blank_non_code("c = '\\'';"), "c = '  ';");
  EXPECT_EQ(blank_non_code("n = 1'000'000; {"), "n = 1'000'000; {");
  EXPECT_EQ(blank_non_code("r = R\"x({\")\" })x\";"), "r = R\"          \";");
  EXPECT_EQ(blank_non_code("#define A { \\\n {\nb {"), "             \n  \nb {");
  EXPECT_EQ(blank_non_code("// a \\\n {\nb"), "      \n  \nb");
}

std::vector<std::string> heads(std::string_view text) {
  std::vector<std::string> out;
  for (const Function& function : functions_of(text)) out.push_back(function.head);
  return out;
}

TEST(Functions, AreToldFromOtherBraces) {
  EXPECT_THAT(heads("namespace a { class B : public C { enum class D : int { kE }; }; }"),
              IsEmpty());
  EXPECT_THAT(heads("constexpr int kA[] = {1, 2};\nstd::array<int, 2> b{1, 2};"), IsEmpty());
  EXPECT_THAT(heads("extern \"C\" { int f(); }"), IsEmpty());
  EXPECT_THAT(heads("class alignas(64) A { int b_ = 1; };"), IsEmpty());
  EXPECT_THAT(heads("namespace a { int f(int b = 1) noexcept { return b; } }"),
              testing::ElementsAre("int f(int b = 1) noexcept"));
  EXPECT_THAT(heads("template <class T = std::vector<int>> auto f(T t) -> int { if (t) { } }"),
              SizeIs(1));
  EXPECT_THAT(
      heads("struct A { A() : b_{1}, c_(2) { d(); } bool operator==(const A&) const { } };"),
      SizeIs(2));
  EXPECT_THAT(heads("void f(A a = {}) { } void g() { auto h = [] { }; }"), SizeIs(2));
  EXPECT_THAT(heads("const auto kF = [](int a) { return a; };"), SizeIs(1));
  EXPECT_THAT(heads("TEST(A, B) { }"), SizeIs(1));
}

TEST(Functions, AreMeasured) {
  const auto functions = functions_of("int a;\nint f() {\n  auto g = [] {\n  };\n  return 1;\n}\n");
  ASSERT_THAT(functions, SizeIs(1));
  EXPECT_EQ(functions[0].line, 2U);
  EXPECT_EQ(functions[0].lines, 5U);
}

TEST(Functions, OverTheLimitAreRefused) {
  const auto sample = [](std::size_t lines) {
    return "class A {\n  void f() {\n" + std::string(lines - 2, '\n') + "  }\n};\n";
  };
  EXPECT_THAT(check_function_length(Files{{"fhir/a.cc", sample(kFunctionLines)}}), IsEmpty());
  EXPECT_THAT(check_function_length(Files{{"fhir/a.cc", sample(kFunctionLines + 1)}}), SizeIs(1));
}

TEST(FileLength, IsLimitedAndExceptionsExpire) {
  const Files files = {{"fhir/a.cc", std::string(kFileLines + 1, '\n')}};
  EXPECT_THAT(check_file_length(files, {}), SizeIs(1));
  const std::vector<Exception> used = {{"fhir/a.cc", "data"}};
  EXPECT_THAT(check_file_length(files, used), IsEmpty());
  const std::vector<Exception> unused = {{"fhir/b.cc", "data"}};
  EXPECT_THAT(check_file_length(Files{{"fhir/b.cc", "\n"}}, unused), SizeIs(1));
}

bool is_good_await(const std::string& statement) {
  return check_coroutines(Files{{"a.cc", "task f() {\n  " + statement + "\n}\n"}}).empty();
}

TEST(CoAwait, OfLvaluesAsAStatementIsGood) {
  for (const char* good : {
           "auto x = co_await f(a, b.c, *d, e[0], 12, kF, std::move(g));",
           "const auto x = co_await stream.read(buffer);",
           "std::size_t n = co_await asio::async_read(socket, buffer, kToken);",
           "const auto [error, n] = co_await f(a);",
           "x = co_await f();",
           "this->x_ = co_await f();",
           "co_await f(a);",
           "co_await timer->wait(kToken);",
           "co_await pending;",
           "co_return x;",
           "// if (co_await f()) {",
       }) {
    EXPECT_TRUE(is_good_await(good)) << good;
  }
}

TEST(CoAwait, WithinAnExpressionOrOfATemporaryIsRefused) {
  for (const char* bad : {
           "if (co_await f()) {}",
           "while (co_await f(a)) {}",
           "co_return co_await f(a);",
           "g(co_await f(a));",
           "auto x = 1 + co_await f(a);",
           "auto x = (co_await f(a)).b;",
           "auto x = co_await f(g(a));",
           "auto x = co_await f(c ? T() : x);",
           "auto x = co_await f(T{a, 1});",
           "auto x = co_await f({a});",
           "auto x = co_await f(\"text\" + a);",
           "auto x = co_await f([a] { return a; });",
           "auto x = co_await f(a).g();",
       }) {
    EXPECT_FALSE(is_good_await(bad)) << bad;
  }
}

TEST(Readmes, AreDemandedAndShort) {
  const Files none = {{"fhir/json/a.cc", ""}};
  EXPECT_THAT(check_readmes(none, sample_layers()), SizeIs(1));
  const Files good = {{"fhir/json/a.cc", ""}, {"fhir/json/README.md", "# json\n"}};
  EXPECT_THAT(check_readmes(good, sample_layers()), IsEmpty());
  const Files verbose = {{"fhir/json/README.md", std::string(kReadmeLines + 1, '\n')}};
  EXPECT_THAT(check_readmes(verbose, sample_layers()), SizeIs(1));
}

TEST(Words, ThatTieToAMachineAreRefused) {
  EXPECT_THAT(check_words(Files{{"a.md", std::string("see /wo") + "rk/x\n"}}), SizeIs(1));
  EXPECT_THAT(check_words(Files{{"a.md", std::string("Co-Auth") + "ored-By: x\n"}}), SizeIs(1));
  EXPECT_THAT(check_words(Files{{"a.md", "a framework\n"}}), IsEmpty());
}

TEST(PrivateKeys, AreRefused) {
  const std::string open = std::string("-----BE") + "GIN ";
  EXPECT_THAT(check_private_keys(Files{{"a.key", open + "EC PRIVATE KEY-----\n"}}), SizeIs(1));
  EXPECT_THAT(check_private_keys(Files{{"a.key", "x\n" + open + "PRIVATE KEY-----\n"}}), SizeIs(1));
  EXPECT_THAT(check_private_keys(Files{{"a.pem", open + "PUBLIC KEY-----\n"}}), IsEmpty());
}

TEST(Tree, SkipsBuildDirectories) {
  const auto files = read_tree(KAP_SOURCE_DIR);
  for (const SourceFile& file : files) {
    EXPECT_FALSE(file.path.starts_with("build/")) << file.path;
    EXPECT_FALSE(file.path.starts_with(".git/")) << file.path;
  }
}

}  // namespace
}  // namespace kap::tidy
