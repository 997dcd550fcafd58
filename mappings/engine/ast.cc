#include "mappings/engine/ast.h"

namespace kap::mappings::ast {

std::string Path::text() const {
  std::string out;
  for (const Name& part : parts) {
    if (!out.empty()) out += '.';
    out += part.text;
  }
  return out;
}

const Span& Argument::span() const {
  switch (kind) {
    case Kind::kLiteral:
      return literal.span;
    case Kind::kVariable:
      return variable.span();
    case Kind::kExpression:
      break;
  }
  return expression.span;
}

const Span& Transform::span() const {
  switch (kind) {
    case Kind::kLiteral:
      return literal.span;
    case Kind::kCopy:
      return copy.span();
    case Kind::kCall:
      return call.name.span;
    case Kind::kExpression:
      break;
  }
  return expression.span;
}

}  // namespace kap::mappings::ast
