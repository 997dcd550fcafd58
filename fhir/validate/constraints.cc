#include "fhir/validate/constraints.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include "fhir/path/function.h"
#include "fhir/path/json_model.h"
#include "fhir/path/plan.h"

namespace kap::fhir::validate {
namespace {

/// What the structural walk checks itself: content, extensions, narratives, contained resources
/// within contained ones, references to contained resources.
bool is_structural(std::string_view key) {
  static constexpr std::array<std::string_view, 6> kKeys = {"ele-1", "ext-1", "dom-2",
                                                            "txt-1", "txt-2", "ref-1"};
  return std::ranges::find(kKeys, key) != kKeys.end();
}

void add(std::string_view path, const definitions::TypeDef& type, std::vector<Constraint>& to) {
  for (const definitions::ConstraintDef& def : definitions::constraints_at(path)) {
    if (!is_structural(def.key)) to.push_back(make_constraint(def, &type));
  }
}

void add_with_bases(const definitions::TypeDef& of, const definitions::TypeDef& type,
                    std::vector<Constraint>& to) {
  if (of.base != nullptr) add_with_bases(*of.base, type, to);
  add(of.name, type, to);
}

bool holds_when_empty(const path::Expression& expression) {
  const path::PlanNode& root = expression.plan().at(expression.plan().root);
  const std::string_view text = expression.text();
  return root.function == path::find_function("not")->function ||
         text.find("<=") != std::string_view::npos || text.find(">=") != std::string_view::npos;
}

/// The type of an element where it has one only.
const definitions::TypeDef* only_type(const definitions::ElementDef& element) {
  return element.types.size() == 1 ? element.types.front().type : nullptr;
}

}  // namespace

Constraint make_constraint(const definitions::ConstraintDef& def, const definitions::TypeDef* type,
                           std::span<const std::string> variables) {
  path::CompileOptions options{.model = &path::json_model(),
                               .variables = variables,
                               .as_function = path::CompileOptions::As::kFilter};
  if (type != nullptr) options.context_type = type->name;
  auto expression = path::Expression::compile(def.expression, options);
  if (!expression) {
    throw std::logic_error(fmt::format("constraint {}: {}", def.key, expression.error().summary()));
  }
  Constraint constraint{
      .def = def, .expression = std::move(*expression), .presence = {}, .holds_when_empty = false};
  constraint.holds_when_empty = holds_when_empty(constraint.expression);
  if (type != nullptr) constraint.presence.emplace(constraint.expression, *type);
  return constraint;
}

std::span<const Constraint> TypeConstraints::of(const definitions::ElementDef& element) const {
  for (const OfElement& each : elements) {
    if (each.index == element.index) return each.constraints;
  }
  return {};
}

ConstraintTables::ConstraintTables() : made_(definitions::all_types().size()) {}

ConstraintTables::~ConstraintTables() {
  for (const auto& each : made_) delete each.load();
}

const TypeConstraints& ConstraintTables::of(const definitions::TypeDef& type) const {
  const auto at = static_cast<std::size_t>(&type - definitions::all_types().data());
  const TypeConstraints* known = made_[at].load(std::memory_order_acquire);
  return known != nullptr ? *known : make(type);
}

const TypeConstraints& ConstraintTables::make(const definitions::TypeDef& type) const {
  const auto at = static_cast<std::size_t>(&type - definitions::all_types().data());
  const std::scoped_lock lock(making_);
  if (const TypeConstraints* known = made_[at].load(std::memory_order_acquire)) return *known;
  auto made = std::make_unique<TypeConstraints>();
  add_with_bases(type, type, made->whole);
  for (const definitions::ElementDef& element : type.elements) {
    const definitions::TypeDef* of = only_type(element);
    // A backbone element's path is the name of its type too.
    if (of != nullptr && of->kind == definitions::TypeKind::kBackbone) continue;
    const std::string path =
        fmt::format("{}.{}{}", element.owner->name, element.name, element.is_choice ? "[x]" : "");
    TypeConstraints::OfElement list{.index = element.index, .constraints = {}};
    for (const definitions::ConstraintDef& def : definitions::constraints_at(path)) {
      if (!is_structural(def.key)) list.constraints.push_back(make_constraint(def, of));
    }
    if (!list.constraints.empty()) made->elements.push_back(std::move(list));
  }
  const TypeConstraints* result = made.release();
  made_[at].store(result, std::memory_order_release);
  return *result;
}

}  // namespace kap::fhir::validate
