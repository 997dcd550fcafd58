#include "fhir/patch/json_patch.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "fhir/base/limits.h"
#include "fhir/patch/same_value.h"
#include "fhir/patch/work.h"

/// https://www.rfc-editor.org/rfc/rfc6902
namespace kap::fhir::patch {
namespace {

using json::Document;
using json::Value;
using Kind = JsonPatch::Kind;
using Operation = JsonPatch::Operation;

constexpr std::array<std::pair<std::string_view, Kind>, 6> kKinds{{{"add", Kind::kAdd},
                                                                   {"remove", Kind::kRemove},
                                                                   {"replace", Kind::kReplace},
                                                                   {"move", Kind::kMove},
                                                                   {"copy", Kind::kCopy},
                                                                   {"test", Kind::kTest}}};

std::string place_of(std::size_t index, std::string_view member) {
  return member.empty() ? fmt::format("patch[{}]", index)
                        : fmt::format("patch[{}].{}", index, member);
}

std::unexpected<Outcome> malformed(std::size_t index, std::string_view member, IssueType code,
                                   std::string message) {
  return fail(Category::kInvalidRequest, code, std::move(message), place_of(index, member));
}

Result<Kind> parse_kind(const Value& operation, std::size_t index) {
  const std::string_view op = operation.string("op");
  for (const auto& [name, kind] : kKinds)
    if (name == op) return kind;
  return malformed(index, "op", op.empty() ? IssueType::kRequired : IssueType::kValue,
                   "op must be add, remove, replace, move, copy or test");
}

Result<JsonPointer> parse_pointer(const Value& operation, std::size_t index,
                                  std::string_view member) {
  const Value* text = operation.find(member);
  if (text == nullptr || !text->is_string())
    return malformed(index, member, IssueType::kRequired,
                     fmt::format("the operation needs '{}', a JSON Pointer", member));
  auto pointer = JsonPointer::parse(text->text());
  if (!pointer.has_value())
    return malformed(index, member, IssueType::kValue,
                     fmt::format("'{}' must be a JSON Pointer such as /name/0/family: empty or "
                                 "beginning with '/', with ~0 for '~' and ~1 for '/'",
                                 member));
  if (pointer->tokens.size() > limits::kJsonDepth)
    return malformed(index, member, IssueType::kTooLong,
                     fmt::format("'{}' has over {} steps", member, limits::kJsonDepth));
  return *std::move(pointer);
}

Result<Operation> parse_operation(const Value& operation, std::size_t index) {
  if (!operation.is_object())
    return malformed(index, {}, IssueType::kStructure, "an operation must be an object");
  Operation out;
  KAP_TRY(out.kind, parse_kind(operation, index));
  KAP_TRY(out.path, parse_pointer(operation, index, "path"));
  if (out.kind == Kind::kMove || out.kind == Kind::kCopy) {
    KAP_TRY(out.from, parse_pointer(operation, index, "from"));
  }
  if (out.kind == Kind::kAdd || out.kind == Kind::kReplace || out.kind == Kind::kTest) {
    const Value* value = operation.find("value");
    if (value == nullptr)
      return malformed(index, "value", IssueType::kRequired, "the operation needs 'value'");
    out.value = *value;
  }
  return out;
}

/// Runs operations on a copy of the target.
class Run {
 public:
  explicit Run(const Value& target) { document_.root = document_.clone(target); }

  Status apply(const Operation& operation, std::size_t index) {
    index_ = index;
    switch (operation.kind) {
      case Kind::kAdd:
        return add(operation.path, operation.value);
      case Kind::kRemove:
        return remove(operation.path, "path");
      case Kind::kReplace:
        return replace(operation.path, operation.value);
      case Kind::kMove:
        return move(operation);
      case Kind::kCopy:
        return copy(operation);
      case Kind::kTest:
        return test(operation.path, operation.value);
    }
    std::unreachable();
  }

  Document take() { return std::move(document_); }

 private:
  std::unexpected<Outcome> failed(IssueType code, std::string_view member, std::string message) {
    return fail(Category::kUnprocessable, code, std::move(message), place_of(index_, member));
  }

  std::unexpected<Outcome> too_costly() {
    return failed(
        IssueType::kTooCostly, {},
        fmt::format("the patch reads and copies over {} nodes; split it", limits::kPatchWork));
  }

  /// The value that the first `count` tokens lead to.
  Result<Value*> find(const JsonPointer& pointer, std::size_t count, std::string_view member) {
    Value* at = &document_.root;
    for (std::size_t i = 0; i < count; ++i) {
      if (!work_.spend(1 + at->members().size())) return too_costly();
      const std::string& token = pointer.tokens[i];
      Value* next = nullptr;
      if (at->is_array()) {
        const auto index = parse_array_index(token);
        if (index.has_value() && *index < at->items().size()) next = &at->items()[*index];
      } else {
        next = at->find(token);
      }
      if (next == nullptr)
        return failed(IssueType::kNotFound, member,
                      fmt::format("{} is not there: {} has no such member or item",
                                  to_shown(pointer, i + 1), to_shown(pointer, i)));
      at = next;
    }
    return at;
  }

  /// A copy of a value for a place of that depth.
  Result<Value> copied(const Value& value, std::size_t depth) {
    const Extent extent = extent_of(value);
    if (!work_.spend(extent.units)) return too_costly();
    KAP_CHECK_OK(check_depth(extent, depth));
    return document_.clone(value);
  }

  Status check_depth(const Extent& extent, std::size_t depth) {
    if (depth + extent.depth > limits::kJsonDepth)
      return failed(
          IssueType::kTooCostly, "path",
          fmt::format("the document would be nested deeper than {} levels", limits::kJsonDepth));
    return {};
  }

  Status add(const JsonPointer& path, const Value& value) {
    KAP_TRY(const Value copy, copied(value, path.tokens.size()));
    return place(path, copy);
  }

  Status place(const JsonPointer& path, Value value) {
    if (path.tokens.empty()) {
      document_.root = value;
      return {};
    }
    const std::size_t last = path.tokens.size() - 1;
    KAP_TRY(Value* const parent, find(path, last, "path"));
    const std::string& token = path.tokens[last];
    if (parent->is_object()) {
      if (!work_.spend(1 + parent->members().size())) return too_costly();
      document_.set(*parent, token, value);
      return {};
    }
    if (!parent->is_array())
      return failed(IssueType::kNotFound, "path",
                    fmt::format("{} is neither an object nor an array: nothing can be added to it",
                                to_shown(path, last)));
    const std::size_t size = parent->items().size();
    const auto index = token == "-" ? std::optional(size) : parse_array_index(token);
    if (!index.has_value() || *index > size)
      return failed(IssueType::kValue, "path",
                    fmt::format("{} has {} items: the index must be 0 to {}, or -",
                                to_shown(path, last), size, size));
    if (!work_.spend(size)) return too_costly();
    document_.insert(*parent, *index, value);
    return {};
  }

  Status remove(const JsonPointer& path, std::string_view member) {
    if (path.tokens.empty())
      return failed(IssueType::kBusinessRule, member, "the whole document cannot be removed");
    KAP_CHECK_OK(find(path, path.tokens.size(), member));
    const std::size_t last = path.tokens.size() - 1;
    KAP_TRY(Value* const parent, find(path, last, member));
    if (parent->is_array())
      document_.erase(*parent, *parse_array_index(path.tokens[last]));
    else
      document_.erase(*parent, std::string_view(path.tokens[last]));
    return {};
  }

  Status replace(const JsonPointer& path, const Value& value) {
    KAP_TRY(Value* const old, find(path, path.tokens.size(), "path"));
    KAP_TRY(*old, copied(value, path.tokens.size()));
    return {};
  }

  Status move(const Operation& operation) {
    if (operation.from.is_proper_prefix_of(operation.path))
      return failed(IssueType::kBusinessRule, "path", "a value cannot be moved into itself");
    KAP_TRY(Value* const source, find(operation.from, operation.from.tokens.size(), "from"));
    if (operation.from.tokens == operation.path.tokens) return {};
    const Value value = *source;
    const Extent extent = extent_of(value);
    if (!work_.spend(extent.units)) return too_costly();
    KAP_CHECK_OK(check_depth(extent, operation.path.tokens.size()));
    KAP_CHECK_OK(remove(operation.from, "from"));
    return place(operation.path, value);
  }

  Status copy(const Operation& operation) {
    KAP_TRY(const Value* const source, find(operation.from, operation.from.tokens.size(), "from"));
    return add(operation.path, *source);
  }

  Status test(const JsonPointer& path, const Value& value) {
    KAP_TRY(const Value* const found, find(path, path.tokens.size(), "path"));
    if (!work_.spend(extent_of(value).units)) return too_costly();
    if (is_same_value(*found, value)) return {};
    return failed(IssueType::kConflict, "path",
                  fmt::format("{} does not have the value that the test states",
                              to_shown(path, path.tokens.size())));
  }

  Document document_;
  Work work_;
  std::size_t index_ = 0;
};

}  // namespace

Result<JsonPatch> JsonPatch::parse(json::Document patch) {
  if (!patch.root.is_array())
    return fail(Category::kInvalidRequest, IssueType::kStructure,
                "a JSON Patch must be an array of operations (RFC 6902)", "patch");
  const auto items = std::as_const(patch.root).items();
  if (items.size() > limits::kPatchOperations)
    return fail(Category::kInvalidRequest, IssueType::kTooCostly,
                fmt::format("a patch takes at most {} operations", limits::kPatchOperations),
                "patch");
  JsonPatch out;
  out.operations_.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    KAP_TRY(Operation operation, parse_operation(items[i], i));
    out.operations_.push_back(std::move(operation));
  }
  out.document_ = std::move(patch);
  return out;
}

Result<Document> JsonPatch::apply(const Value& target, Empties empties) const {
  Run run(target);
  for (std::size_t i = 0; i < operations_.size(); ++i) KAP_CHECK_OK(run.apply(operations_[i], i));
  Document out = run.take();
  if (empties == Empties::kDrop) drop_empties(out);
  return out;
}

}  // namespace kap::fhir::patch
