#include "gateway/transport/http/target.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "fhir/json/locate.h"

namespace kap::gateway::transport::http {
namespace {

constexpr std::size_t kMaxPairs = 1024;

enum class Plus : std::uint8_t { kLiteral, kSpace };

std::optional<unsigned> to_nibble(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

std::unexpected<Outcome> refuse(std::string_view where, std::string_view why) {
  return fail(Category::kInvalidRequest, IssueType::kInvalid, fmt::format("{}: {}", where, why));
}

Result<std::string> decode(std::string_view text, Plus plus, std::string_view where) {
  std::string out;
  out.reserve(text.size());
  bool has_escape = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const auto high = i + 2 < text.size() ? to_nibble(text[i + 1]) : std::nullopt;
      const auto low = i + 2 < text.size() ? to_nibble(text[i + 2]) : std::nullopt;
      if (!high || !low) return refuse(where, "a % is not followed by two hexadecimal digits");
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
      has_escape = true;
    } else if (c == '+' && plus == Plus::kSpace) {
      c = ' ';
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return refuse(where, "it decodes to a control character");
    has_escape = has_escape || byte >= 0x80;
    out += c;
  }
  if (has_escape && fhir::json::first_invalid_utf8(out) != out.size())
    return refuse(where, "it does not decode to UTF-8");
  return out;
}

Result<std::vector<std::string>> parse_path(std::string_view path) {
  std::vector<std::string> segments;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    KAP_TRY(std::string segment, decode(path.substr(0, slash), Plus::kLiteral, "the path"));
    if (segment.empty() || segment == "." || segment == "..")
      return refuse("the path", "a segment is empty, . or ..");
    segments.push_back(std::move(segment));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
    if (path.empty()) return refuse("the path", "a segment is empty, . or ..");
  }
  return segments;
}

/// Strips `https://authority`; nullopt when the target is neither origin- nor absolute-form.
std::optional<std::string_view> to_origin_form(std::string_view target) {
  if (target.starts_with('/')) return target;
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view scheme = target.substr(0, colon);
  if (!equals_ignoring_case(scheme, "https") && !equals_ignoring_case(scheme, "http"))
    return std::nullopt;
  target.remove_prefix(colon + 3);
  const std::size_t end = target.find_first_of("/?");
  if (end == 0) return std::nullopt;
  return end == std::string_view::npos ? std::string_view("/") : target.substr(end);
}

}  // namespace

Result<std::vector<QueryPair>> parse_form(std::string_view text) {
  std::vector<QueryPair> pairs;
  while (!text.empty()) {
    const std::size_t ampersand = text.find('&');
    const std::string_view pair = text.substr(0, ampersand);
    text = ampersand == std::string_view::npos ? std::string_view{} : text.substr(ampersand + 1);
    if (pair.empty()) continue;
    if (pairs.size() == kMaxPairs)
      return refuse("the query", fmt::format("it has more than {} parameters", kMaxPairs));
    const std::size_t equals = pair.find('=');
    QueryPair decoded;
    KAP_TRY(decoded.name, decode(pair.substr(0, equals), Plus::kSpace, "a parameter name"));
    if (equals != std::string_view::npos) {
      KAP_TRY(decoded.value, decode(pair.substr(equals + 1), Plus::kSpace, "a parameter value"));
    }
    pairs.push_back(std::move(decoded));
  }
  return pairs;
}

Result<Target> parse_target(std::string_view target) {
  const auto origin = to_origin_form(target);
  if (!origin) return refuse("the request target", "expected a path such as /fhir/metadata");
  if (origin->find('#') != std::string_view::npos)
    return refuse("the request target", "it has a fragment (#)");
  const std::size_t question = origin->find('?');
  Target parsed;
  KAP_TRY(parsed.segments, parse_path(origin->substr(0, question)));
  if (question != std::string_view::npos) {
    KAP_TRY(parsed.query, parse_form(origin->substr(question + 1)));
  }
  return parsed;
}

}  // namespace kap::gateway::transport::http
