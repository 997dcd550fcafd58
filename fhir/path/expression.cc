#include "fhir/path/expression.h"

#include <utility>

#include "fhir/path/ast.h"
#include "fhir/path/evaluation.h"
#include "fhir/path/plan.h"
#include "fhir/path/token.h"

namespace kap::fhir::path {

std::optional<Element> Host::resolve(const Item&) const { return std::nullopt; }

Result<std::optional<bool>> Host::member_of(const Item&, std::string_view) const {
  return fail(Category::kUnprocessable, IssueType::kNotSupported,
              "memberOf() needs a terminology service, which this evaluation has not");
}

Result<std::optional<bool>> Host::subsumes(const Item&, const Item&) const {
  return fail(Category::kUnprocessable, IssueType::kNotSupported,
              "subsumes() needs a terminology service, which this evaluation has not");
}

Result<std::optional<bool>> Host::conforms_to(const Element&, std::string_view) const {
  return std::optional<bool>();
}

void Host::trace(std::string_view, const Collection&) const {}

Result<Expression> Expression::compile(std::string_view text, const CompileOptions& options) {
  KAP_TRY(const std::unique_ptr<Ast> root, parse_expression(text, options.origin));
  KAP_TRY(auto plan, make_plan(*root, text, options));
  return Expression(std::move(plan));
}

namespace {

Result<Collection> evaluate_plan(const Plan& plan, std::span<const Item> focus,
                                 const Context& context) {
  Evaluation evaluation(plan, context, focus);
  Result<Collection> out;
  if (!evaluation.run(plan.root, Frame{.self = focus}, *out))
    return std::unexpected(evaluation.take_error());
  return out;
}

}  // namespace

Result<Collection> Expression::evaluate(const Element& focus, const Context& context) const {
  const Item item(focus);
  return evaluate_plan(*plan_, {&item, 1}, context);
}

Result<Collection> Expression::evaluate(const Collection& focus, const Context& context) const {
  return evaluate_plan(*plan_, focus, context);
}

Result<std::optional<bool>> Expression::evaluate_boolean(const Element& focus,
                                                         const Context& context) const {
  const Item item(focus);
  Evaluation evaluation(*plan_, context, {&item, 1});
  std::optional<bool> out;
  if (!evaluation.run_boolean(plan_->root, Frame{.self = {&item, 1}}, out))
    return std::unexpected(evaluation.take_error());
  return out;
}

std::string_view Expression::text() const { return plan_->text; }

}  // namespace kap::fhir::path
