#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/limits.h"
#include "fhir/base/result.h"
#include "fhir/path/element.h"
#include "fhir/path/item.h"
#include "fhir/path/model.h"

namespace kap::fhir::path {

/// What FHIRPath asks of its surroundings. Every hook may be left as it is: resolve() then yields
/// nothing, memberOf() and the like are refused as not supported.
class Host {
 public:
  virtual ~Host() = default;
  /// The target of a Reference, canonical or uri, as an Element that outlives the evaluation.
  [[nodiscard]] virtual std::optional<Element> resolve(const Item& reference) const;
  /// Whether a code, Coding or CodeableConcept is in the ValueSet; nothing: unknown value set.
  [[nodiscard]] virtual Result<std::optional<bool>> member_of(const Item& code,
                                                              std::string_view value_set) const;
  [[nodiscard]] virtual Result<std::optional<bool>> subsumes(const Item& general,
                                                             const Item& special) const;
  /// Nothing: the profile is unknown, which is an error of the expression.
  [[nodiscard]] virtual Result<std::optional<bool>> conforms_to(const Element& element,
                                                                std::string_view profile) const;
  virtual void trace(std::string_view name, const Collection& items) const;
};

/// How strictly names are judged against the definitions.
enum class Names : std::uint8_t {
  /// An unknown element yields nothing; `valueQuantity` is refused as nothing too.
  kLenient,
  /// An element that no possible type has is an error when compiling (needs `context_type`).
  kStrict,
};

struct CompileOptions {
  /// With a model, names are resolved while compiling; without, while evaluating.
  const Model* model = nullptr;
  /// The type the expression is evaluated on (`Patient`), empty where not known.
  std::string_view context_type{};
  /// Names of variables (`%name`); their values are given in Context::variables in this order.
  std::span<const std::string> variables{};
  /// The Model's types of the variables (Model::find_type), in the same order; nullptr, or left
  /// off: not known. With a type, steps from a variable are resolved and checked like others.
  std::span<const void* const> variable_types{};
  /// kBare: `name` at the head of a path means the variable too (the mapping language).
  enum class Variables : std::uint8_t { kPercent, kBare } variable_syntax = Variables::kPercent;
  Names names = Names::kLenient;
  /// The function as() on several items: refused, or kept by type as ofType() does. R4's search
  /// parameters and a few of its invariants (dom-3) are written for the latter.
  enum class As : std::uint8_t { kSingle, kFilter } as_function = As::kSingle;
  /// Where the text begins in its file; added to the positions of errors.
  SourcePosition origin{.line = 1, .column = 1};
};

struct Context {
  /// %resource and %rootResource; the focus where absent. %context is always the focus.
  std::optional<Element> resource{};
  std::optional<Element> root_resource{};
  /// In the order of CompileOptions::variables; a missing one is empty.
  std::span<const Collection> variables{};
  const Host* host = nullptr;
  /// For now(), today() and timeOfDay(), which are refused without one; read once an evaluation.
  const Clock* clock = nullptr;
  std::uint32_t steps = limits::kFhirPathSteps;
};

struct Plan;

/// A compiled FHIRPath expression (HL7 FHIRPath N1 with FHIR R4's additions). Immutable, cheap to
/// copy, safe to evaluate from many threads at once.
class Expression {
 public:
  /// Errors carry line and column and say what would be right.
  [[nodiscard]] static Result<Expression> compile(std::string_view text,
                                                  const CompileOptions& options = {});

  /// Items may borrow from the instance, the variables and this expression.
  [[nodiscard]] Result<Collection> evaluate(const Element& focus,
                                            const Context& context = {}) const;
  [[nodiscard]] Result<Collection> evaluate(const Collection& focus,
                                            const Context& context = {}) const;
  /// As an invariant or a condition: true for a single true or a single item that is not a
  /// boolean, false for false, nothing for empty; several items are an error.
  [[nodiscard]] Result<std::optional<bool>> evaluate_boolean(const Element& focus,
                                                             const Context& context = {}) const;

  /// The elements of the focus that the expression starts from, if it certainly yields nothing
  /// where the focus has none of them (`name` and `contact` of `name | contact.name`); nothing
  /// where that is not certain. Lets a caller skip evaluations.
  [[nodiscard]] std::optional<std::vector<std::string_view>> first_elements() const;

  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] const Plan& plan() const { return *plan_; }

 private:
  explicit Expression(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  std::shared_ptr<const Plan> plan_;
};

}  // namespace kap::fhir::path
