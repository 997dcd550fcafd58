#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "fhir/path/ast.h"
#include "fhir/path/evaluation.h"
#include "fhir/path/function.h"
#include "fhir/path/model.h"
#include "fhir/path/pattern.h"
#include "fhir/path/plan.h"
#include "fhir/path/token.h"

namespace kap::fhir::path {
namespace {

struct Lowered {
  NodeId id = kNoNode;
  const void* type = nullptr;  // the Model's handle, nullptr: not known
  bool ordered = true;
};

struct BinaryOperator {
  std::string_view symbol;
  Op op;
};
constexpr std::array<BinaryOperator, 22> kBinary{
    {{"+", Op::kAdd},         {"-", Op::kSubtract},
     {"&", Op::kConcatenate}, {"*", Op::kMultiply},
     {"/", Op::kDivide},      {"div", Op::kDiv},
     {"mod", Op::kMod},       {"|", Op::kUnion},
     {"=", Op::kEqual},       {"!=", Op::kNotEqual},
     {"~", Op::kEquivalent},  {"!~", Op::kNotEquivalent},
     {"<", Op::kLess},        {"<=", Op::kLessOrEqual},
     {">", Op::kGreater},     {">=", Op::kGreaterOrEqual},
     {"in", Op::kIn},         {"contains", Op::kContains},
     {"and", Op::kAnd},       {"or", Op::kOr},
     {"xor", Op::kXor},       {"implies", Op::kImplies}}};

/// %sct, %ucum and their kin, FHIR R4 section 2.1.9.1.
std::optional<std::string> constant(std::string_view name) {
  if (name == "sct") return "http://snomed.info/sct";
  if (name == "loinc") return "http://loinc.org";
  if (name == "ucum") return "http://unitsofmeasure.org";
  if (name.starts_with("vs-")) return "http://hl7.org/fhir/ValueSet/" + std::string(name.substr(3));
  if (name.starts_with("ext-"))
    return "http://hl7.org/fhir/StructureDefinition/" + std::string(name.substr(4));
  return std::nullopt;
}

class Planner {
 public:
  Planner(std::string_view text, const CompileOptions& options)
      : options_(options), plan_(std::make_shared<Plan>()) {
    plan_->text = std::string(text);
    plan_->origin = options.origin;
  }

  Result<std::shared_ptr<const Plan>> run(const Ast& root) {
    const void* type = nullptr;
    if (options_.model != nullptr && !options_.context_type.empty())
      type = options_.model->find_type(options_.context_type);
    KAP_TRY(const Lowered lowered, lower(root, type));
    plan_->root = lowered.id;
    return std::shared_ptr<const Plan>(std::move(plan_));
  }

 private:
  bool strict() const { return options_.names == Names::kStrict; }

  std::unexpected<Outcome> error(const Ast& ast, std::string message) const {
    return std::unexpected(
        syntax_error(plan_->text, ast.offset, plan_->origin, std::move(message)));
  }

  NodeId add(PlanNode node) {
    plan_->nodes.push_back(std::move(node));
    return static_cast<NodeId>(plan_->nodes.size() - 1);
  }
  Lowered leaf(const Ast& ast, Op op, const void* type = nullptr) {
    PlanNode node;
    node.op = op;
    node.offset = ast.offset;
    return {.id = add(std::move(node)), .type = type};
  }

  /// `self` is the static type of $this.
  Result<Lowered> lower(const Ast& ast, const void* self) {
    switch (ast.kind) {
      case AstKind::kEmpty:
        return leaf(ast, Op::kEmpty);
      case AstKind::kLiteral: {
        Lowered out = leaf(ast, Op::kLiteral);
        plan_->nodes[out.id].literal = ast.value;
        return out;
      }
      case AstKind::kThis:
        return leaf(ast, Op::kThis, self);
      case AstKind::kIndex:
        return leaf(ast, Op::kIndex);
      case AstKind::kTotal:
        return leaf(ast, Op::kTotal);
      case AstKind::kVariable:
        return variable(ast);
      case AstKind::kMember:
        return ast.children.empty() ? head(ast, self) : member(ast, self);
      case AstKind::kCall:
        return call(ast, self);
      case AstKind::kIndexer:
        return indexer(ast, self);
      case AstKind::kUnary:
        return unary(ast, self);
      case AstKind::kBinary:
        return binary(ast, self);
      case AstKind::kIs:
      case AstKind::kAs:
        return type_operator(ast, self);
      case AstKind::kType:
        break;
    }
    return error(ast, "a type specifier cannot stand here");
  }

  std::optional<std::uint32_t> variable_index(std::string_view name) const {
    const auto found = std::ranges::find(options_.variables, name);
    if (found == options_.variables.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - options_.variables.begin());
  }

  Lowered variable_node(const Ast& ast, std::uint32_t index) {
    const auto types = options_.variable_types;
    Lowered out = leaf(ast, Op::kVariable, index < types.size() ? types[index] : nullptr);
    plan_->nodes[out.id].variable = index;
    return out;
  }

  Result<Lowered> variable(const Ast& ast) {
    if (const auto index = variable_index(ast.text)) return variable_node(ast, *index);
    if (ast.text == "context") return leaf(ast, Op::kContext);
    if (ast.text == "resource") return leaf(ast, Op::kResource);
    if (ast.text == "rootResource") return leaf(ast, Op::kRootResource);
    if (const auto value = constant(ast.text)) {
      Lowered out = leaf(ast, Op::kLiteral);
      plan_->nodes[out.id].literal = Item::string(*value);
      return out;
    }
    std::string known = "context, resource, rootResource, sct, loinc, ucum, `vs-…`, `ext-…`";
    for (const std::string& name : options_.variables) known += ", " + name;
    return error(ast, fmt::format("there is no variable %{}; known are {}", ast.text, known));
  }

  Result<Lowered> head(const Ast& ast, const void* self) {
    if (options_.variable_syntax == CompileOptions::Variables::kBare)
      if (const auto index = variable_index(ast.text)) return variable_node(ast, *index);
    const Lowered input = leaf(ast, Op::kThis, self);
    const bool names_type = !ast.text.empty() && ast.text.front() >= 'A' && ast.text.front() <= 'Z';
    if (!names_type) return step(ast, input);
    PlanNode node;
    node.op = Op::kHead;
    node.offset = ast.offset;
    node.left = input.id;
    node.name = ast.text;
    const void* type = nullptr;
    if (options_.model != nullptr) type = options_.model->find_type(ast.text);
    node.step.owner = type;
    if (strict() && self != nullptr && self != type && !is_general(ast.text))
      return error(ast, fmt::format("{} is not the type {} that this is evaluated on", ast.text,
                                    options_.context_type));
    return Lowered{.id = add(std::move(node)), .type = type != nullptr ? type : self};
  }

  static bool is_general(std::string_view name) {
    return name == "Resource" || name == "DomainResource" || name == "Element";
  }

  Result<Lowered> member(const Ast& ast, const void* self) {
    KAP_TRY(const Lowered input, lower(*ast.children.front(), self));
    return step(ast, input);
  }

  Result<Lowered> step(const Ast& ast, const Lowered& input) {
    PlanNode node;
    node.op = Op::kStep;
    node.offset = ast.offset;
    node.left = input.id;
    node.name = ast.text;
    const void* type = nullptr;
    if (options_.model != nullptr && input.type != nullptr) {
      const auto resolved = options_.model->resolve(input.type, ast.text);
      if (resolved.has_value()) {
        node.step = *resolved;
        type = resolved->result;
      } else if (strict()) {
        return error(ast, fmt::format("there is no element '{}' here; a choice element is named "
                                      "without its type (value, not valueQuantity)",
                                      ast.text));
      }
    }
    return Lowered{.id = add(std::move(node)), .type = type, .ordered = input.ordered};
  }

  Result<Lowered> indexer(const Ast& ast, const void* self) {
    KAP_TRY(const Lowered input, lower(*ast.children[0], self));
    KAP_TRY(const Lowered index, lower(*ast.children[1], self));
    if (strict() && !input.ordered) return error(ast, "an index needs a collection with an order");
    PlanNode node;
    node.op = Op::kIndexer;
    node.offset = ast.offset;
    node.left = input.id;
    node.right = index.id;
    return Lowered{.id = add(std::move(node)), .type = input.type};
  }

  Result<Lowered> unary(const Ast& ast, const void* self) {
    KAP_TRY(const Lowered operand, lower(*ast.children.front(), self));
    PlanNode node;
    node.op = ast.text == "-" ? Op::kNegate : Op::kPlus;
    node.offset = ast.offset;
    node.left = operand.id;
    return Lowered{.id = add(std::move(node))};
  }

  Result<Lowered> binary(const Ast& ast, const void* self) {
    KAP_TRY(const Lowered left, lower(*ast.children[0], self));
    KAP_TRY(const Lowered right, lower(*ast.children[1], self));
    PlanNode node;
    const auto* const found = std::ranges::find(kBinary, ast.text, &BinaryOperator::symbol);
    node.op = found->op;
    node.offset = ast.offset;
    node.left = left.id;
    node.right = right.id;
    const bool is_union = node.op == Op::kUnion;
    return Lowered{.id = add(std::move(node)),
                   .type = is_union && left.type == right.type ? left.type : nullptr,
                   .ordered = !is_union || (left.ordered && right.ordered)};
  }

  /// Checks that the type exists and stores it in the node; yields the Model's handle.
  Result<const void*> set_type(const Ast& ast, PlanNode& node) {
    node.type_space = ast.type_space;
    node.name = ast.type_name;
    const bool system = ast.type_space == "System";
    const void* type = nullptr;
    if (options_.model != nullptr && !system) {
      type = options_.model->find_type(ast.type_name);
      if (type == nullptr && !(ast.type_space.empty() && is_system_type(ast.type_name)))
        return error(ast, fmt::format("there is no type {}; a FHIR type such as Quantity or code, "
                                      "or System.String and its kin would be right",
                                      ast.type_name));
    }
    return type;
  }

  NodeId add_typed(PlanNode node) {
    const NodeId id = add(std::move(node));
    PlanNode& stored = plan_->nodes[id];
    stored.type = {stored.type_space, stored.name};
    return id;
  }

  Result<Lowered> type_operator(const Ast& ast, const void* self) {
    KAP_TRY(const Lowered input, lower(*ast.children.front(), self));
    PlanNode node;
    node.op = ast.kind == AstKind::kIs ? Op::kIs : Op::kAs;
    node.offset = ast.offset;
    node.left = input.id;
    KAP_TRY(const void* type, set_type(ast, node));
    return Lowered{.id = add_typed(std::move(node)),
                   .type = ast.kind == AstKind::kAs ? type : nullptr,
                   .ordered = input.ordered};
  }

  Status check_call(const Ast& ast, const FunctionDef* function) {
    const std::size_t count = ast.children.size() - 1;
    if (function == nullptr) return error(ast, fmt::format("there is no function {}()", ast.text));
    if (count >= function->least && count <= function->most) return {};
    const std::string right = function->least == function->most
                                  ? fmt::format("{}", function->least)
                                  : fmt::format("{} to {}", function->least, function->most);
    return error(
        ast, fmt::format("{}() is given {} arguments; {} would be right", ast.text, count, right));
  }

  Result<Lowered> call(const Ast& ast, const void* self) {
    const bool filters = ast.text == "as" && options_.as_function == CompileOptions::As::kFilter;
    const FunctionDef* function = find_function(filters ? "ofType" : ast.text);
    KAP_CHECK_OK(check_call(ast, function));
    KAP_TRY(const Lowered input, lower(*ast.children.front(), self));
    if (strict() && !input.ordered && function->ordering == Ordering::kNeedsOrder)
      return error(ast, fmt::format("{}() needs a collection with an order; children() and "
                                    "descendants() have none",
                                    ast.text));
    PlanNode node;
    node.op = Op::kCall;
    node.offset = ast.offset;
    node.left = input.id;
    node.function = function->function;
    node.keeps_empty = function->result != ResultType::kUnknown;
    const bool lambdas = function->arguments == FunctionDef::Arguments::kLambdas;
    Lowered out{.id = kNoNode, .type = nullptr, .ordered = input.ordered};
    if (function->ordering == Ordering::kLosesOrder) out.ordered = false;
    if (function->result == ResultType::kInput) out.type = input.type;
    for (std::size_t i = 1; i < ast.children.size(); ++i) {
      const Ast* argument = ast.children[i].get();
      if (argument->kind == AstKind::kType) {
        KAP_TRY(const void* type, set_type(*argument, node));
        if (function->result == ResultType::kArgument) out.type = type;
        continue;
      }
      if (ast.text == "sort" && argument->kind == AstKind::kUnary && argument->text == "-") {
        node.descending |= 1ULL << (i - 1);
        argument = argument->children.front().get();
      }
      KAP_CHECK_OK(check_criterion(ast, *argument, i));
      KAP_TRY(const Lowered lowered, lower(*argument, lambdas ? input.type : self));
      node.arguments.push_back(lowered.id);
      if (function->result == ResultType::kArgument) out.type = lowered.type;
    }
    KAP_CHECK_OK(compile_pattern(ast, node));
    out.id = add_typed(std::move(node));
    return out;
  }

  Status check_criterion(const Ast& call, const Ast& argument, std::size_t index) {
    const bool criterion =
        index == 1 && (call.text == "iif" || call.text == "where" || call.text == "all");
    if (!strict() || !criterion || argument.kind != AstKind::kLiteral ||
        argument.value.is(ItemKind::kBoolean))
      return {};
    return error(argument, fmt::format("{}() takes a boolean criterion", call.text));
  }

  Status compile_pattern(const Ast& ast, PlanNode& node) {
    if (ast.text != "matches" && ast.text != "matchesFull" && ast.text != "replaceMatches")
      return {};
    const Ast& argument = *ast.children[1];
    if (argument.kind != AstKind::kLiteral || !argument.value.is(ItemKind::kString)) return {};
    auto pattern = compile_regex(argument.value.as_string());
    if (!pattern->ok())
      return error(argument, fmt::format("this is no regular expression: {}", pattern->error()));
    node.pattern = std::move(pattern);
    return {};
  }

  const CompileOptions& options_;
  std::shared_ptr<Plan> plan_;
};

}  // namespace

Result<std::shared_ptr<const Plan>> make_plan(const Ast& root, std::string_view text,
                                              const CompileOptions& options) {
  return Planner(text, options).run(root);
}

}  // namespace kap::fhir::path
