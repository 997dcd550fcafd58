#include <algorithm>
#include <cctype>

#include "tests/tidy/lexer.h"
#include "tests/tidy/rules.h"

namespace kap::tidy {
namespace {

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string collapse(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_space(c)) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

/// Blanks every `template <...>`: a default argument's `=` in it says nothing about the brace.
void blank_templates(std::string& head) {
  for (auto at = head.find("template"); at != std::string::npos; at = head.find("template", at)) {
    const auto open = head.find('<', at);
    if (open == std::string::npos) return;
    int angles = 0;
    auto end = open;
    do {
      if (head[end] == '<') ++angles;
      if (head[end] == '>') --angles;
      ++end;
    } while (end < head.size() && angles > 0);
    head.replace(at, end - at, end - at, ' ');
  }
}

/// The head with what stands in parentheses and brackets, `template <...>` and the sign of an
/// operator's name blanked, so that what is left speaks for itself.
std::string outline(std::string_view head) {
  std::string out;
  int depth = 0;
  for (const char c : head) {
    if (c == ')' || c == ']') --depth;
    out += depth > 0 ? ' ' : c;
    if (c == '(' || c == '[') ++depth;
  }
  blank_templates(out);
  const auto name = out.find("operator");
  if (name != std::string::npos) {
    for (auto at = name + 8; at < out.size() && out[at] != '('; ++at) out[at] = ' ';
  }
  return out;
}

bool has_word(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !is_word(text[at - 1]);
    const bool ends = at + word.size() == text.size() || !is_word(text[at + word.size()]);
    if (starts && ends) return true;
  }
  return false;
}

enum class Brace : std::uint8_t { kScope, kFunction, kOther };

/// `Name(...) : member` is a constructor whose member is about to be brace-initialised.
bool is_member_initialiser(std::string_view outline_text) {
  const auto close = outline_text.find(')');
  if (close == std::string_view::npos) return false;
  auto colon = outline_text.find(':', close);
  while (colon != std::string_view::npos && outline_text.substr(colon).starts_with("::")) {
    colon = outline_text.find(':', colon + 2);
  }
  if (colon == std::string_view::npos) return false;
  const char last = outline_text.back();
  return is_word(last) || last == '>';
}

/// What an opening brace outside of functions opens, judged by the text before it.
Brace classify(const std::string& head) {
  if (head.empty()) return Brace::kScope;
  std::string shape = outline(head);
  shape.erase(shape.find_last_not_of(' ') + 1);
  if (shape.empty()) return Brace::kOther;
  if (has_word(shape, "namespace") || has_word(shape, "extern")) {
    if (!shape.contains('(')) return Brace::kScope;
  }
  if (shape.contains('=')) return head.contains("](") ? Brace::kFunction : Brace::kOther;
  const bool type = has_word(shape, "class") || has_word(shape, "struct") ||
                    has_word(shape, "union") || has_word(shape, "enum");
  if (type && shape.back() != ')') return Brace::kScope;
  if (!shape.contains('(')) return Brace::kOther;
  return is_member_initialiser(shape) ? Brace::kOther : Brace::kFunction;
}

std::size_t matching_brace(std::string_view code, std::size_t open) {
  int depth = 0;
  for (std::size_t at = open; at < code.size(); ++at) {
    if (code[at] == '{') ++depth;
    if (code[at] == '}' && --depth == 0) return at;
  }
  return code.size();
}

}  // namespace

std::vector<Function> functions_of(std::string_view text) {
  const std::string code = blank_non_code(text);
  std::vector<Function> functions;
  std::size_t head_start = 0;
  int parentheses = 0;
  for (std::size_t at = 0; at < code.size(); ++at) {
    const char c = code[at];
    if (c == '(') ++parentheses;
    if (c == ')') --parentheses;
    if (parentheses > 0 && c == '{') {
      at = matching_brace(code, at);  // a default argument or an initialiser's argument
      continue;
    }
    if (c == ';' || c == '}') head_start = at + 1;
    if (c != '{') continue;
    const std::string head = collapse(std::string_view(code).substr(head_start, at - head_start));
    const Brace brace = classify(head);
    if (brace == Brace::kScope) {
      head_start = at + 1;
      continue;
    }
    const std::size_t close = matching_brace(code, at);
    if (brace == Brace::kFunction) {
      const std::size_t first = line_of(code, at);
      functions.push_back({first, line_of(code, close) - first + 1, head});
      head_start = close + 1;
    }
    at = close;  // after a brace initialiser the head goes on, as in `Type() : a_{1} {`
  }
  return functions;
}

std::vector<Finding> check_function_length(std::span<const SourceFile> files) {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!is_cpp(file.path)) continue;
    for (const Function& function : functions_of(file.text)) {
      if (function.lines <= kFunctionLines) continue;
      findings.push_back({file.path, function.line,
                          "a function of " + std::to_string(function.lines) + " lines (at most " +
                              std::to_string(kFunctionLines) + "): " + function.head});
    }
  }
  return findings;
}

}  // namespace kap::tidy
