#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "mappings/engine/parse_state.h"

namespace kap::mappings {
namespace {

bool is_source_list(const Token& token) {
  return token.is("first") || token.is("not_first") || token.is("last") || token.is("not_last") ||
         token.is("only_one");
}

ast::SourceList to_source_list(std::string_view word) {
  if (word == "first") return ast::SourceList::kFirst;
  if (word == "not_first") return ast::SourceList::kNotFirst;
  if (word == "last") return ast::SourceList::kLast;
  if (word == "not_last") return ast::SourceList::kNotLast;
  return ast::SourceList::kOnlyOne;
}

}  // namespace

ast::Rule Parser::rule() {
  ast::Rule out;
  out.comments.before = peek().comments;
  out.span = peek().span;
  out.sources.push_back(source());
  while (accept(",")) out.sources.push_back(source());
  if (accept("->")) {
    out.targets.push_back(target());
    while (accept(",")) out.targets.push_back(target());
  }
  rule_tail(out);
  return out;
}

void Parser::rule_tail(ast::Rule& rule) {
  if (accept("then")) {
    if (!at("{")) {
      rule.calls.push_back(call());
      while (accept(",")) rule.calls.push_back(call());
    }
    if (at("{")) {
      rule.has_block = true;
      rules(rule.rules, rule.end_comments);
    }
  }
  const Token& token = peek();
  if (token.kind == TokenKind::kDoubleString || token.kind == TokenKind::kName ||
      token.kind == TokenKind::kString) {
    rule.name = ast::Name{.text = token.text, .span = token.span};
    if (!peek(1).is(";")) {
      fail(Code::kUnexpectedToken, token, fmt::format("found {} in a rule", describe(token)),
           "after its parts a rule may have a name in double quotes, then `;`");
    }
    take();
  }
  rule.comments.after = peek().trailing;
  expect(";", "where a rule ends");
}

ast::Source Parser::source() {
  ast::Source out;
  out.path = path("a source");
  if (accept(":")) out.type = name("a type");
  if (peek().kind == TokenKind::kInteger) {
    ast::Source::Cardinality cardinality;
    cardinality.span = peek().span;
    const auto number = [this](const Token& token) {
      std::uint32_t value = 0;
      const char* end = token.text.data() + token.text.size();
      if (std::from_chars(token.text.data(), end, value).ec != std::errc()) {
        fail(Code::kUnexpectedToken, token, "the number is too large");
      }
      return value;
    };
    cardinality.min = number(take());
    expect("..", "in a cardinality");
    if (!accept("*")) {
      if (peek().kind != TokenKind::kInteger) {
        fail(Code::kUnexpectedToken, peek(), "found no upper bound",
             "a cardinality is min..max, where max is a number or *");
      }
      cardinality.max = number(take());
    }
    out.cardinality = cardinality;
  }
  source_options(out);
  return out;
}

void Parser::source_options(ast::Source& source) {
  if (accept("default")) {
    if (peek().kind == TokenKind::kDoubleString) {
      source.default_value = expression_text(next_, next_ + 1);
      take();
    } else {
      source.default_value = parenthesised("default");
    }
  }
  if (is_source_list(peek())) source.list = to_source_list(take().text);
  if (accept("as")) source.alias = name("a variable");
  if (accept("where")) source.where = condition("where");
  if (accept("check")) source.check = condition("check");
  if (accept("log")) source.log = condition("log");
}

ast::Target Parser::target() {
  ast::Target out;
  out.span = peek().span;
  if (at("(")) {
    out.transform.emplace();
    out.transform->kind = ast::Transform::Kind::kExpression;
    out.transform->expression = parenthesised("->");
  } else if (peek(1).is("(")) {
    out.transform.emplace();
    out.transform->kind = ast::Transform::Kind::kCall;
    out.transform->call = call();
  } else {
    out.path = path("a target");
    if (accept("=")) out.transform = transform();
  }
  if (accept("as")) out.alias = name("a variable");
  target_list_mode(out);
  return out;
}

void Parser::target_list_mode(ast::Target& target) {
  if (accept("first")) {
    target.list = ast::TargetList::kFirst;
  } else if (accept("last")) {
    target.list = ast::TargetList::kLast;
  } else if (accept("single")) {
    target.list = ast::TargetList::kSingle;
  } else if (accept("collate")) {
    target.list = ast::TargetList::kCollate;
  } else if (accept("share")) {
    target.list = ast::TargetList::kShare;
    target.share = name("what is shared");
  }
}

}  // namespace kap::mappings
