#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "fhir/path/evaluation.h"
#include "fhir/path/plan.h"

namespace kap::fhir::path {

/// What is known of a function's result while compiling.
enum class ResultType : std::uint8_t {
  kUnknown,
  kInput,     // the type of the input: where(), first()
  kArgument,  // the type of the last argument: select()
};

/// Whether a function asks for an input in order (N1 section 5.3) or yields one without.
enum class Ordering : std::uint8_t { kIndifferent, kNeedsOrder, kLosesOrder };

struct FunctionDef {
  std::string_view name;
  std::uint8_t least = 0;
  std::uint8_t most = 0;
  Function function = nullptr;
  ResultType result = ResultType::kUnknown;
  Ordering ordering = Ordering::kIndifferent;
  /// Whether arguments are evaluated with items of the input as $this.
  enum class Arguments : std::uint8_t { kValues, kLambdas } arguments = Arguments::kValues;
};

/// One call: the function sees its input and evaluates its arguments.
struct Call {
  Evaluation& evaluation;
  const PlanNode& node;
  const Frame& frame;
  const Collection& input;

  [[nodiscard]] std::size_t argument_count() const { return node.arguments.size(); }
  /// A value argument, in the frame of the call.
  [[nodiscard]] bool argument(std::size_t index, Collection& out) {
    return evaluation.run(node.arguments[index], frame, out);
  }
  /// A lambda argument with one item as $this.
  [[nodiscard]] bool lambda(std::size_t argument, const Item& item, std::int64_t index,
                            Collection& out);
  /// A lambda as a criterion: true, false, or nothing.
  [[nodiscard]] bool criterion(std::size_t argument, const Item& item, std::int64_t index,
                               std::optional<bool>& out);

  /// The System value of a single-item input or argument; kNone when empty. False: several items.
  [[nodiscard]] bool input_value(Item& out);
  [[nodiscard]] bool argument_value(std::size_t index, Item& out);
  /// The same, where only a string (integer) will do; nothing when empty.
  [[nodiscard]] bool input_string(std::optional<Text>& out);
  [[nodiscard]] bool argument_string(std::size_t index, std::optional<Text>& out);
  [[nodiscard]] bool argument_integer(std::size_t index, std::optional<std::int64_t>& out);

  /// Records an error of this call; always false.
  [[nodiscard]] bool fail(std::string message) { return evaluation.fail(node, std::move(message)); }
};

[[nodiscard]] const FunctionDef* find_function(std::string_view name);

/// One table a chapter of FHIRPath N1, section 5, and one of FHIR R4's own functions.
[[nodiscard]] std::span<const FunctionDef> existence_functions();
[[nodiscard]] std::span<const FunctionDef> filtering_functions();
[[nodiscard]] std::span<const FunctionDef> subsetting_functions();
[[nodiscard]] std::span<const FunctionDef> combining_functions();
[[nodiscard]] std::span<const FunctionDef> conversion_functions();
[[nodiscard]] std::span<const FunctionDef> string_functions();
[[nodiscard]] std::span<const FunctionDef> encoding_functions();
[[nodiscard]] std::span<const FunctionDef> math_functions();
[[nodiscard]] std::span<const FunctionDef> navigation_functions();
[[nodiscard]] std::span<const FunctionDef> utility_functions();
[[nodiscard]] std::span<const FunctionDef> boundary_functions();
[[nodiscard]] std::span<const FunctionDef> fhir_functions();

}  // namespace kap::fhir::path
