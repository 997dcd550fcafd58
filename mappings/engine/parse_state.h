#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mappings/engine/ast.h"
#include "mappings/engine/token.h"

namespace kap::mappings {

/// The parser: one token of lookahead, no backtracking. An error throws Recover, which the nearest
/// rule or group catches to go on behind it; it never leaves parse_map().
class Parser {
 public:
  struct Recover {};

  Parser(std::string_view text, std::string_view file, Diagnostics& diagnostics);
  [[nodiscard]] std::optional<ast::Map> run();

 private:
  // Tokens, parse_state.cc
  [[nodiscard]] const Token& peek(std::size_t ahead = 0) const;
  const Token& take();
  [[nodiscard]] bool at(std::string_view text) const { return peek().is(text); }
  bool accept(std::string_view text);
  void expect(std::string_view text, std::string_view where);
  [[noreturn]] void fail(Code code, const Token& token, std::string message, std::string hint = {});
  void report(Code code, const Span& span, std::string message, std::string hint = {});
  [[nodiscard]] static std::string describe(const Token& token);

  // Values, parse_value.cc
  ast::Name name(std::string_view what);
  ast::Name url(std::string_view what);
  ast::Path path(std::string_view what);
  ast::Literal literal();
  [[nodiscard]] bool at_literal() const;
  ast::Call call();
  ast::Argument argument();
  ast::Transform transform();
  ast::Expression expression_text(std::size_t first, std::size_t last);
  ast::Expression parenthesised(std::string_view after);
  ast::Expression condition(std::string_view keyword);
  [[nodiscard]] std::size_t closing(std::size_t open) const;
  [[nodiscard]] bool ends_condition(std::size_t index) const;

  // Header, parse_header.cc
  void header(ast::Map& map);
  void metadata(ast::Map& map);
  void map_declaration(ast::Map& map);
  void finish_header(ast::Map& map);
  ast::ConceptMap concept_map();
  ast::ConceptMap::Line concept_map_line();
  ast::Structure structure();
  ast::Import import();
  ast::Constant constant();

  // Groups and rules, parse_group.cc and parse_rule.cc
  ast::Group group();
  ast::Parameter parameter();
  void rules(std::vector<ast::Rule>& out, std::vector<std::string>& end_comments);
  ast::Rule rule();
  void rule_tail(ast::Rule& rule);
  ast::Source source();
  void source_options(ast::Source& source);
  ast::Target target();
  void target_list_mode(ast::Target& target);
  void skip_rule();
  void skip_to_group();

  std::string_view text_;
  std::string_view file_;
  Diagnostics& diagnostics_;
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace kap::mappings
