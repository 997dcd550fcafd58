#include <array>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "mappings/engine/token.h"

namespace kap::mappings {
namespace {

bool is_name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

class Lexer {
 public:
  Lexer(std::string_view text, std::string_view file, Diagnostics& diagnostics)
      : text_(text), file_(file), diagnostics_(diagnostics) {}

  std::vector<Token> run() {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    while (true) {
      skip_space();
      if (at_ >= text_.size()) break;
      next();
    }
    start(TokenKind::kEnd);
    finish();
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void advance() {
    if (text_[at_] == '\n') {
      ++line_;
      line_start_ = at_ + 1;
      line_has_token_ = false;
    }
    ++at_;
  }

  void skip_space() {
    while (at_ < text_.size()) {
      const char c = peek();
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        advance();
      } else if (c == '/' && peek(1) == '/' && !(peek(2) == '/' && !line_has_token_)) {
        line_comment();
      } else if (c == '/' && peek(1) == '*') {
        block_comment();
      } else {
        return;
      }
    }
  }

  void keep_comment(std::string comment) {
    if (line_has_token_ && !tokens_.empty() && tokens_.back().trailing.empty()) {
      tokens_.back().trailing = std::move(comment);
    } else {
      comments_.push_back(std::move(comment));
    }
  }

  void line_comment() {
    std::size_t end = text_.find('\n', at_);
    if (end == std::string_view::npos) end = text_.size();
    std::string_view body = text_.substr(at_ + 2, end - at_ - 2);
    while (!body.empty() && (body.back() == '\r' || body.back() == ' ')) body.remove_suffix(1);
    if (body.starts_with(' ')) body.remove_prefix(1);
    keep_comment(std::string(body));
    at_ = end;
  }

  void block_comment() {
    const SourcePosition from = position();
    const std::size_t end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) {
      error(Code::kUnterminatedText, from, 2, "a comment begins here and does not end",
            "end it with */");
      at_ = text_.size();
      return;
    }
    std::string_view body = text_.substr(at_ + 2, end - at_ - 2);
    if (body.starts_with(' ')) body.remove_prefix(1);
    if (body.ends_with(' ')) body.remove_suffix(1);
    keep_comment(std::string(body));
    while (at_ < end + 2) advance();
  }

  [[nodiscard]] SourcePosition position() const {
    return {.line = line_, .column = static_cast<std::uint32_t>(at_ - line_start_ + 1)};
  }

  void error(Code code, SourcePosition at, std::uint32_t length, std::string message,
             std::string hint) {
    diagnostics_.add({.code = code,
                      .file = std::string(file_),
                      .span = {.at = at, .length = length},
                      .message = std::move(message),
                      .hint = std::move(hint),
                      .source_line = std::string(line_of(text_, at.line))});
  }

  void start(TokenKind kind) {
    Token token;
    token.kind = kind;
    token.offset = static_cast<std::uint32_t>(at_);
    token.span.at = position();
    token.first_on_line = !line_has_token_;
    token.comments = std::move(comments_);
    comments_.clear();
    tokens_.push_back(std::move(token));
  }

  void finish() {
    Token& token = tokens_.back();
    token.end = static_cast<std::uint32_t>(at_);
    token.span.length = token.end - token.offset;
    line_has_token_ = true;
  }

  void next() {
    const char c = peek();
    if (c == '/' && peek(1) == '/' && peek(2) == '/') {
      start(TokenKind::kMetadata);
      at_ += 3;
    } else if (is_name_start(c)) {
      start(TokenKind::kName);
      while (is_name(peek())) tokens_.back().text += text_[at_++];
    } else if (is_digit(c)) {
      number();
    } else if (c == '@') {
      moment();
    } else if (text_.substr(at_).starts_with("\"\"\"")) {
      markdown();
    } else if (c == '\'' || c == '"' || c == '`') {
      quoted(c);
    } else {
      symbol();
      return;
    }
    finish();
  }

  void number() {
    start(TokenKind::kInteger);
    std::string& text = tokens_.back().text;
    while (is_digit(peek())) text += text_[at_++];
    if (peek() == '.' && is_digit(peek(1))) {
      tokens_.back().kind = TokenKind::kDecimal;
      do text += text_[at_++];
      while (is_digit(peek()));
    }
  }

  void moment() {
    start(TokenKind::kMoment);
    ++at_;
    std::string& text = tokens_.back().text;
    const auto part = [](char c) {
      return is_digit(c) || c == '-' || c == ':' || c == '.' || c == '+' || c == 'T' || c == 'Z';
    };
    while (part(peek()) && !(peek() == '-' && peek(1) == '>') &&
           !(peek() == '.' && !is_digit(peek(1)))) {
      text += text_[at_++];
    }
  }

  void markdown() {
    start(TokenKind::kMarkdown);
    const std::size_t end = text_.find("\"\"\"", at_ + 3);
    if (end == std::string_view::npos) {
      error(Code::kUnterminatedText, position(), 3, "a markdown text begins here and does not end",
            "end it with \"\"\" on its own line");
      at_ = text_.size();
      return;
    }
    std::string_view body = text_.substr(at_ + 3, end - at_ - 3);
    if (body.starts_with("\r\n")) body.remove_prefix(2);
    if (body.starts_with('\n')) body.remove_prefix(1);
    if (body.ends_with('\n')) body.remove_suffix(1);
    if (body.ends_with('\r')) body.remove_suffix(1);
    tokens_.back().text = std::string(body);
    while (at_ < end + 3) advance();
  }

  void quoted(char quote) {
    start(quote == '\'' ? TokenKind::kString
                        : (quote == '"' ? TokenKind::kDoubleString : TokenKind::kQuotedName));
    const SourcePosition from = position();
    ++at_;
    while (at_ < text_.size() && peek() != quote && peek() != '\n') {
      if (peek() == '\\') {
        escape();
      } else {
        tokens_.back().text += text_[at_++];
      }
    }
    if (peek() != quote) {
      error(Code::kUnterminatedText, from, 1, "a text begins here and does not end on its line",
            fmt::format("end it with {}", quote));
      return;
    }
    ++at_;
  }

  void escape() {
    const SourcePosition from = position();
    ++at_;
    const char c = peek();
    std::string& text = tokens_.back().text;
    static constexpr std::string_view kFrom = "`\"'\\/fnrt";
    static constexpr std::string_view kTo = "`\"'\\/\f\n\r\t";
    const std::size_t known = c == '\0' ? std::string_view::npos : kFrom.find(c);
    if (known != std::string_view::npos) {
      text += kTo[known];
      ++at_;
      return;
    }
    std::uint32_t code = 0;
    bool good = c == 'u' && at_ + 4 < text_.size();
    for (std::size_t i = 1; good && i <= 4; ++i) {
      const char digit = peek(i);
      good = std::isxdigit(static_cast<unsigned char>(digit)) != 0;
      code = code * 16 +
             static_cast<std::uint32_t>(is_digit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    if (good && (code < 0xD800 || code > 0xDFFF)) {
      append_utf8(text, code);
      at_ += 5;
      return;
    }
    error(Code::kBadEscape, from, 2, "no such escape in a text",
          R"(the escapes are \` \" \' \\ \/ \f \n \r \t and \uXXXX)");
  }

  void symbol() {
    static constexpr std::array<std::string_view, 12> kLong = {
        "->", "<<", ">>", "..", "==", "!=", "<=", ">=", "<-", ">-", "--", "!~"};
    static constexpr std::string_view kShort = "(){}[]:;,.=<>+-*/|&~%$";
    const std::string_view rest = text_.substr(at_);
    for (const std::string_view candidate : kLong) {
      if (!rest.starts_with(candidate)) continue;
      start(TokenKind::kSymbol);
      tokens_.back().text = candidate;
      at_ += candidate.size();
      finish();
      return;
    }
    if (kShort.find(rest.front()) != std::string_view::npos) {
      start(TokenKind::kSymbol);
      tokens_.back().text = rest.front();
      ++at_;
      finish();
      return;
    }
    error(Code::kUnexpectedCharacter, position(), 1, "no token begins with this character",
          "outside of texts and comments only ASCII letters, digits and punctuation stand");
    advance();
  }

  std::string_view text_;
  std::string_view file_;
  Diagnostics& diagnostics_;
  std::vector<Token> tokens_;
  std::vector<std::string> comments_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
  bool line_has_token_ = false;
};

}  // namespace

std::vector<Token> tokenize(std::string_view text, std::string_view file,
                            Diagnostics& diagnostics) {
  return Lexer(text, file, diagnostics).run();
}

}  // namespace kap::mappings
