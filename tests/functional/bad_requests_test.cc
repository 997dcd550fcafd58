#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/parse.h"
#include "tests/functional/gateway.h"

/// Every row of tests/functional/bad_requests/*.tsv is a request that is wrong in one way, and what
/// its refusal has to say. Columns, separated by tabs; `-` is nothing:
///   name, method, URL from the FHIR base, headers (joined by ` ;; `), body,
///   status, issue code, expression, words of the diagnostics.
/// `{patient}` in a URL or body stands for the id of a Patient that is there.
namespace kap::functional {
namespace {

struct Row {
  std::string place;  // file and line
  std::string name;
  HttpRequest request;
  long status = 0;
  std::string code;
  std::string expression;
  std::string says;
};

std::vector<std::string> split(const std::string& text, std::string_view separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0;;) {
    const auto end = text.find(separator, at);
    parts.push_back(text.substr(at, end == std::string::npos ? end : end - at));
    if (end == std::string::npos) return parts;
    at = end + separator.size();
  }
}

std::string unless_dash(const std::string& text) { return text == "-" ? "" : text; }

Row parse_row(const std::string& line, std::string place) {
  const auto cells = split(line, "\t");
  if (cells.size() != 9) {
    ADD_FAILURE() << place << ": expected 9 cells, found " << cells.size();
    return {};
  }
  Row row{
      .place = std::move(place),
      .name = cells[0],
      .request = {.method = cells[1], .url = unless_dash(cells[2]), .body = unless_dash(cells[4])},
      .status = std::stol(cells[5]),
      .code = cells[6],
      .expression = unless_dash(cells[7]),
      .says = unless_dash(cells[8])};
  if (cells[3] != "-") row.request.headers = split(cells[3], " ;; ");
  return row;
}

std::vector<Row> read_rows() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator(source("tests/functional/bad_requests")))
    if (entry.path().extension() == ".tsv") files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<Row> rows;
  for (const auto& file : files) {
    std::ifstream input(file);
    std::size_t number = 0;
    for (std::string line; std::getline(input, line);) {
      ++number;
      if (line.empty() || line.starts_with('#')) continue;
      rows.push_back(parse_row(line, fmt::format("{}:{}", file.filename().string(), number)));
    }
  }
  return rows;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

/// Whether one issue of the OperationOutcome is the one expected. The outcome may hold others: a
/// refusal names everything that is wrong.
void expect_issue(const Row& row, const HttpResponse& response) {
  const auto document = fhir::json::parse(response.body);
  ASSERT_TRUE(document) << response.body.substr(0, 400);
  const auto* type = document->root.find("resourceType");
  ASSERT_TRUE(type != nullptr && type->text() == "OperationOutcome")
      << response.body.substr(0, 400);
  const auto text_of = [](const fhir::json::Value* value) {
    return value == nullptr ? std::string() : std::string(value->text());
  };
  const auto* issues = document->root.find("issue");
  ASSERT_TRUE(issues != nullptr && !issues->items().empty());
  const bool is_there = std::ranges::any_of(issues->items(), [&](const fhir::json::Value& issue) {
    const auto* expressions = issue.find("expression");
    const std::string expression = expressions == nullptr || expressions->items().empty()
                                       ? std::string()
                                       : text_of(&expressions->items()[0]);
    return text_of(issue.find("code")) == row.code && expression == row.expression &&
           text_of(issue.find("diagnostics")).find(row.says) != std::string::npos;
  });
  EXPECT_TRUE(is_there) << response.body.substr(0, 600);
}

TEST(BadRequests, EachIsRefusedWithItsReason) {
  Gateway gateway;
  ASSERT_TRUE(gateway.start());
  const auto token = gateway.token("system/*.cruds");
  const auto made = gateway.send(
      {.method = "POST",
       .url = "/Patient",
       .headers = {"Content-Type: application/fhir+json"},
       .body = R"({"resourceType":"Patient","identifier":[{"system":"urn:example","value":"1"}]})"},
      token);
  std::string patient = "none";
  if (const auto document = fhir::json::parse(made.body); document && made.status == 201)
    patient = document->root.find("id")->text();
  const auto rows = read_rows();
  for (auto row : rows) {
    SCOPED_TRACE(fmt::format("{}: {}: {} {}", row.place, row.name, row.request.method,
                             row.request.url.substr(0, 200)));
    replace_all(row.request.url, "{patient}", patient);
    replace_all(row.request.body, "{patient}", patient);
    const auto response = gateway.send(row.request, token);
    EXPECT_EQ(response.status, row.status) << response.body.substr(0, 400);
    expect_issue(row, response);
  }
  EXPECT_GE(rows.size(), 150U);
  // None of it harmed the gateway.
  EXPECT_EQ(gateway.get("/metadata", "").status, 200);
  std::cout << fmt::format("{} malformed requests refused as they should be\n", rows.size());
}

}  // namespace
}  // namespace kap::functional
