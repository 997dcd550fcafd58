#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/path/element.h"
#include "fhir/path/expression.h"
#include "fhir/path/item.h"

namespace re2 {
class RE2;
}

namespace kap::fhir::path {

using NodeId = std::uint32_t;
inline constexpr NodeId kNoNode = std::numeric_limits<NodeId>::max();

enum class Op : std::uint8_t {
  kEmpty,
  kLiteral,
  kThis,
  kIndex,
  kTotal,
  kContext,
  kResource,
  kRootResource,
  kVariable,
  kStep,  // input . name
  kHead,  // a name at the head of a path that may be the type of the focus
  kIndexer,
  kCall,
  kNegate,
  kPlus,  // unary
  kIs,
  kAs,
  kAdd,
  kSubtract,
  kConcatenate,
  kMultiply,
  kDivide,
  kDiv,
  kMod,
  kUnion,
  kEqual,
  kNotEqual,
  kEquivalent,
  kNotEquivalent,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kIn,
  kContains,
  kAnd,
  kOr,
  kXor,
  kImplies,
};

struct Call;
/// Appends its result to `out`; false when it failed and said so through the evaluation.
using Function = bool (*)(Call& call, Collection& out);

struct PlanNode {
  Op op = Op::kEmpty;
  std::uint32_t offset = 0;
  NodeId left = kNoNode;   // the input of a step or call, the left operand
  NodeId right = kNoNode;  // the right operand, an index
  Function function = nullptr;
  std::string name;
  Step step;
  TypeName type;  // views of type_space and name
  std::string type_space;
  Item literal;
  std::vector<NodeId> arguments;
  std::uint32_t variable = 0;
  /// Of a call: an empty input has an empty result (where(), ofType(), first() and their kin).
  bool keeps_empty = false;
  std::uint64_t descending = 0;  // sort(): bit i, argument i was written with a minus
  /// A literal regular expression.
  std::shared_ptr<const re2::RE2> pattern;
};

/// What an expression compiles to: a tree in an array, its root the last node.
struct Plan {
  std::string text;
  SourcePosition origin;
  std::deque<PlanNode> nodes;
  NodeId root = kNoNode;

  [[nodiscard]] const PlanNode& at(NodeId id) const { return nodes[id]; }
};

/// Lowers a parsed expression: functions and their argument counts, variables and types are
/// resolved, and elements to steps where the context type is known.
struct Ast;
[[nodiscard]] Result<std::shared_ptr<const Plan>> make_plan(const Ast& root, std::string_view text,
                                                            const CompileOptions& options);

}  // namespace kap::fhir::path
