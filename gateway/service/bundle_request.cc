#include "gateway/service/bundle_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "fhir/base/bundle_limits.h"
#include "fhir/definitions/types.h"
#include "fhir/json/parse.h"
#include "fhir/validate/primitive_format.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;

Outcome malformed(std::string reason, std::string expression) {
  return {Category::kInvalidRequest, IssueType::kInvalid, std::move(reason), std::move(expression)};
}

Outcome required(std::string reason, std::string expression) {
  return {Category::kInvalidRequest, IssueType::kRequired, std::move(reason),
          std::move(expression)};
}

std::optional<EntryMethod> to_method(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, EntryMethod>, 6> kMethods = {{
      {"DELETE", EntryMethod::kDelete},
      {"POST", EntryMethod::kPost},
      {"PUT", EntryMethod::kPut},
      {"PATCH", EntryMethod::kPatch},
      {"GET", EntryMethod::kGet},
      {"HEAD", EntryMethod::kHead},
  }};
  for (const auto& [name, method] : kMethods)
    if (name == text) return method;
  return std::nullopt;
}

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    const auto slash = path.find('/');
    out.push_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  return out;
}

/// `Type`, `Type/id`, `Type/id/_history`, `Type/id/_history/3`, `Type/_history`, `_history`, an
/// operation behind nothing, a type or an id, and `Patient/id/Type` or `Patient/id/*`.
Status take_path(BundleEntry& entry, std::string_view path) {
  const auto where = path_of(entry) + ".request.url";
  auto segments = split(path);
  const bool is_versioned = segments.size() == 4 && segments[2] == "_history";
  if (is_versioned) {
    std::uint64_t version = 0;
    const auto text = segments[3];
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error != std::errc{} || end != text.data() + text.size()) version = 0;
    entry.version = version;  // version 0 is never there
    segments.resize(2);
  } else if (!segments.empty() && segments.back() == "_history") {
    entry.is_history = true;
    segments.pop_back();
  } else if (!segments.empty() && segments.back().starts_with('$')) {
    entry.operation = segments.back().substr(1);
    segments.pop_back();
  } else if (segments.size() == 3) {
    entry.member = segments.back();
    segments.pop_back();
  }
  if (segments.size() > 2)
    return std::unexpected(
        malformed("the url is none of a FHIR interaction; expected such as Patient, Patient/1 or "
                  "Patient?identifier=…",
                  where));
  if (!segments.empty()) entry.type = segments[0];
  if (!entry.type.empty() && fhir::definitions::find_resource_type(entry.type) == nullptr)
    return fail(Category::kNotFound, IssueType::kNotSupported,
                "the url names no resource type of FHIR R4; names are case-sensitive, such as "
                "Observation",
                where);
  if (segments.size() < 2) return {};
  if (!fhir::validate::is_id(segments[1]))
    return std::unexpected(
        malformed("the url holds an id that is none: 1 to 64 of A-Z a-z 0-9 - .", where));
  entry.id = ResourceId(std::string(segments[1]));
  return {};
}

Status take_url(BundleEntry& entry, std::string_view url, std::string_view base_url) {
  if (url.starts_with(base_url)) url.remove_prefix(base_url.size());
  if (url.starts_with('/')) url.remove_prefix(1);
  const auto mark = url.find('?');
  if (mark != std::string_view::npos) {
    auto query = parse_criteria(url.substr(mark));
    if (!query) return std::unexpected(at_entry(entry, EntryPart::kRequest, query.error()));
    entry.query = std::move(*query);
  }
  const auto path = url.substr(0, mark);
  if (path.contains(':') || path.contains('#'))
    return std::unexpected(malformed("the url must be relative to the base, or begin with it",
                                     path_of(entry) + ".request.url"));
  return take_path(entry, path);
}

/// What the method needs and what it cannot have.
Status check_shape(const BundleEntry& entry) {
  const auto where = path_of(entry);
  const bool is_read = entry.method == EntryMethod::kGet || entry.method == EntryMethod::kHead;
  if (is_read) return {};
  const auto url = where + ".request.url";
  if (!entry.operation.empty()) {
    if (entry.method == EntryMethod::kPost) return {};
    return std::unexpected(malformed("an operation is called by GET or POST", url));
  }
  if (entry.type.empty()) return std::unexpected(required("the url needs a resource type", url));
  if (entry.is_history || entry.version || !entry.member.empty())
    return std::unexpected(malformed("nothing is written to a history or a compartment", url));
  if (entry.method == EntryMethod::kPost) {
    if (entry.id || entry.query)
      return std::unexpected(
          malformed("POST goes to a type, such as Patient; a search is a GET entry, a condition is "
                    "ifNoneExist",
                    url));
  } else if (!entry.id && !entry.query) {
    return std::unexpected(
        required("the url needs an id, or search criteria: Patient/1, Patient?identifier=…", url));
  }
  if (!entry.if_none_exist.empty() && entry.method != EntryMethod::kPost)
    return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                "ifNoneExist is for a create (POST)", where + ".request.ifNoneExist");
  if (entry.resource == nullptr && entry.method != EntryMethod::kDelete)
    return std::unexpected(required("this interaction needs a resource", where + ".resource"));
  return {};
}

/// The string member of that name; a member of another kind is refused.
Status take_string(const json::Value& from, std::string_view name, const std::string& where,
                   std::string_view& out) {
  const auto* value = from.find(name);
  if (value == nullptr) return {};
  if (!value->is_string() || value->text().empty())
    return fail(Category::kInvalidRequest, IssueType::kStructure,
                "expected a string that is not empty", fmt::format("{}.{}", where, name));
  out = value->text();
  return {};
}

Status take_entry(BundleEntry& entry, json::Value& value, std::string_view base_url) {
  const auto where = path_of(entry);
  if (!value.is_object())
    return fail(Category::kInvalidRequest, IssueType::kStructure, "an entry is an object", where);
  entry.resource = value.find("resource");
  if (entry.resource != nullptr && !entry.resource->is_object())
    return fail(Category::kInvalidRequest, IssueType::kStructure, "a resource is an object",
                where + ".resource");
  KAP_CHECK_OK(take_string(value, "fullUrl", where, entry.full_url));
  if (entry.full_url.contains("/_history/"))
    return std::unexpected(
        malformed("fullUrl cannot be that of a version (bdl-8)", where + ".fullUrl"));
  const auto* request = value.find("request");
  if (request == nullptr || !request->is_object())
    return std::unexpected(
        required("each entry needs a request with method and url (bdl-3)", where + ".request"));
  std::string_view method;
  std::string_view url;
  const auto inner = where + ".request";
  KAP_CHECK_OK(take_string(*request, "method", inner, method));
  KAP_CHECK_OK(take_string(*request, "url", inner, url));
  KAP_CHECK_OK(take_string(*request, "ifMatch", inner, entry.if_match));
  KAP_CHECK_OK(take_string(*request, "ifNoneMatch", inner, entry.if_none_match));
  KAP_CHECK_OK(take_string(*request, "ifModifiedSince", inner, entry.if_modified_since));
  KAP_CHECK_OK(take_string(*request, "ifNoneExist", inner, entry.if_none_exist));
  if (method.empty() || url.empty())
    return std::unexpected(required("a request needs a method and a url",
                                    inner + (method.empty() ? ".method" : ".url")));
  const auto known = to_method(method);
  if (!known)
    return fail(Category::kInvalidRequest, IssueType::kCodeInvalid,
                "expected GET, HEAD, POST, PUT, PATCH or DELETE", inner + ".method");
  entry.method = *known;
  KAP_CHECK_OK(take_url(entry, url, base_url));
  return check_shape(entry);
}

Result<BundleRequest::Type> type_of(const json::Value& root) {
  if (!root.is_object() || root.string("resourceType") != "Bundle")
    return fail(Category::kInvalidRequest, IssueType::kStructure,
                "the base takes a Bundle of type batch or transaction; a single resource goes to "
                "its type, such as Patient",
                "resourceType");
  const auto type = root.string("type");
  if (type == "batch") return BundleRequest::Type::kBatch;
  if (type == "transaction") return BundleRequest::Type::kTransaction;
  return fail(Category::kInvalidRequest,
              type.empty() ? IssueType::kRequired : IssueType::kNotSupported,
              "the base takes a Bundle of type batch or transaction", "Bundle.type");
}

constexpr std::pair<std::string_view, std::string_view> kHeaders[] = {
    {"If-Match", "request.ifMatch"},
    {"If-None-Exist", "request.ifNoneExist"},
    {"If-None-Match", "request.ifNoneMatch"},
};

}  // namespace

std::string path_of(const BundleEntry& entry) {
  return fmt::format("Bundle.entry[{}]", entry.index);
}

Outcome at_entry(const BundleEntry& entry, EntryPart part, const Outcome& outcome) {
  auto issues = outcome.issues();
  const auto where = path_of(entry);
  for (auto& issue : issues) {
    auto& expression = issue.expression;
    if (expression.starts_with("Bundle.entry[")) continue;
    const auto* header = std::ranges::find(kHeaders, std::string_view(expression),
                                           &std::pair<std::string_view, std::string_view>::first);
    const auto type =
        entry.resource == nullptr ? std::string_view() : entry.resource->string("resourceType");
    if (header != std::end(kHeaders)) {
      expression = fmt::format("{}.{}", where, header->second);
    } else if (part == EntryPart::kRequest) {
      if (!expression.empty())
        issue.diagnostics = fmt::format("{}: {}", expression, issue.diagnostics);
      expression = where + ".request";
    } else if (expression.empty() || expression == type) {
      expression = where + ".resource";
    } else if (!type.empty() && expression.starts_with(type) &&
               expression.substr(type.size()).starts_with('.')) {
      expression = fmt::format("{}.resource{}", where, expression.substr(type.size()));
    } else {
      expression = fmt::format("{}.resource.{}", where, expression);
    }
  }
  return {outcome.category(), std::move(issues)};
}

Result<BundleRequest> parse_bundle(std::string_view text, std::string_view base_url) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    return fail(Category::kInvalidRequest, IssueType::kStructure,
                "the body is empty; expected a Bundle of type batch or transaction as JSON");
  BundleRequest request;
  KAP_TRY(request.document, json::parse(text));
  KAP_TRY(request.type, type_of(request.document.root));
  auto* entries = request.document.root.find("entry");
  if (entries == nullptr) return request;
  if (!entries->is_array() || entries->items().empty())
    return fail(Category::kInvalidRequest, IssueType::kStructure,
                "expected an array with at least one entry, or no entry at all", "Bundle.entry");
  if (entries->items().size() > limits::kBundleEntries)
    return fail(Category::kTooLarge, IssueType::kTooCostly,
                fmt::format("a batch or transaction takes at most {} entries, this one has {}",
                            limits::kBundleEntries, entries->items().size()),
                "Bundle.entry");
  request.entries.reserve(entries->items().size());
  for (auto& value : entries->items()) {
    auto& entry = request.entries.emplace_back();
    entry.index = request.entries.size() - 1;
    if (auto status = take_entry(entry, value, base_url); !status)
      entry.refusal = std::move(status).error();
  }
  return request;
}

}  // namespace kap::gateway::service
