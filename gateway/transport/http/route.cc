#include "gateway/transport/http/route.h"

#include <algorithm>

namespace kap::gateway::transport::http {
namespace {

struct Fit {
  bool fits = false;
  unsigned literals = 0;
  PathValues values;
  std::string_view resource_type;
};

bool starts_like_a_type(std::string_view segment) {
  return !segment.empty() && segment.front() >= 'A' && segment.front() <= 'Z';
}

Fit fit(std::string_view pattern, const std::vector<std::string>& segments) {
  Fit result;
  std::size_t index = 0;
  pattern.remove_prefix(1);
  while (!pattern.empty()) {
    const std::size_t slash = pattern.find('/');
    const std::string_view part = pattern.substr(0, slash);
    pattern = slash == std::string_view::npos ? std::string_view{} : pattern.substr(slash + 1);
    if (index == segments.size()) return {};
    const std::string_view segment = segments[index++];
    if (part == "{type}") {
      if (!starts_like_a_type(segment)) return {};
      result.resource_type = segment;
      result.values.push_back(segment);
    } else if (part.starts_with('{')) {
      result.values.push_back(segment);
    } else {
      if (part != segment) return {};
      ++result.literals;
    }
  }
  result.fits = index == segments.size();
  return result;
}

}  // namespace

Match match_route(const RouteTable& table, Method method,
                  const std::vector<std::string>& segments) {
  Match match;
  unsigned most_literals = 0;
  const Method wanted = method == Method::kHead ? Method::kGet : method;
  for (const Route& route : table) {
    Fit found = fit(route.pattern, segments);
    if (!found.fits || found.literals < most_literals) continue;
    if (found.literals > most_literals) match = Match{};
    most_literals = found.literals;
    match.allowed.push_back(route.method);
    if (route.method == Method::kGet) match.allowed.push_back(Method::kHead);
    if (route.method != wanted) continue;
    match.route = &route;
    match.path = std::move(found.values);
    match.resource_type = found.resource_type;
  }
  return match;
}

}  // namespace kap::gateway::transport::http
