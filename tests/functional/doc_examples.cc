#include "tests/functional/doc_examples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "fhir/json/parse.h"

namespace kap::functional {
namespace {

namespace json = fhir::json;
constexpr std::string_view kAnything = "…";

struct Block {
  std::size_t line = 0;
  std::string info;  // after `http`
  std::vector<std::string> lines;
};

std::vector<Block> read_blocks(const std::filesystem::path& page) {
  std::ifstream in(page);
  if (!in) throw std::runtime_error(page.string() + ": cannot be read");
  std::vector<Block> blocks;
  bool inside = false;
  bool wanted = false;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      wanted = inside && (line == "```http" || line.starts_with("```http "));
      if (wanted) blocks.push_back({.line = number, .info = line.substr(7), .lines = {}});
    } else if (wanted && inside) {
      blocks.back().lines.push_back(line);
    }
  }
  return blocks;
}

[[noreturn]] void broken(const Block& block, std::string_view why) {
  throw std::runtime_error(fmt::format("line {}: {}", block.line, why));
}

/// The headers after the first line, then, after an empty line, the body.
void split(const Block& block, std::vector<std::string>& headers, std::string& body) {
  auto line = block.lines.begin() + 1;
  for (; line != block.lines.end() && !line->empty(); ++line) {
    if (line->find(": ") == std::string::npos) broken(block, "a header is `Name: value`");
    headers.push_back(*line);
  }
  for (; line != block.lines.end(); ++line) {
    if (!body.empty()) body += '\n';
    body += *line;
  }
}

DocExample read_request(const Block& block) {
  DocExample example{.line = block.line, .request = {}, .headers = {}, .body = {}};
  const auto& first = block.lines.front();
  const auto method = first.find(' ');
  if (method == std::string::npos) broken(block, "a request begins with `METHOD /path`");
  example.request.method = first.substr(0, method);
  example.request.url = first.substr(method + 1, first.rfind(" HTTP/") - method - 1);
  split(block, example.request.headers, example.request.body);
  for (std::string_view info = block.info; !info.empty();) {
    const auto end = std::min(info.find(' '), info.size());
    const auto word = info.substr(0, end);
    info.remove_prefix(std::min(end + 1, info.size()));
    if (word == "repeat")
      example.repeat = true;
    else if (word.starts_with("token="))
      example.token = std::string(word.substr(6));
    else if (!word.empty())
      broken(block, "unknown word after ```http");
  }
  std::ranges::replace(example.token, ',', ' ');
  return example;
}

bool is_answer(const Block& block) {
  return !block.lines.empty() && block.lines.front().starts_with("HTTP/1.1 ");
}

/// A piece of a pattern: text, or a hole that takes anything and may have a name.
struct Piece {
  bool is_hole = false;
  std::string text;
};

std::vector<Piece> split_pattern(std::string_view pattern, const DocVariables& variables) {
  std::vector<Piece> pieces;
  const auto add_text = [&pieces](std::string_view text) {
    if (text.empty()) return;
    if (!pieces.empty() && !pieces.back().is_hole)
      pieces.back().text += text;
    else
      pieces.push_back({.text = std::string(text)});
  };
  while (!pattern.empty()) {
    const auto at = std::min(pattern.find("{{"), pattern.find(kAnything));
    add_text(pattern.substr(0, at));
    if (at == std::string_view::npos) break;
    pattern.remove_prefix(at);
    std::string name;
    if (pattern.starts_with(kAnything)) {
      pattern.remove_prefix(kAnything.size());
    } else {
      const auto end = pattern.find("}}");
      if (end == std::string_view::npos) throw std::runtime_error("{{ without }}");
      name = pattern.substr(2, end - 2);
      pattern.remove_prefix(end + 2);
      if (const auto known = variables.find(name); known != variables.end()) {
        add_text(known->second);
        continue;
      }
    }
    pieces.push_back({.is_hole = true, .text = std::move(name)});
  }
  return pieces;
}

std::string shown(const json::Value& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return fmt::format("an array of {}", value.items().size());
  return fmt::format("`{}`", value.text());
}

bool is_anything(const json::Value& value) {
  return value.is_string() && value.text() == kAnything;
}

std::string find_array_difference(const json::Value& expected, const json::Value& actual,
                                  DocVariables& variables, const std::string& path) {
  std::size_t next = 0;
  std::size_t index = 0;
  for (const auto& item : expected.items()) {
    const auto place = fmt::format("{}[{}]", path, index++);
    if (is_anything(item)) continue;
    std::string first;
    bool found = false;
    while (!found && next < actual.items().size()) {
      DocVariables attempt = variables;
      const auto difference = find_difference(item, actual.items()[next++], attempt, place);
      if (first.empty()) first = difference;
      found = difference.empty();
      if (found) variables = std::move(attempt);
    }
    if (!found) return first.empty() ? place + ": not there" : first;
  }
  if (expected.items().empty() && !actual.items().empty()) return path + ": expected to be empty";
  return {};
}

std::optional<std::string> header_of(const HttpResponse& response, std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto at = response.headers.find(name);
  return at == response.headers.end() ? std::nullopt : std::optional(at->second);
}

/// JSON, or lines of JSON (NDJSON).
std::string find_body_difference(std::string_view expected, std::string_view actual,
                                 DocVariables& variables) {
  auto wanted = json::parse(expected);
  if (wanted) {
    const auto given = json::parse(actual);
    if (!given) return "body: not JSON";
    return find_difference(wanted->root, given->root, variables);
  }
  for (std::size_t line = 1; !expected.empty(); ++line) {
    const auto want = expected.substr(0, expected.find('\n'));
    const auto give = actual.substr(0, actual.find('\n'));
    expected.remove_prefix(std::min(want.size() + 1, expected.size()));
    actual.remove_prefix(std::min(give.size() + 1, actual.size()));
    if (want == kAnything) return {};
    wanted = json::parse(want);
    if (!wanted) {
      if (!text_fits(want, give, variables))
        return fmt::format("body, line {}: expected `{}`", line, want);
      continue;
    }
    const auto given = json::parse(give);
    if (!given) return fmt::format("body, line {}: not JSON", line);
    auto difference =
        find_difference(wanted->root, given->root, variables, fmt::format("body, line {}", line));
    if (!difference.empty()) return difference;
  }
  return {};
}

}  // namespace

std::vector<DocExample> read_doc_examples(const std::filesystem::path& page) {
  std::vector<DocExample> examples;
  const auto blocks = read_blocks(page);
  for (std::size_t i = 0; i < blocks.size(); i += 2) {
    const auto& request = blocks[i];
    if (request.lines.empty() || is_answer(request)) broken(request, "an answer without a request");
    if (i + 1 == blocks.size() || !is_answer(blocks[i + 1]))
      broken(request, "a request without an answer in the next ```http block");
    auto example = read_request(request);
    example.status = std::stol(blocks[i + 1].lines.front().substr(9));
    split(blocks[i + 1], example.headers, example.body);
    examples.push_back(std::move(example));
  }
  return examples;
}

std::string fill(std::string_view text, const DocVariables& variables) {
  std::string out;
  while (!text.empty()) {
    const auto at = text.find("{{");
    out += text.substr(0, at);
    if (at == std::string_view::npos) break;
    const auto end = text.find("}}", at);
    if (end == std::string_view::npos) throw std::runtime_error("{{ without }}");
    const auto known = variables.find(std::string(text.substr(at + 2, end - at - 2)));
    if (known == variables.end())
      throw std::runtime_error("unknown variable: " + std::string(text.substr(at, end + 2 - at)));
    out += known->second;
    text.remove_prefix(end + 2);
  }
  return out;
}

bool text_fits(std::string_view pattern, std::string_view actual, DocVariables& variables) {
  const auto pieces = split_pattern(pattern, variables);
  DocVariables found;
  std::string_view rest = actual;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!pieces[i].is_hole) {
      if (!rest.starts_with(pieces[i].text)) return false;
      rest.remove_prefix(pieces[i].text.size());
      continue;
    }
    // A hole takes what stands before the text after it; the last one takes the rest.
    auto end = rest.size();
    if (i + 1 < pieces.size()) {
      end = i + 2 == pieces.size() ? rest.rfind(pieces[i + 1].text) : rest.find(pieces[i + 1].text);
      if (end == std::string_view::npos) return false;
    }
    if (!pieces[i].text.empty()) found[pieces[i].text] = std::string(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  if (!rest.empty()) return false;
  variables.merge(found);
  return true;
}

std::string find_difference(const json::Value& expected, const json::Value& actual,
                            DocVariables& variables, const std::string& path) {
  if (is_anything(expected)) return {};
  if (expected.kind() != actual.kind())
    return fmt::format("{}: expected {}, not {}", path, shown(expected), shown(actual));
  if (expected.is_array()) return find_array_difference(expected, actual, variables, path);
  if (!expected.is_object()) {
    if (text_fits(expected.text(), actual.text(), variables)) return {};
    return fmt::format("{}: expected {}, not {}", path, shown(expected), shown(actual));
  }
  for (const auto& member : expected.members()) {
    if (member.name == kAnything) continue;
    const auto place = fmt::format("{}.{}", path, member.name);
    const auto* found = actual.find(member.name);
    if (found == nullptr) return place + ": not there";
    auto difference = find_difference(member.value, *found, variables, place);
    if (!difference.empty()) return difference;
  }
  return {};
}

std::string find_difference(const DocExample& example, const HttpResponse& response,
                            DocVariables& variables) {
  if (response.status != example.status)
    return fmt::format("status: expected {}, not {}", example.status, response.status);
  for (const auto& header : example.headers) {
    const auto colon = header.find(": ");
    const auto actual = header_of(response, header.substr(0, colon));
    if (!actual) return header.substr(0, colon) + ": not there";
    if (!text_fits(header.substr(colon + 2), *actual, variables))
      return fmt::format("expected {}, not {}", header, *actual);
  }
  return example.body.empty() ? "" : find_body_difference(example.body, response.body, variables);
}

}  // namespace kap::functional
