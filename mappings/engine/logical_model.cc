#include "mappings/engine/logical_model.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include "fhir/json/print.h"
#include "mappings/engine/canonical.h"
#include "mappings/engine/types.h"

namespace kap::mappings {
namespace {

namespace pb = google::protobuf;

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!space) {
      out += c;
    } else if (!out.empty() && !out.ends_with(' ')) {
      out += ' ';
    }
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

template <class Descriptor>
void keep(const Descriptor& descriptor, std::unordered_map<std::string, std::string>& out) {
  pb::SourceLocation location;
  if (!descriptor.GetSourceLocation(&location)) return;
  std::string text = one_line(location.leading_comments);
  if (text.empty()) text = one_line(location.trailing_comments);
  if (!text.empty()) out[descriptor.full_name()] = std::move(text);
}

void member(std::string& out, std::string_view name, std::string_view text) {
  if (!out.ends_with('{')) out += ',';
  fhir::json::print_string(name, out);
  out += ':';
  fhir::json::print_string(text, out);
}

void bare(std::string& out, std::string_view name, std::string_view json) {
  if (!out.ends_with('{')) out += ',';
  fhir::json::print_string(name, out);
  out += ':';
  out += json;
}

std::string constraint(std::string_view key, std::string_view human, std::string_view expression) {
  std::string out = "{";
  member(out, "key", key);
  member(out, "severity", "error");
  member(out, "human", human);
  member(out, "expression", expression);
  return out + "}";
}

/// FHIRPath's text literal.
std::string literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string kebab(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = c == '_' ? '-' : c;
  return out;
}

/// What a rule says that no other member of an element can.
std::string field_constraints(const ClinicField& field) {
  const ClinicRule& rule = field.rule;
  std::string out;
  const auto add = [&](std::string_view suffix, std::string_view human, std::string_view test) {
    if (!out.empty()) out += ',';
    out += constraint(fmt::format("{}-{}", kebab(field.proto_name), suffix), human, test);
  };
  if (field.enumeration != nullptr) {
    std::string names;
    for (const ClinicEnumValue& value : field.enumeration->values) {
      if (value.number != 0) names += (names.empty() ? "" : " | ") + literal(value.name);
    }
    add("code", fmt::format("A value of {}", field.enumeration->name),
        fmt::format("$this in ({})", names));
  }
  if (rule.above) {
    add("above", fmt::format("Above {}", rule.above->text()),
        fmt::format("$this.toDecimal() > {}", rule.above->text()));
  }
  if (!rule.pattern.empty()) {
    add("form", fmt::format("Has the form {}", rule.pattern),
        fmt::format("$this.matches({})", literal("^(?:" + rule.pattern + ")$")));
  }
  if (rule.format == ClinicFormat::kRecordId) {
    add("id", "A record id", "$this.matches('^[A-Za-z0-9-]{1,36}$')");
  }
  if (rule.format == ClinicFormat::kItemId) {
    add("id", "An item id", "$this.matches('^[a-z0-9-]{1,16}$')");
  }
  if (rule.format == ClinicFormat::kDateTime) {
    add("offset", "Has seconds and an offset",
        "$this.toString().matches('T[0-9:]{8}([.][0-9]+)?(Z|[+-][0-9:]{5})$')");
  }
  return out;
}

/// What a rule says that only words can.
std::string definition(const ClinicField& field, std::string_view comment) {
  const ClinicRule& rule = field.rule;
  std::string out(comment);
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : " ") + text; };
  if (!rule.unit.empty()) add(fmt::format("Unit: {}.", rule.unit));
  if (!rule.references.empty()) add(fmt::format("Names a {} record.", rule.references));
  if (!rule.value_set.empty()) {
    add(fmt::format("A code of {}/ValueSet/{}.", kCanonicalBase, rule.value_set));
  }
  for (const std::string& name : rule.not_before) add(fmt::format("Not before {}.", name));
  for (const std::string& name : rule.not_after) add(fmt::format("Not after {}.", name));
  if (!rule.unique_by.empty()) add(fmt::format("Elements differ in {}.", rule.unique_by));
  if (!rule.item_of.empty()) add(fmt::format("The item_id of an element of {}.", rule.item_of));
  return out;
}

std::string element(const ClinicMessage& message, const ClinicField& field,
                    std::string_view comment) {
  const ClinicRule& rule = field.rule;
  std::string out = "{";
  const std::string path = message.name + "." + field.name;
  member(out, "id", path);
  member(out, "path", path);
  const std::string text = definition(field, comment);
  member(out, "short", text.empty() ? field.name : text.substr(0, text.find(". ")));
  if (!text.empty()) member(out, "definition", text);
  const std::uint32_t least = std::max<std::uint32_t>(rule.required ? 1 : 0, rule.min_items);
  bare(out, "min", fmt::format("{}", least));
  member(
      out, "max",
      !field.is_repeated ? "1" : (rule.max_items == 0 ? "*" : fmt::format("{}", rule.max_items)));
  std::string type = "{";
  member(type, "code",
         field.message != nullptr ? field.message->url : std::string(to_text(field.primitive)));
  bare(out, "type", "[" + type + "}]");
  const bool integer = field.primitive == definitions::Primitive::kInteger;
  const bool decimal = field.primitive == definitions::Primitive::kDecimal;
  if (integer || decimal) {
    const std::string_view kind = integer ? "Integer" : "Decimal";
    if (rule.min) bare(out, fmt::format("minValue{}", kind), rule.min->text());
    if (rule.max) bare(out, fmt::format("maxValue{}", kind), rule.max->text());
  }
  if (rule.max_length != 0) bare(out, "maxLength", fmt::format("{}", rule.max_length));
  const std::string constraints = field_constraints(field);
  if (!constraints.empty()) bare(out, "constraint", "[" + constraints + "]");
  return out + "}";
}

std::string root_element(const ClinicMessage& message, std::string_view comment) {
  std::string out = "{";
  member(out, "id", message.name);
  member(out, "path", message.name);
  member(out, "short", comment.empty() ? message.name : comment.substr(0, comment.find(". ")));
  if (!comment.empty()) member(out, "definition", comment);
  bare(out, "min", "0");
  member(out, "max", "*");
  std::string constraints;
  for (const ClinicInvariant& invariant : message.invariants) {
    if (!constraints.empty()) constraints += ',';
    constraints += constraint(invariant.key, invariant.human, invariant.expression);
  }
  for (const ClinicOneof& oneof : message.oneofs) {
    std::string names;
    for (const ClinicField* field : oneof.fields)
      names += (names.empty() ? "" : " | ") + field->name;
    if (!constraints.empty()) constraints += ',';
    constraints += constraint(kebab(message.name + "-" + oneof.name),
                              oneof.required ? "Exactly one of these" : "At most one of these",
                              fmt::format("({}).count() {} 1", names, oneof.required ? "=" : "<="));
  }
  if (!constraints.empty()) bare(out, "constraint", "[" + constraints + "]");
  return out + "}";
}

}  // namespace

Result<ContractComments> ContractComments::read(std::string_view descriptor_set) {
  pb::FileDescriptorSet files;
  if (!files.ParseFromArray(descriptor_set.data(), static_cast<int>(descriptor_set.size()))) {
    return fail(Category::kInvalidRequest, IssueType::kStructure, "not a FileDescriptorSet");
  }
  pb::DescriptorPool pool;
  ContractComments out;
  for (const auto& file : files.file()) {
    const pb::FileDescriptor* built = pool.BuildFile(file);
    if (built == nullptr) {
      return fail(Category::kInvalidRequest, IssueType::kStructure,
                  file.name() + " does not build");
    }
    for (int i = 0; i < built->message_type_count(); ++i) {
      const pb::Descriptor& message = *built->message_type(i);
      keep(message, out.by_name_);
      for (int j = 0; j < message.field_count(); ++j) keep(*message.field(j), out.by_name_);
    }
  }
  return out;
}

std::string_view ContractComments::find(std::string_view full_name) const {
  const auto found = by_name_.find(std::string(full_name));
  return found == by_name_.end() ? std::string_view() : std::string_view(found->second);
}

std::string logical_model(const ClinicMessage& message, const ContractComments& comments) {
  const std::string full_name = "kap.clinic.v1." + message.name;
  std::string out = "{";
  member(out, "resourceType", "StructureDefinition");
  member(out, "id", "clinic-" + message.name);
  member(out, "url", message.url);
  member(out, "name", "Clinic" + message.name);
  member(out, "status", "active");
  member(out, "fhirVersion", "4.0.1");
  member(out, "kind", "logical");
  bare(out, "abstract", "false");
  member(out, "type", message.url);
  member(out, "baseDefinition", "http://hl7.org/fhir/StructureDefinition/Element");
  member(out, "derivation", "specialization");
  out += ",\n\"differential\":{\"element\":[\n" + root_element(message, comments.find(full_name));
  for (const ClinicField& field : message.fields) {
    out += ",\n" + element(message, field, comments.find(full_name + "." + field.proto_name));
  }
  return out + "\n]}}\n";
}

}  // namespace kap::mappings
