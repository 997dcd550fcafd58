#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/limits.h"
#include "fhir/path/ast.h"
#include "fhir/path/quantity.h"
#include "fhir/path/token.h"

namespace kap::fhir::path {
namespace {

using Node = std::unique_ptr<Ast>;

/// Chains such as a.b.c and a | b | c nest to the left; the evaluator recurses over them.
constexpr std::uint32_t kTreeDepth = 4 * limits::kFhirPathDepth;

struct Level {
  std::array<std::string_view, 4> operators;
};
/// From loosest to tightest; type operators stand between kUnion and kAdditive.
constexpr std::array<Level, 9> kLevels{{{{"implies"}},
                                        {{"or", "xor"}},
                                        {{"and"}},
                                        {{"in", "contains"}},
                                        {{"=", "~", "!=", "!~"}},
                                        {{"<=", "<", ">", ">="}},
                                        {{"|"}},
                                        {{"+", "-", "&"}},
                                        {{"*", "/", "div", "mod"}}}};
constexpr std::size_t kUnionLevel = 6;

class Parser {
 public:
  Parser(std::string_view text, SourcePosition origin, std::vector<Token> tokens)
      : text_(text), origin_(origin), tokens_(std::move(tokens)) {}

  Result<Node> run() {
    KAP_TRY(Node root, expression(0));
    if (current().kind != TokenKind::kEnd)
      return error(current(), fmt::format("{} cannot stand here; an operator, a '.' or the end "
                                          "of the expression would be right",
                                          name_of(current())));
    return root;
  }

 private:
  const Token& current() const { return tokens_[at_]; }
  const Token& following() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  bool is_symbol(std::string_view symbol) const {
    return current().kind == TokenKind::kSymbol && current().text == symbol;
  }
  bool accept(std::string_view symbol) {
    if (!is_symbol(symbol)) return false;
    ++at_;
    return true;
  }

  static std::string name_of(const Token& token) {
    return token.kind == TokenKind::kEnd ? std::string("the end of the expression")
                                         : fmt::format("'{}'", token.text);
  }

  std::unexpected<Outcome> error(const Token& token, std::string message) const {
    return std::unexpected(syntax_error(text_, token.begin, origin_, std::move(message)));
  }

  Status expect(std::string_view symbol) {
    if (accept(symbol)) return {};
    return error(current(), fmt::format("{} cannot stand here; '{}' would be right",
                                        name_of(current()), symbol));
  }

  Result<Node> node(AstKind kind, const Token& token, std::string text,
                    std::vector<Node> children) {
    auto made = std::make_unique<Ast>();
    made->kind = kind;
    made->text = std::move(text);
    made->offset = token.begin;
    for (const Node& child : children) made->depth = std::max(made->depth, child->depth + 1);
    made->children = std::move(children);
    if (made->depth > kTreeDepth)
      return error(token, fmt::format("more than {} steps or operators in a row", kTreeDepth));
    return made;
  }

  static std::vector<Node> list(Node first, Node second = nullptr) {
    std::vector<Node> out;
    out.push_back(std::move(first));
    if (second != nullptr) out.push_back(std::move(second));
    return out;
  }

  bool at_operator(const Level& level) const {
    const Token& token = current();
    if (token.kind != TokenKind::kSymbol && token.kind != TokenKind::kIdentifier) return false;
    return std::ranges::find(level.operators, token.text) != level.operators.end();
  }

  Result<Node> expression(std::size_t level) {
    if (level == kLevels.size()) return polarity();
    if (level == 0 && ++nesting_ > limits::kFhirPathDepth)
      return error(current(), fmt::format("nested deeper than {} levels", limits::kFhirPathDepth));
    KAP_TRY(Node left, operand(level));
    while (at_operator(kLevels[level]) && !current().text.empty()) {
      const Token& op = tokens_[at_++];
      KAP_TRY(Node right, operand(level));
      KAP_TRY(left, node(AstKind::kBinary, op, op.text, list(std::move(left), std::move(right))));
    }
    if (level == 0) --nesting_;
    return left;
  }

  Result<Node> operand(std::size_t level) {
    if (level != kUnionLevel) return expression(level + 1);
    KAP_TRY(Node left, expression(level + 1));
    while (current().kind == TokenKind::kIdentifier &&
           (current().text == "is" || current().text == "as")) {
      const Token& op = tokens_[at_++];
      KAP_TRY(Node type, type_specifier());
      const AstKind kind = op.text == "is" ? AstKind::kIs : AstKind::kAs;
      KAP_TRY(left, node(kind, op, op.text, list(std::move(left))));
      left->type_space = std::move(type->type_space);
      left->type_name = std::move(type->type_name);
    }
    return left;
  }

  Result<Node> polarity() {
    if (!is_symbol("-") && !is_symbol("+")) return postfix();
    const Token& op = tokens_[at_++];
    if (++nesting_ > limits::kFhirPathDepth)
      return error(op, fmt::format("nested deeper than {} levels", limits::kFhirPathDepth));
    KAP_TRY(Node operand, polarity());
    --nesting_;
    return node(AstKind::kUnary, op, op.text, list(std::move(operand)));
  }

  Result<Node> postfix() {
    KAP_TRY(Node left, term());
    while (true) {
      if (is_symbol("[")) {
        const Token& bracket = tokens_[at_++];
        KAP_TRY(Node index, expression(0));
        KAP_CHECK_OK(expect("]"));
        KAP_TRY(left,
                node(AstKind::kIndexer, bracket, "[]", list(std::move(left), std::move(index))));
      } else if (is_symbol(".")) {
        ++at_;
        KAP_TRY(left, invocation(std::move(left)));
      } else {
        return left;
      }
    }
  }

  bool can_follow_dot() const {
    const TokenKind kind = following().kind;
    return kind == TokenKind::kIdentifier || kind == TokenKind::kDelimitedIdentifier ||
           kind == TokenKind::kSpecial;
  }

  static bool is_reserved(std::string_view word) {
    static constexpr std::array<std::string_view, 8> kReserved{"and", "or",  "xor",  "implies",
                                                               "div", "mod", "true", "false"};
    return std::ranges::find(kReserved, word) != kReserved.end();
  }

  bool at_name() const {
    return current().kind == TokenKind::kDelimitedIdentifier ||
           (current().kind == TokenKind::kIdentifier && !is_reserved(current().text));
  }

  /// What follows a dot, or with `left` empty the head of a path.
  Result<Node> invocation(Node left) {
    if (current().kind == TokenKind::kSpecial) return special(std::move(left));
    // Behind a dot a reserved word cannot be an operator: R4's own paths write `text.div` plainly.
    const bool is_word = left != nullptr && current().kind == TokenKind::kIdentifier;
    if (!is_word && !at_name())
      return error(current(), fmt::format("{} cannot stand here; the name of an element or a "
                                          "function would be right",
                                          name_of(current())));
    const Token& name = tokens_[at_++];
    if (!is_symbol("("))
      return node(AstKind::kMember, name, name.text,
                  left == nullptr ? std::vector<Node>{} : list(std::move(left)));
    return call(std::move(left), name);
  }

  Result<Node> special(Node left) {
    const Token& name = tokens_[at_++];
    if (left != nullptr)
      return error(name,
                   fmt::format("${0} stands at the head of a path; write ${0} alone", name.text));
    const AstKind kind = name.text == "this"    ? AstKind::kThis
                         : name.text == "index" ? AstKind::kIndex
                                                : AstKind::kTotal;
    return node(kind, name, name.text, {});
  }

  Result<Node> call(Node left, const Token& name) {
    ++at_;
    std::vector<Node> children;
    if (left == nullptr) {
      KAP_TRY(left, node(AstKind::kThis, name, "this", {}));
    }
    children.push_back(std::move(left));
    const bool takes_type = name.text == "is" || name.text == "as" || name.text == "ofType";
    if (!is_symbol(")")) {
      do {
        KAP_TRY(Node argument, takes_type ? type_specifier() : expression(0));
        children.push_back(std::move(argument));
      } while (accept(","));
    }
    KAP_CHECK_OK(expect(")"));
    return node(AstKind::kCall, name, name.text, std::move(children));
  }

  Result<Node> type_specifier() {
    if (!at_name())
      return error(current(), fmt::format("{} cannot stand here; a type such as Quantity, "
                                          "FHIR.Patient or System.String would be right",
                                          name_of(current())));
    const Token& first = tokens_[at_++];
    KAP_TRY(Node type, node(AstKind::kType, first, first.text, {}));
    type->type_name = first.text;
    if (is_symbol(".") && can_follow_dot() && (first.text == "FHIR" || first.text == "System")) {
      ++at_;
      type->type_space = first.text;
      type->type_name = tokens_[at_++].text;
    }
    return type;
  }

  Result<Node> term() {
    const Token& token = current();
    switch (token.kind) {
      case TokenKind::kSymbol:
        if (token.text == "(") return parenthesis();
        if (token.text == "{") {
          ++at_;
          KAP_CHECK_OK(expect("}"));
          return node(AstKind::kEmpty, token, "{}", {});
        }
        break;
      case TokenKind::kVariable:
        ++at_;
        return node(AstKind::kVariable, token, token.text, {});
      case TokenKind::kString:
        ++at_;
        return literal(token, Item::string(token.text));
      case TokenKind::kNumber:
        return number();
      case TokenKind::kDate:
        return moment(Moment::parse_date(token.text));
      case TokenKind::kDateTime:
        return moment(Moment::parse_date_time(token.text));
      case TokenKind::kTime:
        return moment(Moment::parse_time(token.text));
      case TokenKind::kIdentifier:
        if (token.text == "true" || token.text == "false") {
          ++at_;
          return literal(token, Item::boolean(token.text == "true"));
        }
        return invocation(nullptr);
      case TokenKind::kDelimitedIdentifier:
      case TokenKind::kSpecial:
        return invocation(nullptr);
      case TokenKind::kEnd:
        break;
    }
    return error(token, fmt::format("{} cannot stand here; a value, a path or '(' would be right",
                                    name_of(token)));
  }

  Result<Node> parenthesis() {
    ++at_;
    KAP_TRY(Node inner, expression(0));
    KAP_CHECK_OK(expect(")"));
    return inner;
  }

  Result<Node> literal(const Token& token, Item value) {
    KAP_TRY(Node made, node(AstKind::kLiteral, token, token.text, {}));
    made->value = std::move(value);
    return made;
  }

  Result<Node> moment(std::optional<Moment> value) {
    const Token& token = tokens_[at_++];
    if (!value.has_value())
      return error(token, fmt::format("'{}' is no date or time that exists", token.text));
    return literal(token, Item::moment(*value));
  }

  Result<Node> number() {
    const Token& token = tokens_[at_++];
    const auto decimal = Decimal::parse(token.text);
    if (!decimal.has_value() || token.text.size() > limits::kJsonNumberDigits)
      return error(token, fmt::format("a number of more than {} digits", Decimal::kMaxDigits));
    const Token& unit = current();
    if (unit.kind == TokenKind::kString) {
      ++at_;
      return literal(token, Item::quantity(to_quantity(*decimal, unit.text)));
    }
    if (unit.kind == TokenKind::kIdentifier) {
      if (const auto calendar = parse_calendar_unit(unit.text)) {
        ++at_;
        return literal(token, Item::quantity(calendar_quantity(*decimal, *calendar)));
      }
    }
    if (token.text.find('.') != std::string::npos) return literal(token, Item::decimal(*decimal));
    const auto integer = decimal->to_integer();
    return literal(token, integer.has_value() ? Item::integer(*integer) : Item::decimal(*decimal));
  }

  std::string_view text_;
  SourcePosition origin_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::size_t nesting_ = 0;
};

}  // namespace

Result<std::unique_ptr<Ast>> parse_expression(std::string_view text, SourcePosition origin) {
  KAP_TRY(std::vector<Token> tokens, tokenize(text, origin));
  return Parser(text, origin, std::move(tokens)).run();
}

}  // namespace kap::fhir::path
