#include <array>
#include <charconv>
#include <chrono>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "gateway/service/export_request.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;

json::Value to_array(json::Document& document, const std::vector<std::string>& texts) {
  auto array = json::Document::array();
  for (const auto& text : texts) document.append(array, document.string(text));
  return array;
}

std::vector<std::string> to_texts(const json::Value& array) {
  std::vector<std::string> out;
  for (const auto& item : array.items()) out.emplace_back(item.text());
  return out;
}

std::int64_t to_integer(const json::Value& value) {
  std::int64_t out = 0;
  const auto text = value.text();
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

std::optional<Instant> to_instant(const json::Value* value) {
  if (value == nullptr) return std::nullopt;
  return Instant(std::chrono::milliseconds(to_integer(*value)));
}

}  // namespace

std::string encode_export_request(const ExportRequest& request) {
  json::Document document;
  document.root = json::Document::object();
  auto& root = document.root;
  document.add(root, "level", document.number(static_cast<std::int64_t>(request.level)));
  document.add(root, "handling", document.number(static_cast<std::int64_t>(request.handling)));
  if (!request.group.empty()) document.add(root, "group", document.string(request.group));
  const auto add_time = [&](std::string_view name, const std::optional<Instant>& time) {
    if (time) document.add(root, name, document.number(time->time_since_epoch().count()));
  };
  add_time("since", request.since);
  add_time("until", request.until);
  if (request.types) document.add(root, "types", to_array(document, *request.types));
  document.add(root, "filters", to_array(document, request.filters));
  document.add(root, "elements", to_array(document, request.elements));
  if (request.patients) document.add(root, "patients", to_array(document, *request.patients));
  return json::to_text(root);
}

Result<ExportRequest> decode_export_request(std::string_view text) {
  KAP_TRY(const auto document, json::parse(text));
  const auto& root = document.root;
  const auto* level = root.find("level");
  const auto* handling = root.find("handling");
  const auto* filters = root.find("filters");
  const auto* elements = root.find("elements");
  if (level == nullptr || handling == nullptr || filters == nullptr || elements == nullptr)
    return fail(Category::kInternal, IssueType::kException, "a stored export request is damaged");
  ExportRequest request{.level = static_cast<ExportLevel>(to_integer(*level)),
                        .group = std::string(root.string("group")),
                        .handling = static_cast<Handling>(to_integer(*handling)),
                        .since = to_instant(root.find("since")),
                        .until = to_instant(root.find("until")),
                        .types = {},
                        .filters = to_texts(*filters),
                        .elements = to_texts(*elements),
                        .patients = {}};
  if (const auto* types = root.find("types")) request.types = to_texts(*types);
  if (const auto* patients = root.find("patients")) request.patients = to_texts(*patients);
  return request;
}

}  // namespace kap::gateway::service
