#pragma once

#include <map>
#include <string>
#include <vector>

namespace kap::functional {

struct HttpRequest {
  std::string method = "GET";
  std::string url{};
  std::vector<std::string> headers{};  // `Name: value`
  std::string body{};
};

struct HttpResponse {
  long status = 0;                             // 0: no answer; `body` says why
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  /// Empty where there is none; `name` in lower case.
  [[nodiscard]] std::string header(const std::string& name) const;
};

/// Over TLS with the run's own CA, within 30 seconds.
[[nodiscard]] HttpResponse exchange(const HttpRequest& request);

}  // namespace kap::functional
