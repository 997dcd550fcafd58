// http://hl7.org/fhir/R4/operations.html#request
#include "gateway/service/parameters.h"

#include <fmt/format.h>

#include <algorithm>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "fhir/validate/primitive_format.h"
#include "fhir/validate/structure.h"
#include "gateway/service/operation.h"

namespace kap::gateway::service {

namespace definitions = fhir::definitions;
namespace json = fhir::json;
using definitions::Primitive;
using definitions::TypeDef;
using definitions::TypeKind;
using json::Value;

namespace {

using Defs = std::span<const OperationParameterDef>;

const OperationParameterDef* find_def(Defs defs, std::string_view name) {
  const auto found = std::ranges::find_if(defs, [name](const OperationParameterDef& def) {
    return def.name == name && def.use == ParameterUse::kIn;
  });
  return found == defs.end() ? nullptr : &*found;
}

std::string names_of(Defs defs) {
  std::string names;
  for (const auto& def : defs) {
    if (def.use != ParameterUse::kIn) continue;
    if (!names.empty()) names += ", ";
    names += def.name;
  }
  return names.empty() ? "none" : names;
}

bool is_resource(std::string_view type) {
  const TypeDef* def = definitions::find_type(type);
  return def != nullptr && def->kind == TypeKind::kResource;
}

/// The only parameter of the operation that is a resource, or nullptr.
const OperationParameterDef* sole_resource(Defs defs) {
  const OperationParameterDef* only = nullptr;
  for (const auto& def : defs) {
    if (def.use != ParameterUse::kIn || !is_resource(def.type)) continue;
    if (only != nullptr) return nullptr;
    only = &def;
  }
  return only;
}

bool is_or_derives(std::string_view type, std::string_view wanted) {
  const TypeDef* own = definitions::find_type(type);
  const TypeDef* base = definitions::find_type(wanted);
  return own != nullptr && base != nullptr && definitions::is_a(*own, *base);
}

}  // namespace

/// Reads one invocation and notes every fault.
class ParameterReader {
 public:
  explicit ParameterReader(const OperationDef& operation) : operation_(operation) {}

  Result<OperationParameters> read(const OperationInput& input);

 private:
  struct Member {
    std::string_view name;  // `valueString`, `resource`, `part`; empty when there is none
    Value value;
  };

  void fault(IssueType code, std::string where, std::string diagnostics) {
    faults_.push_back({.code = code,
                       .diagnostics = std::move(diagnostics),
                       .expression = std::move(where),
                       .position = {}});
  }
  void read_query(const std::pair<std::string, std::string>& pair);
  Status read_body(std::string_view body);
  void read_parameter(const Value& item, const std::string& where);
  bool read_value(const Value& item, const std::string& where, OperationParameter& out);
  bool read_parts(const Value& parts, const std::string& where, OperationParameter& out);
  bool read_datatype(const Member& member, const std::string& where, OperationParameter& out);
  bool read_resource(const Value& value, const std::string& where, OperationParameter& out);
  bool read_primitive(Primitive type, const Value& value, const std::string& where,
                      OperationParameter& out);
  void read_criterion(std::string_view name, const Value& item, const std::string& where);
  void unknown(std::string_view where, Defs defs);
  void check_repetitions(Defs defs, const std::vector<OperationParameter>& items,
                         std::string_view of);
  Member member_of(const Value& item, const std::string& where);
  Value coding_of(std::string_view text);

  const OperationDef& operation_;
  OperationParameters out_;
  std::vector<Issue> faults_;
};

void ParameterReader::unknown(std::string_view where, Defs defs) {
  fault(IssueType::kNotSupported, std::string(where),
        fmt::format("not a parameter of this operation; it takes: {}", names_of(defs)));
}

Value ParameterReader::coding_of(std::string_view text) {
  Value coding = json::Document::object();
  const std::size_t bar = text.find('|');
  if (bar != std::string_view::npos && bar > 0)
    out_.document_.add(coding, "system", out_.document_.string(text.substr(0, bar)));
  out_.document_.add(
      coding, "code",
      out_.document_.string(bar == std::string_view::npos ? text : text.substr(bar + 1)));
  return coding;
}

void ParameterReader::read_query(const std::pair<std::string, std::string>& pair) {
  if (pair.first == "_format" || pair.first == "_pretty") return;
  if (pair.first == kCursorParameter && operation_.paging == Paging::kCursor) {
    if (!out_.cursor_.empty() && out_.cursor_ != pair.second)
      fault(IssueType::kInvalid, pair.first, "two cursors; give one");
    out_.cursor_ = pair.second;
    return;
  }
  const auto* def = find_def(operation_.parameters, pair.first);
  if (def == nullptr) {
    if (operation_.others == OtherParameters::kSearchCriteria)
      out_.criteria_.push_back(pair);
    else
      unknown(pair.first, operation_.parameters);
    return;
  }
  const std::string_view text = out_.texts_.emplace_back(pair.second);
  OperationParameter parameter{.def = def, .name = def->name};
  const TypeDef* type = definitions::find_type(def->type);
  if (type != nullptr && type->kind == TypeKind::kPrimitive) {
    if (!read_primitive(type->primitive, json::Document::borrowed_string(text), pair.first,
                        parameter))
      return;
  } else if (def->type == "Coding" && !text.empty()) {
    parameter.value = coding_of(text);
  } else if (def->type == "Reference" && !text.empty()) {
    parameter.value = json::Document::object();
    out_.document_.add(parameter.value, "reference", out_.document_.string(text));
  } else {
    return fault(IssueType::kInvalid, pair.first,
                 fmt::format("a parameter of type {} cannot stand in a URL; send it by POST in a "
                             "Parameters resource",
                             def->type.empty() ? "part" : def->type));
  }
  out_.items_.push_back(std::move(parameter));
}

/// A primitive is taken by its text: `valueString` for a `uri` is accepted where it is a uri.
bool ParameterReader::read_primitive(Primitive type, const Value& value, const std::string& where,
                                     OperationParameter& out) {
  const bool is_scalar = value.is_string() || value.is_number() || value.is_boolean();
  if (!is_scalar || !fhir::validate::is_primitive(type, value.text())) {
    fault(IssueType::kValue, where,
          fmt::format("{} must be {}", out.name, fhir::validate::describe(type)));
    return false;
  }
  out.text = value.text();
  out.value = value;
  return true;
}

ParameterReader::Member ParameterReader::member_of(const Value& item, const std::string& where) {
  Member found;
  for (const auto& member : item.members()) {
    const bool is_content = member.name == "resource" || member.name == "part" ||
                            (member.name.starts_with("value") && member.name.size() > 5);
    if (!is_content) {
      if (member.name == "name" || member.name == "id" || member.name == "extension" ||
          member.name.starts_with("_"))
        continue;
      fault(IssueType::kStructure, where,
            "a parameter has a name and one of value[x], resource and part");
      return {};
    }
    if (!found.name.empty()) {
      fault(IssueType::kInvariant, where,
            "a parameter has only one of value[x], resource and part (inv-1)");
      return {};
    }
    found = {.name = member.name, .value = member.value};
  }
  if (found.name.empty())
    fault(IssueType::kRequired, where, "the parameter has none of value[x], resource and part");
  return found;
}

bool ParameterReader::read_datatype(const Member& member, const std::string& where,
                                    OperationParameter& out) {
  static const TypeDef* const kParameter = definitions::find_type("Parameters.parameter");
  const auto* resolved = definitions::resolve_member(*kParameter, member.name);
  if (resolved == nullptr || resolved->type->type == nullptr) {
    fault(IssueType::kStructure, where, "value[x] names no datatype of R4, such as valueString");
    return false;
  }
  const TypeDef& given = *resolved->type->type;
  const TypeDef* wanted = out.def->type == "*" ? &given : definitions::find_type(out.def->type);
  if (wanted == nullptr) return false;
  if (wanted->kind == TypeKind::kPrimitive)
    return read_primitive(wanted->primitive, member.value, where, out);
  if (!definitions::is_a(given, *wanted)) {
    fault(IssueType::kValue, where,
          fmt::format("{} must be a {}: value{}", out.name, wanted->name, wanted->name));
    return false;
  }
  auto issues = fhir::validate::validate_structure(member.value, given);
  for (Issue& issue : issues) {
    const std::size_t rest = std::min(issue.expression.find('.'), issue.expression.size());
    fault(issue.code, where + ".value" + issue.expression.substr(rest),
          std::move(issue.diagnostics));
  }
  out.value = member.value;
  return issues.empty();
}

bool ParameterReader::read_resource(const Value& value, const std::string& where,
                                    OperationParameter& out) {
  if (is_or_derives(value.string("resourceType"), out.def->type)) {
    out.value = value;
    return true;
  }
  fault(IssueType::kValue, where,
        fmt::format("{} must be a {} resource of FHIR R4", out.name, out.def->type));
  return false;
}

bool ParameterReader::read_parts(const Value& parts, const std::string& where,
                                 OperationParameter& out) {
  for (std::size_t i = 0; i < parts.items().size(); ++i) {
    const auto& item = parts.items()[i];
    const auto place = fmt::format("{}.part[{}]", where, i);
    OperationParameter part{.name = item.string("name")};
    part.def = find_def(out.def->parts, part.name);
    if (part.def == nullptr)
      unknown(place, out.def->parts);
    else if (read_value(item, place, part))
      out.parts.push_back(std::move(part));
  }
  check_repetitions(out.def->parts, out.parts, where);
  return true;
}

bool ParameterReader::read_value(const Value& item, const std::string& where,
                                 OperationParameter& out) {
  const Member member = member_of(item, where);
  if (member.name.empty()) return false;
  const bool wants_parts = !out.def->parts.empty();
  const bool wants_resource = !wants_parts && is_resource(out.def->type);
  if (wants_parts && member.name == "part" && member.value.is_array())
    return read_parts(member.value, where, out);
  if (wants_resource && member.name == "resource") return read_resource(member.value, where, out);
  if (!wants_parts && !wants_resource && member.name != "part" && member.name != "resource")
    return read_datatype(member, where, out);
  fault(IssueType::kValue, where,
        wants_parts      ? fmt::format("{} has parts: {}", out.name, names_of(out.def->parts))
        : wants_resource ? fmt::format("{} must be in `resource`: a {}", out.name, out.def->type)
                         : fmt::format("{} must be in value[x]: a {}", out.name, out.def->type));
  return false;
}

/// What a search would take in a URL: a token as `system|code`, a reference as its text.
void ParameterReader::read_criterion(std::string_view name, const Value& item,
                                     const std::string& where) {
  const Member member = member_of(item, where);
  if (member.name.empty()) return;
  std::string text;
  const Value& value = member.value;
  if (value.is_string() || value.is_number() || value.is_boolean()) {
    text = value.text();
  } else if (member.name == "valueReference") {
    text = value.string("reference");
  } else if (member.name == "valueCoding" || member.name == "valueIdentifier") {
    if (const auto system = value.string("system"); !system.empty())
      text = fmt::format("{}|", system);
    text += value.string(member.name == "valueCoding" ? "code" : "value");
  } else {
    return fault(IssueType::kValue, where,
                 "a search criterion must be a primitive, a Coding, an Identifier or a Reference");
  }
  out_.criteria_.emplace_back(std::string(name), std::move(text));
}

void ParameterReader::read_parameter(const Value& item, const std::string& where) {
  const auto name = item.string("name");
  if (name.empty())
    return fault(IssueType::kRequired, where + ".name", "a parameter must have a name");
  const auto* def = find_def(operation_.parameters, name);
  if (def == nullptr) {
    if (operation_.others == OtherParameters::kSearchCriteria)
      return read_criterion(name, item, where);
    return unknown(where, operation_.parameters);
  }
  OperationParameter parameter{.def = def, .name = def->name};
  if (read_value(item, where, parameter)) out_.items_.push_back(std::move(parameter));
}

Status ParameterReader::read_body(std::string_view body) {
  KAP_TRY(auto document, json::parse(body));
  const Value root = document.root;
  const auto type = root.string("resourceType");
  // The arena of the query's values stays: what they point to is copied into the new document.
  for (auto& item : out_.items_) item.value = document.clone(item.value);
  out_.document_ = std::move(document);
  if (type != "Parameters") {
    const auto* def = sole_resource(operation_.parameters);
    const bool is_any = operation_.body == OperationBody::kAnyObject && root.is_object();
    if (def != nullptr && (!type.empty() || is_any)) {
      OperationParameter parameter{.def = def, .name = def->name};
      if (type.empty())
        parameter.value = root;
      else if (!read_resource(root, "", parameter))
        return {};
      out_.items_.push_back(std::move(parameter));
      return {};
    }
    return fail(Category::kInvalidRequest, IssueType::kInvalid,
                "the body must be a Parameters resource: {\"resourceType\":\"Parameters\",…}",
                "Parameters.resourceType");
  }
  const Value* list = root.find("parameter");
  if (list == nullptr) return {};
  if (!list->is_array())
    return fail(Category::kInvalidRequest, IssueType::kStructure, "must be an array",
                "Parameters.parameter");
  for (std::size_t i = 0; i < list->items().size(); ++i)
    read_parameter(list->items()[i], fmt::format("Parameters.parameter[{}]", i));
  return {};
}

void ParameterReader::check_repetitions(Defs defs, const std::vector<OperationParameter>& items,
                                        std::string_view of) {
  for (const auto& def : defs) {
    if (def.use != ParameterUse::kIn) continue;
    const auto given = static_cast<std::size_t>(
        std::ranges::count(items, &def, [](const OperationParameter& item) { return item.def; }));
    const auto where = std::string(of.empty() ? def.name : of);
    if (given > def.max)
      fault(IssueType::kInvalid, where,
            fmt::format("{} is given {} times; at most {}", def.name, given, def.max));
    if (given < def.min)
      fault(IssueType::kRequired, where,
            fmt::format("{} ({}) must be given", def.name,
                        def.type.empty() ? std::string_view("with parts") : def.type));
  }
}

Result<OperationParameters> ParameterReader::read(const OperationInput& input) {
  for (const auto& pair : input.query) read_query(pair);
  if (!input.body.empty()) KAP_CHECK_OK(read_body(input.body));
  // What was given wrongly is not also missing.
  if (faults_.empty()) check_repetitions(operation_.parameters, out_.items_, "");
  if (!faults_.empty()) return std::unexpected(Outcome(Category::kInvalidRequest, faults_));
  return std::move(out_);
}

const OperationParameter* OperationParameters::find(std::string_view name) const {
  const auto found = std::ranges::find(items_, name, &OperationParameter::name);
  return found == items_.end() ? nullptr : &*found;
}

std::optional<std::string_view> OperationParameters::text(std::string_view name) const {
  const auto* item = find(name);
  return item == nullptr ? std::nullopt : std::optional(item->text);
}

std::vector<std::string_view> OperationParameters::texts(std::string_view name) const {
  std::vector<std::string_view> texts;
  for (const auto& item : items_)
    if (item.name == name) texts.push_back(item.text);
  return texts;
}

const Value* OperationParameters::value(std::string_view name) const {
  const auto* item = find(name);
  return item == nullptr ? nullptr : &item->value;
}

Result<OperationParameters> parse_parameters(const OperationDef& operation,
                                             const OperationInput& input) {
  return ParameterReader(operation).read(input);
}

}  // namespace kap::gateway::service
