// http://hl7.org/fhir/R4/parameters.html
#include "fhir/json/print.h"
#include "gateway/service/parameters.h"

namespace kap::gateway::service {

namespace json = fhir::json;
using json::Value;

ParametersBuilder::ParametersBuilder() = default;

Value ParametersBuilder::part(std::string_view name, std::string_view member, Value value) {
  Value item = json::Document::object();
  document_.add(item, "name", document_.string(name));
  document_.add(item, member, value);
  return item;
}

void ParametersBuilder::add_value(std::string_view name, std::string_view member, Value value) {
  document_.append(list_, part(name, member, value));
}

void ParametersBuilder::add_parts(std::string_view name, Value parts) {
  add_value(name, "part", parts);
}

void ParametersBuilder::add_text(std::string_view name, std::string_view member,
                                 std::string_view text) {
  add_value(name, member, document_.string(text));
}

void ParametersBuilder::add_boolean(std::string_view name, bool value) {
  add_value(name, "valueBoolean", Value(value));
}

void ParametersBuilder::add_integer(std::string_view name, std::int64_t value) {
  add_value(name, "valueInteger", document_.number(value));
}

std::string ParametersBuilder::finish() && {
  Value root = json::Document::object();
  document_.add(root, "resourceType", json::Document::borrowed_string("Parameters"));
  if (!list_.items().empty()) document_.add(root, "parameter", list_);
  return json::to_text(root);
}

}  // namespace kap::gateway::service
