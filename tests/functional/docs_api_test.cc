#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fhir/json/parse.h"
#include "tests/functional/doc_examples.h"
#include "tests/functional/gateway.h"

namespace kap::functional {
namespace {

constexpr std::string_view kDocumentedRoot = "https://gateway.example";

std::vector<std::string> pages() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(source("docs/api")))
    if (entry.path().extension() == ".md") names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

std::string replace_all(std::string text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// Runs the pages of docs/api against one gateway that holds the synthetic clinic.
class DocsApi : public ::testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() {
    gateway_ = std::make_unique<Gateway>();
    ASSERT_TRUE(gateway_->start()) << gateway_->log();
    const auto submitted = gateway_->submit({data("clinic")});
    ASSERT_EQ(submitted.code, 0) << submitted.output;
    learn("patient", "/Patient?identifier=E-10437");
    learn("encounter", fmt::format("/Encounter?patient={}&class=AMB&_sort=-date&_count=1",
                                   variables_["patient"]));
    learn("observation",
          fmt::format("/Observation?encounter={}&code=http://loinc.org|8867-4&_sort=date&_count=1",
                      variables_["encounter"]));
  }
  static void TearDownTestSuite() {
    gateway_->stop();
    gateway_.reset();
  }

  static const std::string& token(const std::string& scopes) {
    auto& token = tokens_[scopes];
    if (token.empty()) token = gateway_->token(scopes);
    return token;
  }
  /// The id of the first resource found becomes a variable of every page.
  static void learn(const std::string& name, const std::string& search) {
    const auto response = gateway_->get(search, token("system/*.cruds"));
    const auto bundle = fhir::json::parse(response.body);
    ASSERT_TRUE(bundle) << search;
    const auto* entry = bundle->root.find("entry");
    ASSERT_NE(entry, nullptr) << search << ' ' << response.body;
    variables_[name] = entry->items().front().find("resource")->string("id");
  }
  static std::string root() { return fmt::format("https://localhost:{}", gateway_->https_port()); }
  static std::string here(std::string text) {
    return replace_all(std::move(text), kDocumentedRoot, root());
  }

  static HttpResponse send(const DocExample& example, const DocVariables& variables) {
    auto request = example.request;
    request.url = here(fill(request.url, variables));
    if (request.url.starts_with('/')) request.url = root() + request.url;
    for (auto& header : request.headers) header = here(fill(header, variables));
    request.body = here(fill(request.body, variables));
    if (example.token != "none")
      request.headers.push_back("Authorization: Bearer " + token(example.token));
    return exchange(request);
  }
  static void run(DocExample example, DocVariables& variables) {
    for (auto& header : example.headers) header = here(std::move(header));
    example.body = here(std::move(example.body));
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    auto response = send(example, variables);
    while (example.repeat && response.status != example.status &&
           std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      response = send(example, variables);
    }
    EXPECT_EQ(find_difference(example, response, variables), "")
        << fmt::format("docs/api/{}.md:{}: {} {}\n", GetParam(), example.line,
                       example.request.method, example.request.url)
        << "HTTP " << response.status << ' ' << response.body.substr(0, 4000);
  }

  static std::unique_ptr<Gateway> gateway_;
  static std::map<std::string, std::string> tokens_;
  static DocVariables variables_;
};
std::unique_ptr<Gateway> DocsApi::gateway_;
std::map<std::string, std::string> DocsApi::tokens_;
DocVariables DocsApi::variables_;

TEST_P(DocsApi, TheExamplesAreTrue) {
  const auto examples = read_doc_examples(source("docs/api/" + GetParam() + ".md"));
  if (GetParam() != "README") EXPECT_FALSE(examples.empty()) << "a page has at least one example";
  DocVariables variables = variables_;
  for (const auto& example : examples) {
    run(example, variables);
    if (HasFailure()) return;  // later examples stand on this one
  }
}

INSTANTIATE_TEST_SUITE_P(Pages, DocsApi, ::testing::ValuesIn(pages()), [](const auto& page) {
  std::string name;
  for (const char c : page.param)
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

TEST(DocExamples, EveryPageIsListed) {
  const auto index =
      read_file(source("docs/api/README.md")) + read_file(source("docs/api/operations.md"));
  for (const auto& page : pages())
    if (page != "README") EXPECT_THAT(index, ::testing::HasSubstr("](" + page + ".md)"));
}

TEST(DocExamples, EveryLinkLeadsToAPage) {
  for (const auto& page : pages()) {
    const auto text = read_file(source("docs/api/" + page + ".md"));
    for (auto at = text.find("]("); at != std::string::npos; at = text.find("](", at + 1)) {
      const auto target = text.substr(at + 2, text.find_first_of(")#", at + 2) - at - 2);
      if (target.empty() || target.contains(':')) continue;
      EXPECT_TRUE(std::filesystem::exists(source("docs/api/" + target))) << page << ' ' << target;
    }
  }
}

TEST(DocExamples, ComparesWhatIsExpected) {
  const auto difference = [](std::string_view expected, std::string_view actual,
                             DocVariables variables = {}) {
    const auto left = fhir::json::parse(expected).value();
    const auto right = fhir::json::parse(actual).value();
    return find_difference(left.root, right.root, variables);
  };
  EXPECT_EQ(difference(R"({"a":"…"})", R"({"a":1,"b":2})"), "");
  EXPECT_EQ(difference(R"({"a":1})", R"({"a":2})"), "body.a: expected `1`, not `2`");
  EXPECT_EQ(difference(R"({"a":1})", R"({})"), "body.a: not there");
  EXPECT_EQ(difference(R"(["…",{"a":2}])", R"([{"a":1},{"a":2},{"a":3}])"), "");
  EXPECT_EQ(difference(R"([{"a":2},{"a":1}])", R"([{"a":1},{"a":2}])"), "body[1]: not there");
  EXPECT_EQ(difference(R"([])", R"([1])"), "body: expected to be empty");
  EXPECT_EQ(difference(R"({"a":"x/{{id}}","b":"{{id}}"})", R"({"a":"x/7","b":"7"})"), "");
  EXPECT_EQ(difference(R"({"a":"x/{{id}}","b":"{{id}}"})", R"({"a":"x/7","b":"8"})"),
            "body.b: expected `{{id}}`, not `8`");
}

TEST(DocExamples, HolesTakeWhatStandsBetween) {
  DocVariables variables{{"known", "k"}};
  EXPECT_TRUE(text_fits("{{known}}-{{id}}/_history/…", "k-7/_history/1", variables));
  EXPECT_EQ(variables["id"], "7");
  EXPECT_FALSE(text_fits("{{known}}-…", "x-7", variables));
  EXPECT_FALSE(text_fits("a", "ab", variables));
  EXPECT_EQ(fill("/{{id}}/{{known}}", variables), "/7/k");
  EXPECT_THROW((void)fill("{{nothing}}", variables), std::runtime_error);
}

}  // namespace
}  // namespace kap::functional
