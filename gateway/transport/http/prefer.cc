#include "gateway/transport/http/prefer.h"

#include <string>
#include <string_view>

namespace kap::gateway::transport::http {

ReturnPreference return_preference_of(const Request& request) {
  std::string all = request.headers.joined("Prefer");
  std::erase_if(all, [](char c) { return c == ' ' || c == '\t' || c == '"'; });
  std::string_view rest = all;
  while (!rest.empty()) {
    const auto end = rest.find_first_of(",;");
    const auto one = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    const auto equals = one.find('=');
    if (!equals_ignoring_case(one.substr(0, equals), "return") || equals == std::string_view::npos)
      continue;
    const auto value = one.substr(equals + 1);
    if (equals_ignoring_case(value, "minimal")) return ReturnPreference::kMinimal;
    if (equals_ignoring_case(value, "representation")) return ReturnPreference::kRepresentation;
    if (equals_ignoring_case(value, "OperationOutcome")) return ReturnPreference::kOperationOutcome;
    return ReturnPreference::kNone;
  }
  return ReturnPreference::kNone;
}

}  // namespace kap::gateway::transport::http
