#include <utility>

#include <fmt/format.h>

#include "mappings/engine/parse_state.h"

namespace kap::mappings {

void Parser::header(ast::Map& map) {
  while (true) {
    const Token& token = peek();
    if (token.kind == TokenKind::kMetadata) {
      metadata(map);
    } else if (token.is("map")) {
      map_declaration(map);
    } else if (token.is("conceptmap") || token.is("conceptMap")) {
      map.concept_maps.push_back(concept_map());
    } else if (token.is("uses")) {
      map.structures.push_back(structure());
    } else if (token.is("imports")) {
      map.imports.push_back(import());
    } else if (token.is("let")) {
      map.constants.push_back(constant());
    } else {
      break;
    }
  }
  finish_header(map);
}

void Parser::finish_header(ast::Map& map) {
  for (const ast::Metadata& item : map.metadata) {
    if (!item.value || item.name.parts.size() != 1) continue;
    const std::string& key = item.name.parts.front().text;
    if (key == "url") map.url = {.text = item.value->text, .span = item.value->span};
    if (key == "name") map.name = {.text = item.value->text, .span = item.value->span};
  }
  if (map.url.text.empty()) {
    report(Code::kNoUrl, peek().span, "the map has no url before its first group",
           "begin with `map \"url\" = \"name\"` or `/// url = 'url'`");
  }
}

void Parser::metadata(ast::Map& map) {
  const Token& mark = take();
  ast::Metadata out;
  out.comments.before = mark.comments;
  const std::uint32_t line = mark.span.at.line;
  if (peek().span.at.line != line) {
    fail(Code::kBadMetadata, mark, "a metadata line without a name",
         "write /// name = value, or // for a comment");
  }
  out.name = path("a metadata element");
  if (!at("=") || peek().span.at.line != line) {
    fail(Code::kBadMetadata, peek(), "a metadata line without `=`", "write /// name = value");
  }
  take();
  if (peek().span.at.line == line && peek().kind != TokenKind::kEnd) {
    const Token& value = peek();
    if (value.kind == TokenKind::kMarkdown) {
      out.is_markdown = true;
      out.value =
          ast::Literal{.kind = ast::Literal::Kind::kString, .text = value.text, .span = value.span};
      take();
    } else if (at_literal()) {
      out.value = literal();
    } else {
      fail(Code::kBadMetadata, value, fmt::format("{} is no metadata value", describe(value)),
           "a value is a text in quotes, a number, true, false, a date, or \"\"\"markdown\"\"\"");
    }
  }
  map.metadata.push_back(std::move(out));
}

void Parser::map_declaration(ast::Map& map) {
  const Token& word = take();
  map.header = ast::Map::Header::kMap;
  map.header_comments.before = word.comments;
  map.url = url("the map");
  expect("=", "after the map's url");
  const Token& token = peek();
  const bool quoted = token.kind == TokenKind::kString || token.kind == TokenKind::kDoubleString;
  map.name = quoted ? url("the map") : name("the map");
  map.header_comments.after = token.trailing;
}

ast::Structure Parser::structure() {
  ast::Structure out;
  out.comments.before = take().comments;
  out.url = url("a structure definition");
  if (accept("alias")) out.alias = name("an alias");
  expect("as", "after a structure definition's url");
  const Token& mode = peek();
  if (mode.is("source")) {
    out.mode = ast::ModelMode::kSource;
  } else if (mode.is("queried")) {
    out.mode = ast::ModelMode::kQueried;
  } else if (mode.is("target")) {
    out.mode = ast::ModelMode::kTarget;
  } else if (mode.is("produced")) {
    out.mode = ast::ModelMode::kProduced;
  } else {
    fail(Code::kUnexpectedToken, mode, fmt::format("{} is no mode", describe(mode)),
         "the modes are source, queried, target and produced");
  }
  out.comments.after = take().trailing;
  return out;
}

ast::Import Parser::import() {
  ast::Import out;
  out.comments.before = take().comments;
  out.comments.after = peek().trailing;
  out.url = url("a map");
  return out;
}

ast::Constant Parser::constant() {
  ast::Constant out;
  out.comments.before = take().comments;
  out.name = name("a constant");
  expect("=", "after a constant's name");
  const std::size_t first = next_;
  while (!at(";")) {
    if (peek().kind == TokenKind::kEnd) {
      fail(Code::kUnexpectedToken, peek(), "the constant does not end", "end it with ;");
    }
    take();
  }
  out.value = expression_text(first, next_);
  out.comments.after = take().trailing;
  return out;
}

ast::ConceptMap Parser::concept_map() {
  ast::ConceptMap out;
  out.comments.before = take().comments;
  out.url = url("a concept map");
  expect("{", "after the concept map's url");
  while (!at("}")) {
    if (accept("prefix")) {
      ast::ConceptMap::Prefix prefix;
      prefix.name = name("a prefix");
      expect("=", "after a prefix");
      prefix.url = url("a code system");
      out.prefixes.push_back(std::move(prefix));
    } else if (at("unmapped") && peek(1).is("for")) {
      take();
      take();
      out.unmapped_provided.push_back(name("a prefix"));
      expect("=", "after the prefix");
      if (!accept("provided")) {
        fail(Code::kConceptMapSyntax, peek(),
             fmt::format("{} is no mode for unmapped codes", describe(peek())),
             "an embedded concept map knows `provided` alone");
      }
    } else {
      out.lines.push_back(concept_map_line());
    }
  }
  out.comments.after = take().trailing;
  return out;
}

ast::ConceptMap::Line Parser::concept_map_line() {
  const auto code = [this] {
    const Token& token = peek();
    const bool text = token.kind == TokenKind::kString || token.kind == TokenKind::kDoubleString;
    return text ? url("a code") : name("a code");
  };
  ast::ConceptMap::Line out;
  out.source_prefix = name("a prefix");
  expect(":", "after a prefix");
  out.source_code = code();
  const Token& relation = peek();
  static constexpr std::string_view kRelations[] = {
      "-", "==", "!=", "--", "<=", "<-", ">=", ">-", "~"};
  bool known = false;
  for (const std::string_view candidate : kRelations) known = known || relation.is(candidate);
  if (!known) {
    fail(Code::kConceptMapSyntax, relation, fmt::format("{} is no relation", describe(relation)),
         "the relations are - == != -- <= <- >= >- ~");
  }
  take();
  out.relation = {.text = relation.text, .span = relation.span};
  if (relation.text == "--") return out;
  out.target_prefix = name("a prefix");
  expect(":", "after a prefix");
  out.target_code = code();
  return out;
}

}  // namespace kap::mappings
