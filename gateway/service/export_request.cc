// http://hl7.org/fhir/uv/bulkdata/export.html
#include "gateway/service/export_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fhir/base/limits.h"
#include "fhir/definitions/types.h"
#include "fhir/json/parse.h"
#include "fhir/path/moment.h"
#include "gateway/service/export_filter.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;
using fhir::definitions::find_resource_type;
using Pair = std::pair<std::string, std::string>;

constexpr std::array<std::string_view, 4> kFormats = {
    "application/fhir+ndjson", "application/fhir ndjson", "application/ndjson", "ndjson"};

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  for (;;) {
    const auto comma = text.find(',');
    auto one = text.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    out.emplace_back(one);
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

/// The text of a Parameters.parameter: its primitive, or the reference of its Reference.
std::optional<std::string> value_of(const json::Value& parameter) {
  for (const auto& member : parameter.members()) {
    if (!member.name.starts_with("value")) continue;
    if (member.name == "valueReference") return std::string(member.value.string("reference"));
    if (member.value.is_object() || member.value.is_array()) return std::nullopt;
    return std::string(member.value.text());
  }
  return std::nullopt;
}

Result<std::vector<Pair>> read_body(std::string_view body) {
  std::vector<Pair> out;
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return out;
  KAP_TRY(const auto document, json::parse(body));
  if (document.root.string("resourceType") != "Parameters")
    return fail(Category::kInvalidRequest, IssueType::kStructure,
                "expected a Parameters resource as the body");
  const auto* list = document.root.find("parameter");
  if (list == nullptr) return out;
  std::size_t place = 0;
  for (const auto& parameter : list->items()) {
    auto value = value_of(parameter);
    if (!value)
      return fail(Category::kInvalidRequest, IssueType::kValue,
                  "expected a name and the value of a primitive or a Reference",
                  fmt::format("Parameters.parameter[{}]", place));
    out.emplace_back(parameter.string("name"), *std::move(value));
    ++place;
  }
  return out;
}

class KickOff {
 public:
  KickOff(const ExportInput& input, const Reader& reader)
      : input_(input),
        filters_{.handling = input.handling,
                 .now = reader.clock.now(),
                 .base_url = reader.base_url,
                 .terminology = reader.terminology},
        base_url_(reader.base_url) {
    wish_.request.level = input.level;
    wish_.request.group = input.group;
    wish_.request.handling = input.handling;
  }

  Result<ExportWish> read(const std::vector<Pair>& pairs) {
    for (const auto& [name, value] : pairs) take(name, value);
    if (wish_.request.types && wish_.request.types->empty() && faults_.empty())
      fault_always(IssueType::kValue, "none of these can be exported here", "_type");
    check_filters_against_types();
    if (!faults_.empty())
      return std::unexpected(Outcome(Category::kInvalidRequest, std::move(faults_)));
    return std::move(wish_);
  }

 private:
  void take(std::string_view name, const std::string& value) {
    if (name == "_format" || name == "_pretty") return;
    if (name == "_outputFormat") return take_format(value);
    if (name == "_since") return take_instant(value, name, wish_.request.since);
    if (name == "_until") return take_instant(value, name, wish_.request.until);
    if (name == "_type") return take_types(value);
    if (name == "_typeFilter") return take_filters(value);
    if (name == "_elements") return take_elements(value);
    if (name == "patient" && input_.level != ExportLevel::kSystem) return take_patient(value);
    if (name == "allowPartialManifests") return;  // a manifest may always be whole
    if (name == "includeAssociatedData" || name == "organizeOutputBy")
      return fault(IssueType::kNotSupported,
                   "this is not supported; leave it out, or send Prefer: handling=lenient", name);
    fault(IssueType::kNotSupported,
          fmt::format("not a parameter of this operation; it takes _outputFormat, _since, _until, "
                      "_type, _typeFilter, _elements{}",
                      input_.level == ExportLevel::kSystem ? "" : " and, by POST, patient"),
          name);
  }

  /// What lenient handling leaves out.
  void fault(IssueType code, std::string diagnostics, std::string_view name) {
    if (input_.handling == Handling::kStrict)
      return fault_always(code, std::move(diagnostics), name);
    wish_.issues.push_back({.severity = IssueSeverity::kWarning,
                            .code = code,
                            .diagnostics = "left out: " + diagnostics,
                            .expression = std::string(name),
                            .position = {}});
  }
  /// What nobody can leave out without giving something else than was asked for.
  void fault_always(IssueType code, std::string diagnostics, std::string_view name) {
    faults_.push_back({.code = code,
                       .diagnostics = std::move(diagnostics),
                       .expression = std::string(name),
                       .position = {}});
  }

  void take_format(const std::string& value) {
    if (std::ranges::find(kFormats, value) == kFormats.end())
      fault(IssueType::kNotSupported, "the only format is application/fhir+ndjson",
            "_outputFormat");
  }

  void take_instant(const std::string& value, std::string_view name,
                    std::optional<Instant>& target) {
    const auto moment = fhir::path::Moment::parse_date_time(value);
    if (target) return fault_always(IssueType::kDuplicate, "given twice; give it once", name);
    if (!moment || moment->precision < fhir::path::Precision::kSecond || !moment->has_offset)
      return fault_always(IssueType::kValue,
                          "expected an instant, such as 2026-01-31T23:59:59Z (a plus is %2B)",
                          name);
    target = Instant(std::chrono::milliseconds(moment->first_millisecond()));
  }

  void take_types(const std::string& value) {
    auto& types = wish_.request.types;
    if (!types) types.emplace();
    for (auto& type : split_list(value)) {
      if (find_resource_type(type) == nullptr) {
        fault(IssueType::kValue, "not a resource type of FHIR R4; names are case-sensitive",
              "_type");
      } else if (std::ranges::find(*types, type) == types->end()) {
        types->push_back(std::move(type));
      }
    }
  }

  void take_filters(const std::string& value) {
    auto& filters = wish_.request.filters;
    for (auto& filter : split_type_filters(value)) {
      const auto query = parse_type_filter(filter, filters_);
      if (query && !is_full(filters)) {
        wish_.issues.insert(wish_.issues.end(), (*query)->ignored.begin(), (*query)->ignored.end());
        filters.push_back(std::move(filter));
        continue;
      }
      if (query) return;
      for (const auto& issue : query.error().issues())
        fault(issue.code, issue.diagnostics, issue.expression);
      left_out_.emplace_back(type_of_filter(filter));
    }
  }
  bool is_full(const std::vector<std::string>& filters) {
    if (filters.size() < limits::kExportFilters) return false;
    fault_always(IssueType::kTooCostly, fmt::format("more than {} queries", limits::kExportFilters),
                 "_typeFilter");
    return true;
  }

  void check_filters_against_types() {
    auto& request = wish_.request;
    if (request.types) {
      std::erase_if(request.filters, [&](const std::string& filter) {
        if (std::ranges::find(*request.types, type_of_filter(filter)) != request.types->end())
          return false;
        fault(IssueType::kInvalid, "a filter is on a type that _type does not name", "_typeFilter");
        return true;
      });
    }
    if (left_out_.empty()) return;
    // A type whose filter is faulty goes out of the export rather than in unfiltered.
    if (!request.types) {
      request.types.emplace();
      for (const auto* type : fhir::definitions::resource_types())
        request.types->emplace_back(type->name);
    }
    std::erase_if(*request.types, [&](const std::string& type) {
      return std::ranges::find(left_out_, type) != left_out_.end();
    });
    std::erase_if(request.filters, [&](const std::string& filter) {
      return std::ranges::find(left_out_, type_of_filter(filter)) != left_out_.end();
    });
  }

  void take_elements(const std::string& value) {
    for (auto& element : split_list(value)) {
      const auto dot = element.find('.');
      const auto type = dot == std::string::npos ? "DomainResource" : element.substr(0, dot);
      const auto name = dot == std::string::npos ? element : element.substr(dot + 1);
      const auto* definition = dot == std::string::npos ? nullptr : find_resource_type(type);
      const bool is_known =
          dot == std::string::npos
              ? std::ranges::any_of(fhir::definitions::resource_types(),
                                    [&](const auto* one) { return has_element(*one, name); })
              : definition != nullptr && has_element(*definition, name);
      if (is_known)
        wish_.request.elements.push_back(std::move(element));
      else
        fault(IssueType::kValue,
              "expected root elements of resource types, such as Patient.name or identifier",
              "_elements");
    }
  }
  static bool has_element(const fhir::definitions::TypeDef& type, std::string_view name) {
    return std::ranges::any_of(type.elements, [&](const auto& one) { return one.name == name; });
  }

  void take_patient(const std::string& value) {
    if (!input_.body)
      return fault_always(IssueType::kNotSupported,
                          "only a POST takes this parameter, so that no patient stands in a URL",
                          "patient");
    std::string_view reference = value;
    if (reference.starts_with(base_url_)) reference.remove_prefix(base_url_.size() + 1);
    auto& patients = wish_.request.patients;
    if (!patients) patients.emplace();
    if (!reference.starts_with("Patient/") || reference.size() == 8)
      return fault(IssueType::kValue, "expected a reference such as Patient/<id>", "patient");
    if (patients->size() == limits::kExportPatients)
      return fault_always(IssueType::kTooCostly,
                          fmt::format("more than {} patients; make a Group", patients->size()),
                          "patient");
    reference.remove_prefix(8);
    if (std::ranges::find(*patients, reference) == patients->end())
      patients->emplace_back(reference);
  }

  const ExportInput& input_;
  FilterContext filters_;
  std::string_view base_url_;
  ExportWish wish_;
  std::vector<Issue> faults_;
  std::vector<std::string> left_out_;  // types
};

}  // namespace

Result<ExportWish> parse_export_request(const ExportInput& input, const Reader& reader) {
  std::vector<Pair> pairs = input.query;
  if (input.body) {
    KAP_TRY(auto from_body, read_body(*input.body));
    pairs.insert(pairs.end(), from_body.begin(), from_body.end());
  }
  return KickOff(input, reader).read(pairs);
}

}  // namespace kap::gateway::service
