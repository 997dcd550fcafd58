#include <cctype>
#include <optional>
#include <utility>

#include "mappings/engine/predicate.h"
#include "mappings/engine/predicate_node.h"

namespace kap::mappings {
namespace {

using plan::Predicate;
using Op = Predicate::Op;
using Kind = Predicate::Kind;
using Node = Predicate::Node;
using Index = std::optional<std::uint16_t>;

/// Reads the part of FHIRPath that a Predicate can hold, by precedence; nothing for the rest.
class Lowering {
 public:
  Lowering(std::string_view text, const ClinicMessage& focus) : text_(text), focus_(focus) {}

  std::shared_ptr<const Predicate> run() {
    next();
    const Index root = implies();
    if (!root || !token_.empty() || out_.nodes[*root].kind != Kind::kTruth) return nullptr;
    return std::make_shared<const Predicate>(std::move(out_));
  }

 private:
  void next() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
    const std::size_t begin = at_;
    if (at_ < text_.size()) {
      const char c = text_[at_++];
      const auto name = [](char x) {
        return std::isalnum(static_cast<unsigned char>(x)) != 0 || x == '_';
      };
      if (c == '\'') {
        while (at_ < text_.size() && text_[at_] != '\'') ++at_;
        at_ = at_ < text_.size() ? at_ + 1 : at_;
      } else if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
        while (at_ < text_.size() && (name(text_[at_]) || text_[at_] == '.')) ++at_;
      } else if (name(c)) {
        while (at_ < text_.size() && name(text_[at_])) ++at_;
      } else if ((c == '<' || c == '>' || c == '!') && at_ < text_.size() && text_[at_] == '=') {
        ++at_;
      }
    }
    token_ = text_.substr(begin, at_ - begin);
  }

  bool accept(std::string_view token) {
    if (token_ != token) return false;
    next();
    return true;
  }

  Index add(Node node) {
    if (out_.nodes.size() > 200) return std::nullopt;
    out_.nodes.push_back(std::move(node));
    return static_cast<std::uint16_t>(out_.nodes.size() - 1);
  }

  Index logic(Op op, Index left, Index right) {
    if (!left || !right || out_.nodes[*left].kind != Kind::kTruth ||
        out_.nodes[*right].kind != Kind::kTruth) {
      return std::nullopt;
    }
    return add({.op = op, .left = *left, .right = *right});
  }

  Index implies() {
    Index left = either();
    while (left && accept("implies")) left = logic(Op::kImplies, left, either());
    return left;
  }

  Index either() {
    Index left = both();
    while (left && (token_ == "or" || token_ == "xor")) {
      const Op op = token_ == "or" ? Op::kOr : Op::kXor;
      next();
      left = logic(op, left, both());
    }
    return left;
  }

  Index both() {
    Index left = equality();
    while (left && accept("and")) left = logic(Op::kAnd, left, equality());
    return left;
  }

  Index equality() {
    Index left = order();
    while (left && (token_ == "=" || token_ == "!=")) {
      const Op op = token_ == "=" ? Op::kEqual : Op::kNotEqual;
      next();
      left = comparison(op, left, order());
    }
    return left;
  }

  Index order() {
    const Index left = primary();
    Op op{};
    if (token_ == "<") {
      op = Op::kLess;
    } else if (token_ == "<=") {
      op = Op::kLessEqual;
    } else if (token_ == ">") {
      op = Op::kGreater;
    } else if (token_ == ">=") {
      op = Op::kGreaterEqual;
    } else {
      return left;
    }
    next();
    const Index right = primary();
    if (!left || !right || out_.nodes[*left].kind != Kind::kNumber) return std::nullopt;
    return comparison(op, left, right);
  }

  Index comparison(Op op, Index left, Index right) {
    if (!left || !right || out_.nodes[*left].kind != out_.nodes[*right].kind) return std::nullopt;
    const Node& path = out_.nodes[*left];
    const Node& text = out_.nodes[*right];
    if (path.op == Op::kPath && text.op == Op::kText && path.path.back()->enumeration != nullptr) {
      const ClinicEnumValue* value = path.path.back()->enumeration->find(text.text);
      if (value == nullptr) return std::nullopt;
      return add({.op = op == Op::kEqual ? Op::kEnumIs : Op::kEnumIsNot,
                  .path = path.path,
                  .number = fhir::path::Decimal(value->number)});
    }
    return add({.op = op, .left = *left, .right = *right});
  }

  Index primary() {
    if (accept("(")) {
      const Index inside = implies();
      if (!inside || !accept(")")) return std::nullopt;
      return token_ == "." ? suffixes(inside) : inside;
    }
    if (token_.empty()) return std::nullopt;
    const char c = token_.front();
    if (c == '\'') {
      if (token_.size() < 2 || token_.back() != '\'' ||
          token_.find('\\') != std::string_view::npos) {
        return std::nullopt;
      }
      Node node{.op = Op::kText, .kind = Kind::kText};
      node.text = std::string(token_.substr(1, token_.size() - 2));
      next();
      return add(std::move(node));
    }
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      const auto number = fhir::path::Decimal::parse(token_);
      if (!number) return std::nullopt;
      next();
      return add({.op = Op::kNumber, .kind = Kind::kNumber, .number = *number});
    }
    if (token_ == "true" || token_ == "false") {
      const fhir::path::Decimal truth(token_ == "true" ? 1 : 0);
      next();
      return add({.op = Op::kTruth, .number = truth});
    }
    if (token_ == "iif") return iif();
    return path();
  }

  Index iif() {
    next();
    if (!accept("(")) return std::nullopt;
    const Index condition = implies();
    if (!condition || !accept(",")) return std::nullopt;
    const Index then = implies();
    if (!then || !accept(",")) return std::nullopt;
    const Index otherwise = implies();
    if (!otherwise || !accept(")") || out_.nodes[*condition].kind != Kind::kTruth ||
        out_.nodes[*then].kind != out_.nodes[*otherwise].kind) {
      return std::nullopt;
    }
    return add({.op = Op::kIif,
                .kind = out_.nodes[*then].kind,
                .first = *condition,
                .left = *then,
                .right = *otherwise});
  }

  /// `a.b.c`, then at most functions.
  Index path() {
    Node node{.op = Op::kPath};
    const ClinicMessage* type = &focus_;
    while (true) {
      const ClinicField* field = type == nullptr ? nullptr : type->find(token_);
      if (field == nullptr) return std::nullopt;
      if (!node.path.empty() && node.path.back()->is_repeated) return std::nullopt;
      node.path.push_back(field);
      type = field->message;
      next();
      if (token_ != ".") break;
      const std::size_t dot = at_;
      next();
      if (token_ == "exists" || token_ == "empty") {
        node.op = token_ == "exists" ? Op::kExists : Op::kEmpty;
        next();
        if (!accept("(") || !accept(")")) return std::nullopt;
        return suffixes(add(std::move(node)));
      }
      if (token_ == "toDecimal" || token_ == "not" || token_ == "toInteger") {
        at_ = dot;
        token_ = ".";
        break;
      }
    }
    const ClinicField& last = *node.path.back();
    if (last.is_repeated || last.kind == ClinicKind::kMessage) return std::nullopt;
    switch (last.kind) {
      case ClinicKind::kBool:
        node.kind = Kind::kTruth;
        break;
      case ClinicKind::kString:
      case ClinicKind::kEnum:
        node.kind = Kind::kText;
        break;
      default:
        node.kind = Kind::kNumber;
        break;
    }
    return suffixes(add(std::move(node)));
  }

  Index suffixes(Index value) {
    while (value && accept(".")) {
      const bool decimal = token_ == "toDecimal";
      if (!decimal && token_ != "not") return std::nullopt;
      next();
      if (!accept("(") || !accept(")")) return std::nullopt;
      const Kind kind = out_.nodes[*value].kind;
      if (decimal ? kind == Kind::kTruth : kind != Kind::kTruth) return std::nullopt;
      value = decimal ? add({.op = Op::kToDecimal, .kind = Kind::kNumber, .left = *value})
                      : add({.op = Op::kNot, .left = *value});
    }
    return value;
  }

  std::string_view text_;
  std::string_view token_;
  const ClinicMessage& focus_;
  std::size_t at_ = 0;
  Predicate out_;
};

}  // namespace

std::shared_ptr<const plan::Predicate> parse_predicate(std::string_view text,
                                                       const ClinicMessage& focus) {
  return Lowering(text, focus).run();
}

}  // namespace kap::mappings
