#include "gateway/transport/http/negotiation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "gateway/transport/http/error_response.h"

namespace kap::gateway::transport::http {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

/// Cuts the part before the separator off the front.
std::string_view next_part(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
  return trimmed(part);
}

struct Wish {
  std::string type;
  double quality = 1;
  bool is_other_version = false;
};

Wish parse_wish(std::string_view text) {
  Wish wish;
  wish.type = lower(next_part(text, ';'));
  while (!text.empty()) {
    std::string_view parameter = next_part(text, ';');
    const std::string name = lower(next_part(parameter, '='));
    if (parameter.size() > 1 && parameter.front() == '"')
      parameter = parameter.substr(1, parameter.size() - 2);
    if (name == "q") {
      double value = 0;
      const auto [end, error] =
          std::from_chars(parameter.data(), parameter.data() + parameter.size(), value);
      if (error == std::errc{} && value >= 0 && value <= 1) wish.quality = value;
    }
    if (name == "fhirversion") wish.is_other_version = parameter != "4.0";
  }
  return wish;
}

/// The content type that answers a media type or a word of `_format`.
std::optional<std::string_view> answer_to(std::string_view type) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kAnswers = {
      {{"application/fhir+json", kFhirJson},
       {"application/json+fhir", kFhirJson},  // of DSTU2, still sent
       {"*/*", kFhirJson},
       {"application/*", kFhirJson},
       {"json", kFhirJson},
       {"application/json", "application/json; charset=utf-8"},
       {"text/json", "text/json; charset=utf-8"}}};
  for (const auto& [name, answer] : kAnswers)
    if (name == type) return answer;
  return std::nullopt;
}

std::unexpected<Outcome> refuse() {
  return fail(Category::kNotAcceptable, IssueType::kNotSupported,
              "this server answers in JSON: application/fhir+json, fhirVersion 4.0");
}

Result<std::string> by_format(std::string_view format) {
  Wish wish = parse_wish(format);
  // A plus that was not escaped arrives as a space.
  std::ranges::replace(wish.type, ' ', '+');
  const auto answer = answer_to(wish.type);
  if (!answer || wish.is_other_version) return refuse();
  return std::string(*answer);
}

Result<std::string> by_accept(std::string_view accept) {
  std::optional<std::string_view> best;
  double best_quality = 0;
  while (!accept.empty()) {
    const Wish wish = parse_wish(next_part(accept, ','));
    const auto answer = answer_to(wish.type);
    if (!answer || wish.is_other_version || wish.quality <= best_quality) continue;
    best = answer;
    best_quality = wish.quality;
  }
  if (!best) return refuse();
  return std::string(*best);
}

}  // namespace

std::string media_type(std::string_view header) { return lower(next_part(header, ';')); }

Result<Representation> negotiate(const Request& request) {
  Representation representation{.content_type = std::string(kFhirJson)};
  const auto find = [&](std::string_view name) -> const std::string* {
    for (const QueryPair& pair : request.query)
      if (pair.name == name) return &pair.value;
    return nullptr;
  };
  if (const std::string* pretty = find("_pretty"))
    representation.pretty = *pretty == "true" ? Pretty::kYes : Pretty::kNo;
  const std::string accept = request.headers.joined("Accept");
  if (const std::string* format = find("_format"); format != nullptr && !format->empty()) {
    KAP_TRY(representation.content_type, by_format(*format));
  } else if (!trimmed(accept).empty()) {
    KAP_TRY(representation.content_type, by_accept(accept));
  }
  return representation;
}

}  // namespace kap::gateway::transport::http
