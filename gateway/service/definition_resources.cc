// http://hl7.org/fhir/R4/operationdefinition.html, http://hl7.org/fhir/R4/searchparameter.html
#include "gateway/service/definition_resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <vector>

#include "fhir/base/limits.h"
#include "fhir/definitions/search_parameters.h"
#include "fhir/json/print.h"
#include "fhir/json/value.h"
#include "gateway/service/bundle.h"

namespace kap::gateway::service {
namespace {

namespace definitions = fhir::definitions;
using definitions::SearchParameterDef;
using fhir::json::Document;

std::string_view id_of(const SearchParameterDef& parameter) {
  return parameter.url.substr(parameter.url.rfind('/') + 1);
}

std::string encode_search_parameter(const SearchParameterDef& parameter) {
  Document document;
  auto root = Document::object();
  const auto add = [&](std::string_view name, std::string_view text) {
    if (!text.empty()) document.add(root, name, document.string(text));
  };
  const auto add_list = [&](std::string_view name, std::span<const std::string_view> texts) {
    auto list = Document::array();
    for (const auto text : texts) document.append(list, document.string(text));
    if (!texts.empty()) document.add(root, name, list);
  };
  add("resourceType", "SearchParameter");
  add("id", id_of(parameter));
  add("url", parameter.url);
  add("version", "4.0.1");
  add("name", parameter.code);
  add("status", "draft");
  add("publisher", "HL7 International");
  add("description", fmt::format("R4's search parameter {} of {}", parameter.code,
                                 fmt::join(parameter.bases, ", ")));
  add("code", parameter.code);
  add_list("base", parameter.bases);
  add("type", to_code(parameter.type));
  add("expression", parameter.expression);
  add_list("target", parameter.targets);
  auto components = Document::array();
  for (const auto& component : parameter.components) {
    auto item = Document::object();
    document.add(item, "definition", document.string(component.parameter->url));
    document.add(item, "expression", document.string(component.expression));
    document.append(components, item);
  }
  if (!components.items().empty()) document.add(root, "component", components);
  return fhir::json::to_text(root);
}

/// What a search of either type looks at.
struct Entry {
  std::string_view id;
  std::string_view url;
  std::string_view name;
  std::string_view code;
  std::span<const std::string_view> bases;
  std::function<std::string()> encode;
};

std::vector<Entry> entries_of(std::string_view type, OperationTable operations) {
  std::vector<Entry> entries;
  if (type == "OperationDefinition") {
    for (const auto* operation : operations)
      entries.push_back(
          {.id = operation->id,
           .url = operation->canonical,
           .name = operation->name,
           .code = operation->code,
           .bases = operation->types,
           .encode = [operation] { return encode_operation_definition(*operation); }});
    return entries;
  }
  for (const auto& parameter : definitions::all_search_parameters())
    entries.push_back({.id = id_of(parameter),
                       .url = parameter.url,
                       .name = parameter.code,
                       .code = parameter.code,
                       .bases = parameter.bases,
                       .encode = [&parameter] { return encode_search_parameter(parameter); }});
  return entries;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// R4's string search: the start, whatever the case.
bool starts_alike(std::string_view text, std::string_view start) {
  return text.size() >= start.size() &&
         std::ranges::equal(text.substr(0, start.size()), start,
                            [](char left, char right) { return lower(left) == lower(right); });
}

bool fits(const Entry& entry, std::string_view name, std::string_view value) {
  if (name == "_id") return entry.id == value;
  if (name == "url") return entry.url == value;
  if (name == "name") return starts_alike(entry.name, value);
  if (name == "code") return entry.code == value;
  return std::ranges::find(entry.bases, value) != entry.bases.end();
}

bool fits_any(const Entry& entry, std::string_view name, std::string_view values) {
  while (true) {
    const auto comma = values.find(',');
    if (fits(entry, name, values.substr(0, comma))) return true;
    if (comma == std::string_view::npos) return false;
    values.remove_prefix(comma + 1);
  }
}

struct Page {
  std::size_t count = limits::kSearchDefaultCount;
  std::size_t first = 0;
  bool is_count_only = false;
  std::string url;  // without the cursor
};

Status read_number(std::string_view name, std::string_view text, std::size_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (!text.empty() && error == std::errc() && end == text.data() + text.size()) return {};
  return fail(Category::kInvalidRequest, IssueType::kValue, "expected a whole number",
              std::string(name));
}

Result<Page> narrow(std::string_view type, DefinitionResources::Parameters parameters,
                    std::vector<Entry>& entries) {
  Page page;
  for (const auto& [name, value] : parameters) {
    if (name == kCursorParameter) {
      KAP_CHECK_OK(read_number(name, value, page.first));
      continue;
    }
    if (name == "_format" || name == "_pretty") {
    } else if (name == "_count") {
      KAP_CHECK_OK(read_number(name, value, page.count));
    } else if (name == "_summary" && (value == "count" || value == "false")) {
      page.is_count_only = value == "count";
    } else if (name == "_id" || name == "url" || name == "name" || name == "code" ||
               (name == "base" && type == "SearchParameter")) {
      std::erase_if(entries, [&](const Entry& entry) { return !fits_any(entry, name, value); });
    } else {
      return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                  "definitions are searched by _id, url, name, code, and SearchParameter by base",
                  name);
    }
    page.url +=
        (page.url.empty() ? "?" : "&") + encode_query_part(name) + "=" + encode_query_part(value);
  }
  page.count = std::min(page.count, limits::kSearchMaxCount);
  if (page.count == 0) page.is_count_only = true;
  return page;
}

}  // namespace

Result<std::string> DefinitionResources::read(std::string_view type, std::string_view id) const {
  const auto entries = entries_of(type, operations_);
  const auto found = std::ranges::find(entries, id, &Entry::id);
  if (found == entries.end())
    return fail(Category::kNotFound, IssueType::kNotFound,
                fmt::format("there is no such {}; search them by url, name or code", type));
  return found->encode();
}

Result<std::string> DefinitionResources::search(std::string_view type,
                                                Parameters parameters) const {
  auto entries = entries_of(type, operations_);
  KAP_TRY(const auto page, narrow(type, parameters, entries));
  const auto url = fmt::format("{}/{}{}", base_url_, type, page.url);
  const auto link = [&](std::size_t first) {
    return first == 0 ? url
                      : fmt::format("{}{}{}={}", url, page.url.empty() ? '?' : '&',
                                    kCursorParameter, first);
  };
  BundleWriter bundle("searchset", entries.size());
  bundle.add_link("self", link(page.first));
  if (page.is_count_only) return std::move(bundle).finish();
  const auto first = std::min(page.first, entries.size());
  const auto end = std::min(first + page.count, entries.size());
  if (end < entries.size()) bundle.add_link("next", link(end));
  for (auto i = first; i < end; ++i)
    bundle.add_search_entry(fmt::format("{}/{}/{}", base_url_, type, entries[i].id),
                            entries[i].encode(), "match");
  return std::move(bundle).finish();
}

}  // namespace kap::gateway::service
