#pragma once

#include <cstdint>
#include <vector>

#include "fhir/definitions/types.h"
#include "fhir/path/expression.h"

namespace kap::fhir::validate {

enum class Truth : std::uint8_t { kFalse, kTrue, kUnknown };

/// What of a constraint is decided by which elements an object has: `code.empty() or
/// system.exists()`, wholly; `start.hasValue().not() or ...`, where there is no start. Most
/// constraints of most objects are, and then need no evaluation.
class Presence {
 public:
  /// Of an expression on objects of that type.
  Presence(const path::Expression& expression, const definitions::TypeDef& type);

  /// `seen`: bit i stands for `type.elements[i]`.
  [[nodiscard]] Truth decide(std::uint64_t seen) const { return decide(root_, seen); }

 private:
  enum class Op : std::uint8_t { kUnknown, kExists, kNot, kAnd, kOr, kXor, kEmptyIs };
  struct Node {
    Op op = Op::kUnknown;
    /// Of kExists and kEmptyIs: the elements without which the operand is empty.
    std::uint64_t mask = 0;
    /// Of kExists: one of them being there is enough.
    bool is_direct = false;
    /// Of kEmptyIs: what the node is when its operand is empty.
    bool when_empty = false;
    std::uint16_t left = 0;
    std::uint16_t right = 0;
  };
  class Builder;

  [[nodiscard]] Truth decide(std::uint16_t at, std::uint64_t seen) const;

  std::vector<Node> nodes_;
  std::uint16_t root_ = 0;
};

}  // namespace kap::fhir::validate
