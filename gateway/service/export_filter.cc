#include "gateway/service/export_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "fhir/definitions/types.h"

namespace kap::gateway::service {
namespace {

namespace search = fhir::search;
using Parameter = std::pair<std::string, std::string>;

constexpr std::array<std::string_view, 10> kResultParameters = {
    "_sort",     "_count", "_include",   "_revinclude",    "_summary",
    "_elements", "_total", "_contained", "_containedType", "_format"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Whether `Type?` stands at the front.
bool starts_query(std::string_view text) {
  if (text.empty() || text.front() < 'A' || text.front() > 'Z') return false;
  const auto end = std::ranges::find_if_not(text, is_letter);
  return end != text.end() && *end == '?';
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

/// The filter's own escapes: it stands escaped within a parameter that was escaped itself. A plus
/// stays one, as in a time zone.
std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
    const auto low = high ? hex_digit(text[i + 2]) : std::nullopt;
    if (low) {
      out += static_cast<char>(*high * 16 + *low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::vector<Parameter> parse_pairs(std::string_view text) {
  std::vector<Parameter> out;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto one = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (one.empty()) continue;
    const auto equals = one.find('=');
    const auto value =
        equals == std::string_view::npos ? std::string_view{} : one.substr(equals + 1);
    out.emplace_back(decode(one.substr(0, equals)), decode(value));
  }
  return out;
}

std::unexpected<Outcome> refuse(IssueType code, std::string diagnostics) {
  return fail(Category::kInvalidRequest, code, std::move(diagnostics), "_typeFilter");
}

}  // namespace

std::vector<std::string> split_type_filters(std::string_view text) {
  std::vector<std::string> out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != ',' || !starts_query(text.substr(i + 1))) continue;
    out.emplace_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  out.emplace_back(text.substr(begin));
  return out;
}

std::string_view type_of_filter(std::string_view filter) {
  const auto mark = filter.find('?');
  return mark == std::string_view::npos ? std::string_view{} : filter.substr(0, mark);
}

Result<std::shared_ptr<const search::Query>> parse_type_filter(std::string_view filter,
                                                               const FilterContext& context) {
  const auto type = type_of_filter(filter);
  if (type.empty() || fhir::definitions::find_resource_type(type) == nullptr)
    return refuse(IssueType::kValue,
                  "expected a query on a resource type, such as Observation?status=final");
  const auto parameters = parse_pairs(filter.substr(type.size() + 1));
  if (parameters.empty()) return refuse(IssueType::kRequired, "the query has no criterion");
  for (const auto& [name, value] : parameters) {
    const auto plain = std::string_view(name).substr(0, name.find(':'));
    if (std::ranges::find(kResultParameters, plain) != kResultParameters.end())
      return refuse(IssueType::kNotSupported,
                    fmt::format("{} shapes an answer and has no place in a filter", plain));
  }
  auto query = search::parse_query(
      type, parameters,
      {.handling = context.handling == Handling::kStrict ? search::Handling::kStrict
                                                         : search::Handling::kLenient,
       .now = context.now,
       .base_url = context.base_url,
       .terminology = context.terminology});
  if (!query) {
    std::vector<Issue> issues = query.error().issues();
    for (Issue& issue : issues)
      issue.expression =
          issue.expression.empty() ? "_typeFilter" : "_typeFilter:" + issue.expression;
    return std::unexpected(Outcome(Category::kInvalidRequest, std::move(issues)));
  }
  return std::make_shared<const search::Query>(*std::move(query));
}

}  // namespace kap::gateway::service
