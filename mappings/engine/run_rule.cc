#include <algorithm>

#include <fmt/format.h>

#include "mappings/engine/clinic_model.h"
#include "mappings/engine/predicate.h"
#include "mappings/engine/runner.h"

namespace kap::mappings {

using fhir::path::Collection;
using fhir::path::Item;
using fhir::path::ItemKind;

Runner::Runner(const plan::Program& program, const RunOptions& options, Arena& arena)
    : program_(program),
      options_(options),
      arena_(arena),
      constants_(program.constants.size()),
      constant_known_(program.constants.size()) {}

bool Runner::run(const plan::Entry& entry, const fhir::path::Element& source, OutNode& target) {
  const plan::Group& group = program_.groups[entry.group];
  Var* vars = frame(group.variables);
  for (std::size_t i = 0; i < group.modes.size(); ++i) {
    if (group.modes[i] == ast::Parameter::Mode::kSource) {
      vars[i].kind = Var::Kind::kElement;
      vars[i].element = source;
    } else {
      vars[i].kind = Var::Kind::kNode;
      vars[i].node = &target;
    }
  }
  return this->group(group, vars);
}

void Runner::report(Code code, const plan::Origin& origin, std::string message, std::string path) {
  const std::string& file = program_.files[origin.map].name;
  issues_.push_back(
      {.severity = IssueSeverity::kError,
       .code = code == Code::kUnmappedCode ? IssueType::kCodeInvalid : IssueType::kProcessing,
       .diagnostics = fmt::format("M{}: {} ({}:{}:{})", static_cast<int>(code), message, file,
                                  origin.span.at.line, origin.span.at.column),
       .expression = path.empty() ? source_path() : std::move(path),
       .position = {}});
}

std::string Runner::source_path() const {
  if (focus_ == nullptr || focus_->kind != Var::Kind::kElement) return {};
  return focus_->element.model->path(focus_->element);
}

bool Runner::group(const plan::Group& group, Var* vars) {
  if (++depth_ > options_.limits.depth) {
    report(Code::kDepthLimit, group.origin,
           fmt::format("groups call each other more than {} deep", options_.limits.depth));
    return false;
  }
  const bool done =
      std::ranges::all_of(group.before, [&](const plan::Call& base) { return call(base, vars); }) &&
      rules(group.rules, group.shares, vars);
  --depth_;
  return done;
}

bool Runner::rules(const std::vector<plan::Rule>& rules, const std::vector<plan::Variable>& shares,
                   Var* vars) {
  for (const plan::Variable share : shares) vars[share].kind = Var::Kind::kNone;
  for (const plan::Rule& rule : rules) {
    if (!source(rule, 0, vars)) return false;
  }
  return true;
}

/// Takes the items of one source after the other; the last one applies the rule.
bool Runner::source(const plan::Rule& rule, std::size_t index, Var* vars) {
  const plan::Source& from = rule.sources[index];
  const Var& context = vars[from.context];
  Var& out = vars[from.variable];
  const bool simple = from.plain || from.only_where;
  if (simple && (from.read == plan::Read::kSelf || from.read == plan::Read::kValue)) {
    if (context.kind == Var::Kind::kNone) return true;
    out = context;
    if (from.only_where && !holds(from.where, from, vars).value_or(false)) return true;
    return item(rule, index, vars);
  }
  if (simple && from.read == plan::Read::kClinicField) {
    const auto& message = *static_cast<const WireMessage*>(context.element.node);
    const ClinicField& field = *from.field;
    const WireSlot& slot = message.slot(field);
    if (!slot.present) return true;
    out.kind = Var::Kind::kElement;
    const std::uint32_t count = field.is_repeated ? slot.size : 1;
    const WireSlot* items = field.is_repeated ? slot.items : &slot;
    const bool is_message = field.kind == ClinicKind::kMessage;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!items[i].present) continue;
      out.element =
          is_message ? clinic_element(*items[i].message) : clinic_element(message, field, items[i]);
      if (from.only_where && !holds(from.where, from, vars).value_or(false)) continue;
      if (!item(rule, index, vars)) return false;
    }
    return true;
  }
  std::pmr::vector<Var> items(&arena_);
  gather(from, vars, items);
  return filtered(rule, index, vars, items);
}

void Runner::gather(const plan::Source& from, const Var* vars, std::pmr::vector<Var>& items) const {
  const Var& context = vars[from.context];
  if (context.kind == Var::Kind::kNone) return;
  if (from.read == plan::Read::kSelf || from.read == plan::Read::kValue ||
      context.kind != Var::Kind::kElement) {
    items.push_back(context);
  } else {
    Collection found;
    context.element.model->children(context.element, from.name, found);
    for (const Item& one : found) {
      if (!one.is(ItemKind::kElement)) continue;
      items.push_back({.kind = Var::Kind::kElement, .element = one.as_element(), .text = {}});
    }
  }
  if (from.type_filter.empty()) return;
  std::erase_if(items, [&](const Var& one) {
    return one.kind != Var::Kind::kElement ||
           !one.element.model->is(one.element, {.space = "FHIR", .name = from.type_filter},
                                  fhir::path::Subtypes::kInclude);
  });
}

bool Runner::cardinality(const plan::Source& from, std::size_t count, const Var* vars) {
  if (!from.cardinality) return true;
  const auto& stated = *from.cardinality;
  if (count >= stated.min && (!stated.max || count <= *stated.max)) return true;
  const Var& context = vars[from.context];
  report(Code::kSourceCardinality, from.origin,
         fmt::format("`{}` occurs {} times, the map wants {}..{}", from.name, count, stated.min,
                     stated.max ? fmt::format("{}", *stated.max) : std::string("*")),
         context.kind == Var::Kind::kElement ? context.element.model->path(context.element)
                                             : std::string());
  return true;
}

bool Runner::default_item(const plan::Source& from, Var* vars, std::pmr::vector<Var>& items) {
  const auto found = evaluate(*from.default_value, vars[from.context], vars);
  if (!found || found->empty()) return true;
  const Text text = text_of(found->front());
  if (text.present) items.push_back({.kind = Var::Kind::kText, .element = {}, .text = text});
  return true;
}

bool Runner::filtered(const plan::Rule& rule, std::size_t index, Var* vars,
                      std::pmr::vector<Var>& items) {
  const plan::Source& from = rule.sources[index];
  cardinality(from, items.size(), vars);
  if (items.empty() && from.default_value != nullptr && !default_item(from, vars, items)) {
    return false;
  }
  Var& out = vars[from.variable];
  if (from.where.stated()) {
    std::size_t kept = 0;
    for (const Var& one : items) {
      out = one;
      if (holds(from.where, from, vars).value_or(false)) items[kept++] = one;
    }
    items.resize(kept);
  }
  for (const Var& one : items) {
    out = one;
    if (from.check.stated() && !holds(from.check, from, vars).value_or(false)) {
      focus_ = &out;
      report(Code::kCheckFailed, from.check.expression->origin,
             fmt::format("the check `{}` does not hold", from.check.expression->compiled->text()));
    }
    if (from.log != nullptr) (void)evaluate(*from.log, out, vars);
  }
  std::size_t first = 0;
  std::size_t last = items.size();
  switch (from.list) {
    case ast::SourceList::kNone:
      break;
    case ast::SourceList::kFirst:
      last = std::min<std::size_t>(last, 1);
      break;
    case ast::SourceList::kNotFirst:
      first = std::min<std::size_t>(last, 1);
      break;
    case ast::SourceList::kLast:
      first = last == 0 ? 0 : last - 1;
      break;
    case ast::SourceList::kNotLast:
      last = last == 0 ? 0 : last - 1;
      break;
    case ast::SourceList::kOnlyOne:
      if (last > 1) {
        report(Code::kSourceCardinality, from.origin,
               fmt::format("`{}` occurs {} times, the map wants only one", from.name, last));
      }
      break;
  }
  for (std::size_t i = first; i < last; ++i) {
    out = items[i];
    if (!item(rule, index, vars)) return false;
  }
  return true;
}

std::optional<bool> Runner::holds(const plan::Condition& condition, const plan::Source& from,
                                  Var* vars) {
  const Var& focus = vars[from.variable];
  if (condition.direct != nullptr && focus.kind == Var::Kind::kElement) {
    const Truth truth =
        mappings::evaluate(*condition.direct, *static_cast<const WireMessage*>(focus.element.node));
    return truth == Truth::kTrue;
  }
  const auto found = evaluate(*condition.expression, focus, vars);
  if (!found) return std::nullopt;
  if (found->empty()) return false;
  if (found->size() > 1) {
    report(Code::kEvaluationFailed, condition.expression->origin,
           "a condition yields more than one value");
    return std::nullopt;
  }
  const Item value = fhir::path::to_value(found->front());
  return !value.is(ItemKind::kBoolean) || value.as_boolean();
}

bool Runner::item(const plan::Rule& rule, std::size_t index, Var* vars) {
  if (index + 1 < rule.sources.size()) return source(rule, index + 1, vars);
  return apply(rule, vars);
}

bool Runner::apply(const plan::Rule& rule, Var* vars) {
  if (++steps_ > options_.limits.rules) {
    report(Code::kStepLimit, rule.origin,
           fmt::format("more than {} rules were applied", options_.limits.rules));
    return false;
  }
  const Var* saved = focus_;
  focus_ = &vars[rule.sources.front().variable];
  for (const plan::Target& one : rule.targets) {
    if (!target(one, rule, vars)) return false;
  }
  for (const plan::Call& one : rule.calls) {
    if (!call(one, vars)) return false;
  }
  const bool done = rule.rules.empty() || rules(rule.rules, rule.shares, vars);
  focus_ = saved;
  return done && issues_.size() < options_.limits.issues;
}

/// The caller puts frame_used_ and frame_block_ back when its group is done.
Var* Runner::frame(std::size_t count) {
  constexpr std::size_t kVars = 1024;
  if (frames_.empty() || frame_used_ + count > kVars) {
    if (!frames_.empty()) ++frame_block_;
    frame_used_ = 0;
    if (frame_block_ >= frames_.size() || count > kVars) {
      frames_.insert(frames_.begin() + static_cast<std::ptrdiff_t>(frame_block_),
                     std::make_unique<Var[]>(std::max(count, kVars)));
    }
  }
  Var* out = frames_[frame_block_].get() + frame_used_;
  frame_used_ += count;
  for (std::size_t i = 0; i < count; ++i) out[i].kind = Var::Kind::kNone;
  return out;
}

bool Runner::call(const plan::Call& call, const Var* vars) {
  const plan::Group& callee = program_.groups[call.group];
  const std::size_t block = frame_block_;
  const std::size_t used = frame_used_;
  Var* inner = frame(callee.variables);
  for (std::size_t i = 0; i < call.arguments.size(); ++i) inner[i] = vars[call.arguments[i]];
  const bool done = group(callee, inner);
  frame_block_ = block;
  frame_used_ = used;
  return done;
}

}  // namespace kap::mappings
