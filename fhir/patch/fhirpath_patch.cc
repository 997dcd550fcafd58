#include "fhir/patch/fhirpath_patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include "fhir/base/limits.h"
#include "fhir/path/ast.h"
#include "fhir/path/json_model.h"
#include "fhir/path/token.h"

/// http://hl7.org/fhir/R4/fhirpatch.html, the reading of it; fhirpath_patch_run.cc applies it.
namespace kap::fhir::patch {
namespace {

using json::Value;
using Kind = FhirPathPatch::Kind;
using Operation = FhirPathPatch::Operation;

struct Shape {
  std::string_view type;
  Kind kind = Kind::kDelete;
  std::array<std::string_view, 3> parts;  // besides type and path; all are needed
};
constexpr std::array<Shape, 5> kShapes{{{"add", Kind::kAdd, {"name", "value"}},
                                        {"insert", Kind::kInsert, {"index", "value"}},
                                        {"delete", Kind::kDelete, {}},
                                        {"replace", Kind::kReplace, {"value"}},
                                        {"move", Kind::kMove, {"source", "destination"}}}};

std::unexpected<Outcome> malformed(IssueType code, const std::string& place, std::string message) {
  return fail(Category::kInvalidRequest, code, std::move(message), place);
}

struct Part {
  const Value* value = nullptr;
  std::string place;
};

/// The parts of one operation by name.
class Parts {
 public:
  static Result<Parts> read(const Value& parameter, std::string place) {
    Parts out;
    out.place_ = std::move(place);
    const Value* parts = parameter.find("part");
    if (parts == nullptr) return malformed(IssueType::kRequired, out.place_, "needs parts");
    std::size_t index = 0;
    for (const Value& part : parts->items()) {
      const std::string at = fmt::format("{}.part[{}]", out.place_, index++);
      Part* known = out.find(part.string("name"));
      if (known == nullptr)
        return malformed(IssueType::kValue, at,
                         "a part must be type, path, name, value, index, source or destination");
      if (known->value != nullptr)
        return malformed(IssueType::kDuplicate, at, "this part is there twice");
      *known = {.value = &part, .place = at};
    }
    return out;
  }

  [[nodiscard]] const std::string& place() const { return place_; }

  /// Checks that exactly the parts of that shape are there.
  Status match(const Shape& shape) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      const std::string_view name = kNames[i];
      const bool is_needed = name == "type" || name == "path" ||
                             std::ranges::find(shape.parts, name) != shape.parts.end();
      if (is_needed && parts_[i].value == nullptr)
        return malformed(IssueType::kRequired, place_,
                         fmt::format("{} needs the part '{}'", shape.type, name));
      if (!is_needed && parts_[i].value != nullptr)
        return malformed(IssueType::kValue, parts_[i].place,
                         fmt::format("{} takes no part '{}'", shape.type, name));
    }
    return {};
  }

  Result<std::string_view> text(std::string_view name) {
    Part& part = *find(name);
    if (part.value == nullptr)
      return malformed(IssueType::kRequired, place_, fmt::format("needs the part '{}'", name));
    const std::string_view code = part.value->string("valueCode");
    const std::string_view out = code.empty() ? part.value->string("valueString") : code;
    if (out.empty())
      return malformed(
          IssueType::kValue, part.place,
          fmt::format("'{}' needs a {}", name, name == "type" ? "valueCode" : "valueString"));
    return out;
  }

  Result<std::size_t> number(std::string_view name) {
    const Part& part = *find(name);
    for (const std::string_view member : {"valueInteger", "valueUnsignedInt", "valuePositiveInt"}) {
      const Value* value = part.value->find(member);
      if (value == nullptr || !value->is_number()) continue;
      const std::string_view text = value->text();
      std::uint32_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error == std::errc() && end == text.data() + text.size()) return number;
    }
    return malformed(IssueType::kValue, part.place,
                     fmt::format("'{}' needs a valueInteger from 0 on", name));
  }

  Part* find(std::string_view name) {
    for (std::size_t i = 0; i < kNames.size(); ++i)
      if (kNames[i] == name) return &parts_[i];
    return nullptr;
  }

 private:
  static constexpr std::array<std::string_view, 7> kNames{"type",  "path",   "name",       "value",
                                                          "index", "source", "destination"};
  std::array<Part, 7> parts_;
  std::string place_;
};

/// Errors of the path get the place of its part; their line and column stay.
Result<path::Expression> compile(std::string_view text, std::string_view resource_type,
                                 const std::string& place) {
  auto compiled = path::Expression::compile(
      text,
      {.model = &path::json_model(), .context_type = resource_type, .names = path::Names::kStrict});
  if (compiled.has_value()) return compiled;
  std::vector<Issue> issues = compiled.error().issues();
  for (Issue& issue : issues) issue.expression = place;
  return std::unexpected(Outcome(Category::kInvalidRequest, std::move(issues)));
}

/// `Patient.contact.telecom` as what owns the list and the name of it; nothing where the path does
/// not end in a name.
struct OwnerAndName {
  std::string_view owner;
  std::string_view name;
};

std::optional<OwnerAndName> split(std::string_view text) {
  const auto root = path::parse_expression(text, {.line = 1, .column = 1});
  const auto tokens = path::tokenize(text, {.line = 1, .column = 1});
  if (!root.has_value() || !tokens.has_value()) return std::nullopt;
  if ((*root)->kind != path::AstKind::kMember || tokens->size() < 2) return std::nullopt;
  const path::Token& name = (*tokens)[tokens->size() - 2];
  if (name.kind != path::TokenKind::kIdentifier) return std::nullopt;
  OwnerAndName out{.owner = "$this", .name = text.substr(name.begin, name.end - name.begin)};
  if (tokens->size() > 3) {
    const path::Token& dot = (*tokens)[tokens->size() - 3];
    if (dot.text != ".") return std::nullopt;
    out.owner = text.substr(0, dot.begin);
  }
  return out;
}

Result<Operation> parse_operation(const Value& parameter, std::string_view resource_type,
                                  const std::string& place) {
  if (parameter.string("name") != "operation")
    return malformed(IssueType::kValue, place, "the name of a parameter must be 'operation'");
  KAP_TRY(Parts parts, Parts::read(parameter, place));
  KAP_TRY(const std::string_view type, parts.text("type"));
  const auto shape = std::ranges::find(kShapes, type, &Shape::type);
  if (shape == kShapes.end())
    return malformed(IssueType::kValue, parts.find("type")->place,
                     "the type must be add, insert, delete, replace or move");
  KAP_CHECK_OK(parts.match(*shape));
  Operation out;
  out.kind = shape->kind;
  KAP_TRY(const std::string_view text, parts.text("path"));
  KAP_TRY(out.path, compile(text, resource_type, parts.find("path")->place));
  out.value = parts.find("value")->value;
  if (out.kind == Kind::kAdd) {
    KAP_TRY(out.name, parts.text("name"));
  } else if (out.kind == Kind::kInsert) {
    KAP_TRY(out.index, parts.number("index"));
    if (const auto ends = split(text)) {
      KAP_TRY(out.owner, compile(ends->owner, resource_type, parts.find("path")->place));
      out.name = ends->name;
    }
  } else if (out.kind == Kind::kMove) {
    KAP_TRY(out.index, parts.number("source"));
    KAP_TRY(out.destination, parts.number("destination"));
  }
  return out;
}

}  // namespace

Result<FhirPathPatch> FhirPathPatch::parse(json::Document parameters,
                                           std::string_view resource_type) {
  const Value& root = parameters.root;
  if (root.string("resourceType") != "Parameters")
    return malformed(IssueType::kStructure, "Parameters",
                     "a FHIRPath Patch must be a Parameters resource");
  FhirPathPatch out;
  if (const Value* list = root.find("parameter")) {
    if (list->items().size() > limits::kPatchOperations)
      return malformed(
          IssueType::kTooCostly, "Parameters.parameter",
          fmt::format("a patch takes at most {} operations", limits::kPatchOperations));
    std::size_t index = 0;
    for (const Value& parameter : list->items()) {
      const std::string place = fmt::format("Parameters.parameter[{}]", index++);
      KAP_TRY(Operation operation, parse_operation(parameter, resource_type, place));
      out.operations_.push_back(std::move(operation));
    }
  }
  out.document_ = std::move(parameters);
  return out;
}

}  // namespace kap::fhir::patch
