#include <utility>

#include <fmt/format.h>

#include "mappings/engine/parse_state.h"

namespace kap::mappings {

ast::Name Parser::name(std::string_view what) {
  const Token& token = peek();
  if (token.kind != TokenKind::kName && token.kind != TokenKind::kQuotedName) {
    fail(Code::kUnexpectedToken, token,
         fmt::format("found {} where {} is named", describe(token), what),
         "a name begins with a letter and has letters, digits and _, or stands in backticks");
  }
  take();
  return {.text = token.text, .span = token.span};
}

ast::Name Parser::url(std::string_view what) {
  const Token& token = peek();
  if (token.kind != TokenKind::kString && token.kind != TokenKind::kDoubleString) {
    fail(Code::kUnexpectedToken, token,
         fmt::format("found {} where the url of {} stands", describe(token), what),
         "a url stands in quotes");
  }
  take();
  return {.text = token.text, .span = token.span};
}

ast::Path Parser::path(std::string_view what) {
  ast::Path out;
  out.parts.push_back(name(what));
  while (at(".")) {
    take();
    out.parts.push_back(name("an element"));
  }
  return out;
}

bool Parser::at_literal() const {
  const Token& token = peek();
  switch (token.kind) {
    case TokenKind::kString:
    case TokenKind::kDoubleString:
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
    case TokenKind::kMoment:
      return true;
    case TokenKind::kSymbol:
      return token.text == "-" &&
             (peek(1).kind == TokenKind::kInteger || peek(1).kind == TokenKind::kDecimal);
    default:
      return token.is("true") || token.is("false");
  }
}

ast::Literal Parser::literal() {
  ast::Literal out{.kind = ast::Literal::Kind::kString, .text = {}, .span = peek().span};
  if (accept("-")) out.text = "-";
  const Token& token = take();
  using Kind = ast::Literal::Kind;
  switch (token.kind) {
    case TokenKind::kInteger:
      out.kind = Kind::kInteger;
      break;
    case TokenKind::kDecimal:
      out.kind = Kind::kDecimal;
      break;
    case TokenKind::kMoment:
      out.kind = Kind::kMoment;
      break;
    case TokenKind::kName:
      out.kind = Kind::kBoolean;
      break;
    default:
      break;
  }
  out.text += token.text;
  return out;
}

/// The index of the bracket that closes the one at `open`.
std::size_t Parser::closing(std::size_t open) const {
  std::size_t depth = 0;
  for (std::size_t i = open; i < tokens_.size(); ++i) {
    const Token& token = tokens_[i];
    if (token.kind != TokenKind::kSymbol) continue;
    if (token.text == "(" || token.text == "[" || token.text == "{") ++depth;
    if (token.text == ")" || token.text == "]" || token.text == "}") {
      if (--depth == 0) return i;
    }
    if (token.text == ";" || token.text == "->") break;
  }
  return tokens_.size();
}

/// The map's text from the token `first` to before the token `last`. FHIRPath has no double-quoted
/// strings, but R4 maps write them in conditions; they become single-quoted ones.
ast::Expression Parser::expression_text(std::size_t first, std::size_t last) {
  if (first >= last) {
    fail(Code::kUnexpectedToken, tokens_[first], "an expression is missing here",
         "a FHIRPath expression belongs here");
  }
  const std::uint32_t begin = tokens_[first].offset;
  std::string text(text_.substr(begin, tokens_[last - 1].end - begin));
  for (std::size_t i = first; i < last; ++i) {
    if (tokens_[i].kind != TokenKind::kDoubleString) continue;
    if (tokens_[i].text.find('\'') != std::string::npos) continue;
    text[tokens_[i].offset - begin] = '\'';
    text[tokens_[i].end - begin - 1] = '\'';
  }
  return {.text = std::move(text), .span = tokens_[first].span};
}

ast::Expression Parser::parenthesised(std::string_view after) {
  if (!at("(")) {
    fail(Code::kUnexpectedToken, peek(), fmt::format("found {} after {}", describe(peek()), after),
         "an expression in parentheses belongs here");
  }
  const std::size_t close = closing(next_);
  if (close == tokens_.size()) {
    fail(Code::kUnterminatedText, peek(), "this parenthesis is not closed in its rule",
         "close it with )");
  }
  ast::Expression out = expression_text(next_ + 1, close);
  next_ = close + 1;
  return out;
}

bool Parser::ends_condition(std::size_t index) const {
  const Token& token = tokens_[index];
  if (token.kind == TokenKind::kEnd) return true;
  if (token.kind == TokenKind::kDoubleString) return tokens_[index + 1].is(";");
  if (token.kind == TokenKind::kSymbol) {
    return token.text == "->" || token.text == "," || token.text == ";" || token.text == "}" ||
           token.text == ")";
  }
  const bool keyword = token.is("check") || token.is("log") || token.is("then");
  return keyword && !(index > 0 && tokens_[index - 1].is("."));
}

/// The expression of where, check and log: in parentheses, or as R4 allows it up to the next part
/// of the rule.
ast::Expression Parser::condition(std::string_view keyword) {
  if (at("(")) {
    const std::size_t close = closing(next_);
    if (close < tokens_.size() && ends_condition(close + 1)) return parenthesised(keyword);
  }
  const std::size_t first = next_;
  std::size_t index = first;
  while (!ends_condition(index)) {
    const Token& token = tokens_[index];
    const bool opens = token.kind == TokenKind::kSymbol &&
                       (token.text == "(" || token.text == "[" || token.text == "{");
    if (!opens) {
      ++index;
      continue;
    }
    const std::size_t close = closing(index);
    if (close == tokens_.size()) {
      fail(Code::kUnterminatedText, token, "this bracket is not closed in its rule");
    }
    index = close + 1;
  }
  ast::Expression out = expression_text(first, index);
  next_ = index;
  return out;
}

ast::Argument Parser::argument() {
  const std::size_t first = next_;
  std::size_t last = first;
  while (!(tokens_[last].is(",") || tokens_[last].is(")"))) {
    const Token& token = tokens_[last];
    if (token.kind == TokenKind::kEnd || token.is(";") || token.is("->")) {
      fail(Code::kUnexpectedToken, token,
           fmt::format("found {} in an argument list", describe(token)),
           "arguments are separated by , and end with )");
    }
    const bool opens = token.is("(") || token.is("[") || token.is("{");
    if (opens && closing(last) == tokens_.size()) {
      fail(Code::kUnterminatedText, token, "this bracket is not closed in its rule");
    }
    last = opens ? closing(last) + 1 : last + 1;
  }
  const std::size_t count = last - first;
  ast::Argument out;
  if (at_literal() && count == (at("-") ? 2 : 1)) {
    out.kind = ast::Argument::Kind::kLiteral;
    out.literal = literal();
    return out;
  }
  bool is_path = count % 2 == 1;
  for (std::size_t i = 0; is_path && i < count; ++i) {
    const Token& token = tokens_[first + i];
    is_path = i % 2 == 1 ? token.is(".")
                         : token.kind == TokenKind::kName || token.kind == TokenKind::kQuotedName;
  }
  if (is_path && count <= 3) {
    out.kind = ast::Argument::Kind::kVariable;
    out.variable = path("an argument");
    return out;
  }
  out.kind = ast::Argument::Kind::kExpression;
  out.expression = expression_text(first, last);
  next_ = last;
  return out;
}

ast::Call Parser::call() {
  ast::Call out;
  out.name = name("a group or transform");
  expect("(", "after its name");
  if (!accept(")")) {
    out.arguments.push_back(argument());
    while (accept(",")) out.arguments.push_back(argument());
    expect(")", "in an argument list");
  }
  return out;
}

ast::Transform Parser::transform() {
  ast::Transform out;
  if (at_literal()) {
    out.kind = ast::Transform::Kind::kLiteral;
    out.literal = literal();
  } else if (at("(")) {
    out.kind = ast::Transform::Kind::kExpression;
    out.expression = parenthesised("=");
  } else if (peek(1).is("(")) {
    out.kind = ast::Transform::Kind::kCall;
    out.call = call();
  } else {
    out.kind = ast::Transform::Kind::kCopy;
    out.copy = path("what is assigned");
  }
  return out;
}

}  // namespace kap::mappings
