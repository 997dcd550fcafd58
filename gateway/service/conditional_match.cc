// http://hl7.org/fhir/R4/http.html#ccreate, #cond-update, #cdelete
#include "gateway/service/conditional_match.h"

#include <fmt/format.h>

#include <chrono>

#include "fhir/search/query.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

namespace search = fhir::search;

constexpr std::chrono::seconds kSearchWithin{10};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return fail(Category::kInvalidRequest, IssueType::kInvalid,
                  "the criteria hold a % that is not followed by two hexadecimal digits");
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

/// What shapes an answer decides nothing about a match, and a client that gives it expects it to.
Status check_plain(const search::Query& query) {
  if (query.sort.empty() && query.includes.empty() && !query.count &&
      query.summary == search::Summary::kFalse && query.elements.empty() &&
      query.total == search::Total::kUnspecified)
    return {};
  return fail(
      Category::kInvalidRequest, IssueType::kNotSupported,
      "a conditional interaction takes criteria alone: no _sort, _include, _count, _summary, "
      "_elements or _total");
}

}  // namespace

Result<Criteria> parse_criteria(std::string_view text) {
  if (const auto mark = text.find('?'); mark < text.find('='))  // later it is part of a value
    text.remove_prefix(mark + 1);
  Criteria criteria;
  while (!text.empty()) {
    const auto end = text.find('&');
    const auto pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    KAP_TRY(auto name, decode(pair.substr(0, equals)));
    KAP_TRY(auto value, decode(equals == std::string_view::npos ? std::string_view{}
                                                                : pair.substr(equals + 1)));
    criteria.emplace_back(std::move(name), std::move(value));
  }
  return criteria;
}

Result<ConditionalMatch> find_match(const security::Permit& permit, const Reader& reader,
                                    std::string_view type, const Criteria& criteria) {
  // Whether something matches tells what is there, as a search would.
  KAP_CHECK_OK(check_access(permit, type, security::Interaction::kSearch));
  const search::QueryOptions options{.handling = search::Handling::kStrict,
                                     .now = reader.clock.now(),
                                     .base_url = reader.base_url,
                                     .terminology = reader.terminology};
  KAP_TRY(auto query, search::parse_query(type, criteria, options));
  KAP_CHECK_OK(check_plain(query));
  if (query.criteria.empty())
    return fail(Category::kInvalidRequest, IssueType::kRequired,
                fmt::format("a conditional interaction needs search criteria, such as "
                            "{}?identifier=system|value",
                            type));
  const store::Query bound(
      permit, query, {.count = 2, .deadline = std::chrono::steady_clock::now() + kSearchWithin});
  KAP_TRY(auto page, reader.store.search(bound));
  if (page.matches.size() > 1)
    return fail(Category::kPreconditionFailed, IssueType::kMultipleMatches,
                "the criteria match more than one resource; give criteria that match one");
  ConditionalMatch match;
  if (!page.matches.empty()) match.found = std::move(page.matches.front());
  match.expected.criteria = std::move(query);
  match.expected.permit = permit;
  match.expected.as_of = page.as_of;
  if (match.found) match.expected.id = match.found->id;
  return match;
}

}  // namespace kap::gateway::service
