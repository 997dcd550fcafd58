#include <utility>

#include <fmt/format.h>

#include "fhir/base/limits.h"
#include "fhir/json/locate.h"
#include "mappings/engine/parse_state.h"
#include "mappings/engine/parser.h"

namespace kap::mappings {

std::optional<ast::Map> Parser::run() {
  ast::Map map;
  map.file = std::string(file_);
  map.source = std::string(text_);
  try {
    header(map);
  } catch (const Recover&) {
    skip_to_group();
  }
  while (peek().kind != TokenKind::kEnd) {
    try {
      map.groups.push_back(group());
    } catch (const Recover&) {
      skip_to_group();
    }
  }
  map.end_comments = peek().comments;
  if (map.groups.empty() && !diagnostics_.has_errors()) {
    report(Code::kNoGroup, peek().span, "the map has no group",
           "a map needs at least one group name(source a, target b) { }");
  }
  if (diagnostics_.has_errors()) return std::nullopt;
  return map;
}

void Parser::skip_to_group() {
  if (peek().kind != TokenKind::kEnd) take();
  while (peek().kind != TokenKind::kEnd && !(at("group") && peek().first_on_line)) take();
  depth_ = 0;
}

ast::Group Parser::group() {
  if (!at("group")) {
    fail(Code::kUnexpectedToken, peek(), fmt::format("found {} between groups", describe(peek())),
         "metadata, conceptmap, uses, imports and let stand before the first group; "
         "`group name(source a, target b)` begins one");
  }
  ast::Group out;
  out.comments.before = take().comments;
  out.name = name("a group");
  expect("(", "after the group's name");
  out.parameters.push_back(parameter());
  while (accept(",")) out.parameters.push_back(parameter());
  expect(")", "after the parameters");
  if (accept("extends")) out.extends = name("a group");
  if (accept("<<")) {
    if (accept("types")) {
      out.default_for = ast::Group::Default::kTypes;
    } else if (at("type") && peek(1).is("+")) {
      take();
      take();
      out.default_for = ast::Group::Default::kTypePlus;
    } else {
      fail(Code::kUnexpectedToken, peek(), fmt::format("found {} in << >>", describe(peek())),
           "<<types>> or <<type+>>");
    }
    expect(">>", "after the group's kind");
  }
  out.comments.after = peek().trailing;
  rules(out.rules, out.end_comments);
  return out;
}

ast::Parameter Parser::parameter() {
  ast::Parameter out;
  if (accept("source")) {
    out.mode = ast::Parameter::Mode::kSource;
  } else if (accept("target")) {
    out.mode = ast::Parameter::Mode::kTarget;
  } else {
    fail(Code::kUnexpectedToken, peek(),
         fmt::format("found {} where a parameter begins", describe(peek())),
         "a parameter is `source name : Type` or `target name : Type`");
  }
  out.name = name("a parameter");
  if (accept(":")) out.type = name("a type");
  return out;
}

void Parser::rules(std::vector<ast::Rule>& out, std::vector<std::string>& end_comments) {
  if (++depth_ > limits::kFhirPathDepth) {
    fail(Code::kNestingTooDeep, peek(),
         fmt::format("rules are nested more than {} deep", limits::kFhirPathDepth),
         "move the inner rules to a group");
  }
  expect("{", "where rules begin");
  while (!at("}")) {
    if (peek().kind == TokenKind::kEnd) {
      fail(Code::kUnexpectedToken, peek(), "the rules do not end", "close them with }");
    }
    const std::size_t depth = depth_;
    try {
      out.push_back(rule());
    } catch (const Recover&) {
      depth_ = depth;
      skip_rule();
    }
  }
  end_comments = peek().comments;
  take();
  --depth_;
}

/// Goes behind the `;` that ends the broken rule, over whole blocks.
void Parser::skip_rule() {
  std::size_t open = 0;
  while (peek().kind != TokenKind::kEnd) {
    if (at("group") && peek().first_on_line) return;
    if (at("{")) ++open;
    if (at("}")) {
      if (open == 0) return;
      --open;
    }
    const bool end = at(";") && open == 0;
    take();
    if (end) return;
  }
}

std::optional<ast::Map> parse_map(std::string_view text, std::string_view file,
                                  Diagnostics& diagnostics) {
  if (text.size() > limits::kMapBytes) {
    diagnostics.add({.code = Code::kMapTooLarge,
                     .file = std::string(file),
                     .span = {.at = {.line = 1, .column = 1}, .length = 1},
                     .message = fmt::format("the map has {} bytes", text.size()),
                     .hint = fmt::format("at most {} bytes", limits::kMapBytes),
                     .source_line = {}});
    return std::nullopt;
  }
  if (const std::size_t bad = fhir::json::first_invalid_utf8(text); bad < text.size()) {
    diagnostics.add({.code = Code::kUnexpectedCharacter,
                     .file = std::string(file),
                     .span = {.at = fhir::json::locate(text, bad), .length = 1},
                     .message = "bytes that are not UTF-8",
                     .hint = "a map is text in UTF-8",
                     .source_line = {}});
    return std::nullopt;
  }
  Diagnostics own;
  std::optional<ast::Map> map = Parser(text, file, own).run();
  for (const Diagnostic& item : own.items()) diagnostics.add(item);
  return map;
}

}  // namespace kap::mappings
