#include <algorithm>
#include <cctype>
#include <regex>

#include "tests/tidy/lexer.h"
#include "tests/tidy/rules.h"

namespace kap::tidy {
namespace {

constexpr std::string_view kCoAwait = "co_await";

std::string squeeze(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (!space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

/// An argument that makes no temporary of class type: a name with members, an element, a literal,
/// a pointer to or from a name, std::move of a name.
bool is_lvalue(const std::string& argument) {
  static const std::regex kName(
      R"(^[*&]?(this|[A-Za-z_][\w:]*)((\.|->)[A-Za-z_]\w*|\[[\w.]+\]|<[\w:]+>)*$)");
  static const std::regex kLiteral(R"(^-?[0-9][\w.']*$)");
  static const std::regex kMove(R"(^std::move\([A-Za-z_][\w.>-]*\)$)");
  return std::regex_match(argument, kName) || std::regex_match(argument, kLiteral) ||
         std::regex_match(argument, kMove);
}

/// `f(a, b)`, `x.f(a)`, `x->f()`, or a name alone: an awaitable made beforehand.
bool is_call_of_lvalues(const std::string& expression) {
  if (is_lvalue(expression)) return true;
  const auto open = expression.find('(');
  if (open == std::string::npos || !expression.ends_with(')')) return false;
  if (!is_lvalue(expression.substr(0, open)) && !expression.starts_with("std::move(")) return false;
  std::string argument;
  const std::string inside = expression.substr(open + 1, expression.size() - open - 2);
  int depth = 0;
  for (const char c : inside + ",") {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c != ',' || depth > 0) {
      argument += c;
      continue;
    }
    const std::string trimmed = squeeze(argument);
    argument.clear();
    const std::string bare = trimmed.starts_with(' ') ? trimmed.substr(1) : trimmed;
    if (bare.empty() && inside.empty()) return true;
    if (!is_lvalue(bare)) return false;
  }
  return depth == 0;
}

/// What may stand before `co_await` in its statement: nothing, `auto x =`, `Type x =`, `x =`.
bool is_declaration(const std::string& before) {
  static const std::regex kAllowed(
      R"(^ ?((const )?[A-Za-z_][\w:]*(<[\w:<>, *]*>)?[&* ]*)?(\[[\w, ]+\]|[A-Za-z_][\w.>-]*)? ?= ?$)");
  return before.empty() || before == " " ||
         (std::regex_match(before, kAllowed) && !before.contains("return"));
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

std::vector<Finding> check_coroutines(std::span<const SourceFile> files) {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!is_cpp(file.path)) continue;
    const std::string code = blank_non_code(file.text);
    for (auto at = code.find(kCoAwait); at != std::string::npos;
         at = code.find(kCoAwait, at + kCoAwait.size())) {
      const std::size_t after = at + kCoAwait.size();
      if ((at > 0 && is_word(code[at - 1])) || (after < code.size() && is_word(code[after])))
        continue;
      const auto edge = at == 0 ? std::string::npos : code.find_last_of(";{}", at - 1);
      const std::size_t start = edge == std::string::npos ? 0 : edge + 1;
      const std::size_t end = std::min(code.find(';', after), code.size());
      const std::string before = squeeze(std::string_view(code).substr(start, at - start));
      std::string expression = squeeze(std::string_view(code).substr(after, end - after));
      if (expression.starts_with(' ')) expression.erase(0, 1);
      if (!is_declaration(before)) {
        findings.push_back({file.path, line_of(code, at),
                            "co_await stands alone: `auto x = co_await f(lvalues);`"});
      } else if (!is_call_of_lvalues(expression)) {
        findings.push_back(
            {file.path, line_of(code, at),
             "an argument of co_await makes a temporary; name it first: " + expression});
      }
    }
  }
  return findings;
}

}  // namespace kap::tidy
