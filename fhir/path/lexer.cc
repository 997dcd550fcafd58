#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/limits.h"
#include "fhir/path/token.h"

namespace kap::fhir::path {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name(char c) { return is_name_start(c) || is_digit(c); }

void append_utf8(std::string& out, std::uint32_t code_point) {
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | (code_point >> 6));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | (code_point >> 12));
    out += static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code_point & 0x3F));
  }
}

class Lexer {
 public:
  Lexer(std::string_view text, SourcePosition origin) : text_(text), origin_(origin) {}

  Result<std::vector<Token>> run() {
    while (true) {
      KAP_CHECK_OK(skip_space());
      begin_ = at_;
      if (at_ >= text_.size()) break;
      KAP_TRY(Token token, next());
      tokens_.push_back(std::move(token));
    }
    const auto end = static_cast<std::uint32_t>(begin_);
    tokens_.push_back(Token{.kind = TokenKind::kEnd, .text = {}, .begin = end, .end = end});
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  std::unexpected<Outcome> error(std::size_t offset, std::string message) const {
    return std::unexpected(syntax_error(text_, offset, origin_, std::move(message)));
  }

  Token token(TokenKind kind, std::string text) const {
    return Token{.kind = kind,
                 .text = std::move(text),
                 .begin = static_cast<std::uint32_t>(begin_),
                 .end = static_cast<std::uint32_t>(at_)};
  }
  Token token(TokenKind kind) const {
    return token(kind, std::string(text_.substr(begin_, at_ - begin_)));
  }

  Status skip_space() {
    while (at_ < text_.size()) {
      const char c = peek();
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        ++at_;
      } else if (c == '/' && peek(1) == '/') {
        while (at_ < text_.size() && peek() != '\n') ++at_;
      } else if (c == '/' && peek(1) == '*') {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos)
          return error(at_, "a comment begins here and does not end; close it with */");
        at_ = end + 2;
      } else {
        break;
      }
    }
    return {};
  }

  Result<Token> next() {
    const char c = peek();
    if (is_name_start(c)) {
      while (is_name(peek())) ++at_;
      return token(TokenKind::kIdentifier);
    }
    if (is_digit(c)) return number();
    switch (c) {
      case '\'':
        return quoted('\'', TokenKind::kString);
      case '`':
        return quoted('`', TokenKind::kDelimitedIdentifier);
      case '"':
        return quoted('"', TokenKind::kDelimitedIdentifier);
      case '@':
        return date_or_time();
      case '%':
        return variable();
      case '$':
        return special();
      default:
        return symbol();
    }
  }

  Result<Token> number() {
    while (is_digit(peek())) ++at_;
    if (peek() == '.' && is_digit(peek(1))) {
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    return token(TokenKind::kNumber);
  }

  Result<Token> quoted(char quote, TokenKind kind) {
    std::string out;
    ++at_;
    while (at_ < text_.size() && peek() != quote) {
      if (peek() != '\\') {
        out += text_[at_++];
        continue;
      }
      KAP_CHECK_OK(escape(out));
    }
    if (at_ >= text_.size())
      return error(begin_,
                   fmt::format("a text begins here and does not end; close it with {}", quote));
    ++at_;
    return token(kind, std::move(out));
  }

  Status escape(std::string& out) {
    static constexpr std::string_view kCodes = "\\/frnt\"`'";
    static constexpr std::string_view kValues = "\\/\f\r\n\t\"`'";
    const std::size_t begin = at_++;
    if (peek() == 'u') {
      std::uint32_t code_point = 0;
      for (int i = 1; i <= 4; ++i) {
        const char c = peek(static_cast<std::size_t>(i));
        const std::size_t digit =
            std::string_view("0123456789abcdef")
                .find(static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c));
        if (digit == std::string_view::npos)
          return error(begin, "an escape \\u takes four hexadecimal digits");
        code_point = code_point * 16 + static_cast<std::uint32_t>(digit);
      }
      at_ += 5;
      append_utf8(out, code_point);
      return {};
    }
    const std::size_t index = kCodes.find(peek());
    if (at_ >= text_.size() || index == std::string_view::npos)
      return error(begin,
                   "an unknown escape; known are \\' \\\" \\` \\r \\n \\t \\f \\\\ \\/ \\uXXXX");
    out += kValues[index];
    ++at_;
    return {};
  }

  /// Digits and separators of up to six fields; where one is missing the text ends before it.
  bool digits(int count) {
    for (int i = 0; i < count; ++i)
      if (!is_digit(peek(static_cast<std::size_t>(i)))) return false;
    at_ += static_cast<std::size_t>(count);
    return true;
  }
  bool part(char separator, int count) {
    if (peek() != separator || !is_digit(peek(1))) return false;
    ++at_;
    return digits(count) || (--at_, false);
  }

  void clock_time() {
    if (!digits(2)) return;
    if (part(':', 2) && part(':', 2) && peek() == '.' && is_digit(peek(1))) {
      ++at_;
      while (is_digit(peek())) ++at_;
    }
  }

  Result<Token> date_or_time() {
    ++at_;
    if (peek() == 'T') {
      ++at_;
      const std::size_t from = at_;
      clock_time();
      if (at_ == from) return error(begin_, "a time is written @T14:30:00");
      return token(TokenKind::kTime, std::string(text_.substr(from, at_ - from)));
    }
    const std::size_t from = at_;
    if (!digits(4)) return error(begin_, "a date is written @2015-02-04, a time @T14:30:00");
    if (part('-', 2)) part('-', 2);
    TokenKind kind = TokenKind::kDate;
    if (peek() == 'T') {
      kind = TokenKind::kDateTime;
      ++at_;
      const std::size_t time = at_;
      clock_time();
      if (at_ != time) offset();
    }
    return token(kind, std::string(text_.substr(from, at_ - from)));
  }

  void offset() {
    if (peek() == 'Z') {
      ++at_;
    } else if ((peek() == '+' || peek() == '-') && is_digit(peek(1)) && is_digit(peek(2)) &&
               peek(3) == ':' && is_digit(peek(4)) && is_digit(peek(5))) {
      at_ += 6;
    }
  }

  Result<Token> variable() {
    ++at_;
    if (peek() == '`' || peek() == '\'' || peek() == '"') {
      auto name = quoted(peek(), TokenKind::kVariable);
      return name;
    }
    const std::size_t from = at_;
    while (is_name(peek())) ++at_;
    if (at_ == from) return error(begin_, "a variable is written %name or %`name`");
    return token(TokenKind::kVariable, std::string(text_.substr(from, at_ - from)));
  }

  Result<Token> special() {
    ++at_;
    const std::size_t from = at_;
    while (is_name(peek())) ++at_;
    const std::string_view name = text_.substr(from, at_ - from);
    if (name != "this" && name != "index" && name != "total")
      return error(begin_, "after $ may stand this, index or total");
    return token(TokenKind::kSpecial, std::string(name));
  }

  Result<Token> symbol() {
    const std::string_view two = text_.substr(at_, 2);
    if (two == "!=" || two == "!~" || two == "<=" || two == ">=") {
      at_ += 2;
      return token(TokenKind::kSymbol);
    }
    if (std::string_view(".()[]{},+-*/&|=~<>").find(peek()) == std::string_view::npos)
      return error(at_, "a character that FHIRPath has no use for here");
    ++at_;
    return token(TokenKind::kSymbol);
  }

  std::string_view text_;
  SourcePosition origin_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

SourcePosition position_at(std::string_view text, std::size_t offset, SourcePosition origin) {
  SourcePosition position = origin;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++position.line;
      position.column = 1;
    } else {
      ++position.column;
    }
  }
  return position;
}

Outcome syntax_error(std::string_view text, std::size_t offset, SourcePosition origin,
                     std::string message) {
  const SourcePosition at = position_at(text, offset, origin);
  return Outcome(
      Category::kInvalidRequest,
      {Issue{.severity = IssueSeverity::kError,
             .code = IssueType::kInvalid,
             .diagnostics = fmt::format("FHIRPath {}:{}: {}", at.line, at.column, message),
             .expression = {},
             .position = at}});
}

Result<std::vector<Token>> tokenize(std::string_view text, SourcePosition origin) {
  if (text.size() > limits::kFhirPathBytes)
    return fail(Category::kTooLarge, IssueType::kTooLong,
                fmt::format("a FHIRPath expression of {} bytes; at most {} are read", text.size(),
                            limits::kFhirPathBytes));
  return Lexer(text, origin).run();
}

}  // namespace kap::fhir::path
