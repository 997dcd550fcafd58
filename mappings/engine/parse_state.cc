#include "mappings/engine/parse_state.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace kap::mappings {

Parser::Parser(std::string_view text, std::string_view file, Diagnostics& diagnostics)
    : text_(text),
      file_(file),
      diagnostics_(diagnostics),
      tokens_(tokenize(text, file, diagnostics)) {}

const Token& Parser::peek(std::size_t ahead) const {
  return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
}

const Token& Parser::take() {
  const Token& token = peek();
  if (next_ + 1 < tokens_.size()) ++next_;
  return token;
}

bool Parser::accept(std::string_view text) {
  if (!at(text)) return false;
  take();
  return true;
}

std::string Parser::describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
      return "the end of the map";
    case TokenKind::kString:
      return fmt::format("the text '{}'", token.text);
    case TokenKind::kDoubleString:
      return fmt::format("the text \"{}\"", token.text);
    case TokenKind::kMarkdown:
      return "a markdown text";
    case TokenKind::kMetadata:
      return "a metadata line";
    case TokenKind::kMoment:
      return fmt::format("@{}", token.text);
    default:
      return fmt::format("`{}`", token.text);
  }
}

void Parser::expect(std::string_view text, std::string_view where) {
  if (accept(text)) return;
  fail(Code::kUnexpectedToken, peek(), fmt::format("found {} {}", describe(peek()), where),
       fmt::format("`{}` belongs here", text));
}

void Parser::fail(Code code, const Token& token, std::string message, std::string hint) {
  report(code, token.span, std::move(message), std::move(hint));
  throw Recover{};
}

void Parser::report(Code code, const Span& span, std::string message, std::string hint) {
  diagnostics_.add({.code = code,
                    .file = std::string(file_),
                    .span = span,
                    .message = std::move(message),
                    .hint = std::move(hint),
                    .source_line = std::string(line_of(text_, span.at.line))});
}

}  // namespace kap::mappings
