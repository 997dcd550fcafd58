#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "fhir/json/print.h"
#include "fhir/path/json_model.h"
#include "mappings/engine/clinic_model.h"
#include "mappings/engine/runner.h"

namespace kap::mappings {

using definitions::Primitive;
using fhir::path::Collection;
using fhir::path::Item;
using fhir::path::ItemKind;
using Special = MemberSlot::Special;

OutNode& Runner::make_object(const definitions::TypeDef* type) {
  auto* node = new (arena_.bump(sizeof(OutNode), alignof(OutNode))) OutNode;
  node->kind = OutNode::Kind::kObject;
  node->first = nullptr;
  node->type = type;
  node->is_resource = type != nullptr && type->kind == definitions::TypeKind::kResource;
  return *node;
}

OutNode* Runner::add(OutNode& parent, const MemberSlot& slot, bool front) {
  OutNode* node = &make_object(nullptr);
  node->slot = &slot;
  node->kind = OutNode::Kind::kEmpty;
  OutNode* owner = &parent;
  if (parent.kind != OutNode::Kind::kObject) {
    // The id and the extensions of a primitive.
    if (parent.extra == nullptr) parent.extra = &make_object(nullptr);
    owner = parent.extra;
  }
  OutNode* before = front ? find_child(*owner, slot.element) : nullptr;
  if (before == nullptr) {
    insert_child(*owner, *node);
    return node;
  }
  OutNode** at = &owner->first;
  while (*at != before) at = &(*at)->next;
  node->next = before;
  *at = node;
  return node;
}

/// The object that the last element of the target's path belongs to.
OutNode* Runner::parent_of(const plan::Target& target, const Var* vars) {
  OutNode* at = vars[target.context].node;
  for (std::size_t i = 0; i + 1 < target.path.size() && at != nullptr; ++i) {
    const MemberSlot& slot = *target.path[i].slot;
    OutNode* next = slot.is_list ? nullptr : find_child(*at, slot.element);
    if (next == nullptr) {
      next = add(*at, slot, false);
      next->kind = OutNode::Kind::kObject;
      next->first = nullptr;
      next->type = slot.type.fhir;
    }
    at = next;
  }
  return at;
}

/// The node that takes the value; nullptr where the list mode keeps an earlier one, or after an
/// error.
OutNode* Runner::place(const plan::Target& target, OutNode& parent, const MemberSlot& slot,
                       Var* vars, bool is_object) {
  using ast::TargetList;
  if (target.list == TargetList::kShare) {
    Var& shared = vars[target.share];
    if (shared.kind == Var::Kind::kNode) return shared.node;
    shared.kind = Var::Kind::kNode;
    shared.node = add(parent, slot, false);
    return shared.node;
  }
  const bool one = !slot.is_list || target.list == TargetList::kSingle;
  if (one && (parent.kind == OutNode::Kind::kObject || parent.extra != nullptr)) {
    const OutNode& owner = parent.kind == OutNode::Kind::kObject ? parent : *parent.extra;
    // Members are in order: behind the last one there is nothing to find.
    const bool beyond = owner.last == nullptr || owner.last->slot->element < slot.element;
    if (OutNode* existing = beyond ? nullptr : find_child(owner, slot.element)) {
      if (is_object && existing->kind == OutNode::Kind::kObject && existing->slot == &slot &&
          target.op == plan::Op::kCreate && !slot.is_list) {
        return existing;
      }
      if (existing->kind == OutNode::Kind::kEmpty && existing->slot == &slot) return existing;
      if (target.list == TargetList::kFirst) return nullptr;
      if (target.list == TargetList::kLast) {
        existing->slot = &slot;
        existing->kind = OutNode::Kind::kEmpty;
        return existing;
      }
      report(Code::kAssignedTwice, target.origin,
             fmt::format("`{}` holds one value and was assigned before", slot.name));
      return nullptr;
    }
  }
  return add(parent, slot, target.list == TargetList::kFirst);
}

void Runner::trace(const plan::Target& target, const OutNode* node) {
  if (options_.trace == nullptr || node == nullptr) return;
  options_.trace->push_back({.node = node, .target = &target, .source = source_path()});
}

std::string_view Runner::public_id(std::string_view type, std::string_view local) {
  if (options_.ids.is_local()) return local;
  const auto found = ids_.find({.type = type, .local = local});
  if (found != ids_.end()) return found->second;
  const IdPolicy::Hashed hashed = options_.ids.hash(options_.clinic, type, local);
  const std::string_view kept = keep({hashed.data(), hashed.size()});
  ids_.emplace(IdKey{.type = keep(type), .local = keep(local)}, kept);
  return kept;
}

/// Types whose ids the gateway itself issues when a referral arrives: no map yields them, and a
/// clinic's record names them by the id it was told.
constexpr std::string_view kGatewayIssued[] = {"ServiceRequest", "Task"};

/// What stands in Reference.reference for `Type/local`; other forms stay as they are.
std::string_view Runner::reference_id(const MemberSlot& slot, std::string_view text) {
  if (options_.ids.is_local() || slot.special != Special::kReference) return text;
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || text.find('/', slash + 1) != std::string_view::npos) {
    return text;
  }
  const std::string_view type = text.substr(0, slash);
  if (std::ranges::count(kGatewayIssued, type) != 0) return text;
  if (definitions::find_resource_type(type) == nullptr) return text;
  const std::string_view id = public_id(type, text.substr(slash + 1));
  auto* bytes = static_cast<char*>(arena_.bump(type.size() + 1 + id.size(), 1));
  std::memcpy(bytes, text.data(), slash + 1);
  std::memcpy(bytes + slash + 1, id.data(), id.size());
  return {bytes, slash + 1 + id.size()};
}

/// Puts a value into a primitive node; `slot` is nullptr where the node is the context itself.
void Runner::set(OutNode& node, const plan::Target& target, const MemberSlot* slot,
                 const Text& text) {
  const Primitive wanted = slot != nullptr
                               ? slot->primitive
                               : (node.slot != nullptr ? node.slot->primitive : Primitive::kString);
  std::string_view value = text.text;
  if (slot != nullptr && slot->special != Special::kNone) value = reference_id(*slot, value);
  if (!target.fits && !is_valid(wanted, value)) {
    report(Code::kInvalidValue, target.origin,
           fmt::format("the value is no valid {}", to_text(wanted)));
    return;
  }
  const MemberSlot* own = slot != nullptr ? slot : node.slot;
  const bool bare = own != nullptr ? own->bare : is_bare(wanted);
  node.kind = bare ? OutNode::Kind::kRaw : OutNode::Kind::kText;
  node.text = value.data();
  node.size = static_cast<std::uint32_t>(value.size());
  trace(target, &node);
}

void Runner::write(const plan::Target& target, const Text& text, Var* vars) {
  if (!text.present) {
    if (target.variable != plan::kNoVariable) vars[target.variable].kind = Var::Kind::kNone;
    return;
  }
  if (target.variable != plan::kNoVariable) {
    vars[target.variable] = {.kind = Var::Kind::kText, .element = {}, .text = text};
  }
  if (target.context == plan::kNoVariable) return;
  OutNode* parent = parent_of(target, vars);
  if (parent == nullptr) return;
  if (target.path.empty()) {
    if (parent->kind == OutNode::Kind::kText || parent->kind == OutNode::Kind::kRaw) {
      report(Code::kAssignedTwice, target.origin, "the value was assigned before");
      return;
    }
    set(*parent, target, nullptr, text);
    return;
  }
  const MemberSlot& slot = *target.path.back().slot;
  OutNode* node = place(target, *parent, slot, vars, false);
  if (node == nullptr) return;
  set(*node, target, &slot, text);
  // A primitive under an alias may still get extensions: its variable is the node then.
  if (target.variable != plan::kNoVariable) {
    vars[target.variable].node = node;
    if (!target.path.empty()) vars[target.variable].kind = Var::Kind::kText;
  }
}

void Runner::write_raw(const plan::Target& target, std::string_view json, Var* vars) {
  OutNode* parent = target.context == plan::kNoVariable ? nullptr : parent_of(target, vars);
  if (parent == nullptr || target.path.empty()) {
    if (parent == nullptr) return;
    parent->kind = OutNode::Kind::kRaw;
    parent->text = json.data();
    parent->size = static_cast<std::uint32_t>(json.size());
    return;
  }
  OutNode* node = place(target, *parent, *target.path.back().slot, vars, false);
  if (node == nullptr) return;
  node->kind = OutNode::Kind::kRaw;
  node->text = json.data();
  node->size = static_cast<std::uint32_t>(json.size());
  if (target.variable != plan::kNoVariable) {
    vars[target.variable].kind = Var::Kind::kNode;
    vars[target.variable].node = node;
  }
  trace(target, node);
}

void Runner::create(const plan::Target& target, Var* vars) {
  const bool is_object = target.type.primitive() == Primitive::kNone;
  OutNode* node = nullptr;
  created_ = nullptr;
  if (target.context == plan::kNoVariable) {
    node = &make_object(target.type.fhir);
  } else {
    OutNode* parent = parent_of(target, vars);
    if (parent == nullptr || target.path.empty()) return;
    node = place(target, *parent, *target.path.back().slot, vars, is_object);
  }
  created_ = node;
  if (target.variable != plan::kNoVariable) {
    vars[target.variable].kind = node == nullptr ? Var::Kind::kNone : Var::Kind::kNode;
    vars[target.variable].node = node;
  }
  if (node == nullptr || node->kind == OutNode::Kind::kObject) return;
  if (is_object && node->kind == OutNode::Kind::kEmpty) {
    node->kind = OutNode::Kind::kObject;
    node->first = nullptr;
    node->type = target.type.fhir;
    node->is_resource =
        node->type != nullptr && node->type->kind == definitions::TypeKind::kResource;
  }
  trace(target, node);
}

const MemberSlot* Runner::choose(const plan::Target& target, std::string_view type,
                                 Primitive primitive) const {
  for (const auto& [name, slot] : target.choices) {
    if (name == type) return slot;
  }
  if (primitive == Primitive::kNone) return nullptr;
  const MemberSlot* found = nullptr;
  for (const auto& [name, slot] : target.choices) {
    if (slot->primitive == primitive) return slot;
  }
  for (const auto& [name, slot] : target.choices) {
    const Type from{.fhir = definitions::find_type(to_text(primitive))};
    const bool fits = conversion(from, slot->primitive) == Conversion::kImplicit ||
                      (target.choices.size() == 1 && slot->primitive != Primitive::kNone);
    if (fits && found == nullptr) found = slot;
  }
  return found;
}

void Runner::dynamic(const plan::Target& target, Var* vars) {
  const plan::Value& from = target.arguments[0];
  Collection items;
  if (from.kind == plan::Value::Kind::kExpression) {
    const Var focus = from.variable == plan::kNoVariable ? Var{} : vars[from.variable];
    auto found = evaluate(*from.expression, focus, vars);
    if (!found) return;
    items = std::move(*found);
  } else if (from.kind == plan::Value::Kind::kVariable &&
             vars[from.variable].kind == Var::Kind::kElement) {
    items.push_back(Item(vars[from.variable].element));
  } else {
    write(target, read(from, vars), vars);
    return;
  }
  if (items.size() > 1 && !(target.choices.size() == 1 && target.choices[0].second->is_list)) {
    report(Code::kEvaluationFailed, target.origin,
           fmt::format("the expression yields {} values, one is wanted", items.size()));
    return;
  }
  if (items.empty() && target.variable != plan::kNoVariable) {
    vars[target.variable].kind = Var::Kind::kNone;
  }
  for (const Item& item : items) dynamic_item(target, item, vars);
}

void Runner::dynamic_item(const plan::Target& target, const Item& item, Var* vars) {
  const Text text = text_of(item);
  plan::Target settled = target;
  if (target.context != plan::kNoVariable && !target.choices.empty()) {
    std::string_view type = to_text(text.primitive);
    if (item.is(ItemKind::kElement) && !text.present) {
      type = item.as_element().model->type(item.as_element()).name;
    }
    const MemberSlot* slot = choose(target, type, text.present ? text.primitive : Primitive::kNone);
    if (slot == nullptr) {
      report(Code::kInvalidValue, target.origin, fmt::format("the element cannot be {}", type));
      return;
    }
    settled.path.push_back({.slot = slot});
  }
  if (text.present || !item.is(ItemKind::kElement)) {
    write(settled, text, vars);
    return;
  }
  const fhir::json::Value* value = fhir::path::json_value(item.as_element());
  if (value == nullptr) return;
  write_raw(settled, keep(fhir::json::to_text(*value)), vars);
}

bool Runner::target(const plan::Target& target, const plan::Rule&, Var* vars) {
  switch (target.op) {
    case plan::Op::kContext:
      if (target.variable != plan::kNoVariable) vars[target.variable] = vars[target.context];
      break;
    case plan::Op::kCreate:
      create(target, vars);
      break;
    case plan::Op::kConstant:
      write_raw(target, target.bytes, vars);
      break;
    case plan::Op::kValue:
      write(target, read(target.arguments[0], vars), vars);
      break;
    case plan::Op::kCopyTree: {
      const plan::Value& from = target.arguments[0];
      const Var& var = vars[from.variable];
      if (from.kind != plan::Value::Kind::kVariable || var.kind != Var::Kind::kElement) break;
      const fhir::json::Value* value = fhir::path::json_value(var.element);
      if (value != nullptr) write_raw(target, keep(fhir::json::to_text(*value)), vars);
      break;
    }
    case plan::Op::kDynamic:
      dynamic(target, vars);
      break;
    case plan::Op::kTranslate:
      translate(target, vars);
      break;
    case plan::Op::kBuild:
      if (!target.bytes.empty() && target.variable == plan::kNoVariable) {
        write_raw(target, target.bytes, vars);
      } else {
        build(target, vars);
      }
      break;
    case plan::Op::kQuantityText:
    case plan::Op::kContactText:
      build_text(target, vars);
      break;
    default:
      write(target, transform(target, vars), vars);
      break;
  }
  return true;
}

}  // namespace kap::mappings
