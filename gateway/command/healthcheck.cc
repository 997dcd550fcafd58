#include <curl/curl.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <iostream>
#include <memory>
#include <string>

#include "gateway/command/command_line.h"
#include "gateway/command/commands.h"

namespace kap::gateway::command {
namespace {

constexpr long kTimeoutMs = 3'000;
constexpr long kHttpOk = 200;

std::size_t discard(char* /*data*/, std::size_t size, std::size_t count, void* /*context*/) {
  return size * count;
}

int ask(const std::string& url) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle(curl_easy_init(),
                                                                   &curl_easy_cleanup);
  if (!handle) return kFailed;
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, kTimeoutMs);
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(handle.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &discard);
  const auto code = curl_easy_perform(handle.get());
  if (code != CURLE_OK) {
    std::cerr << fmt::format("kap-gateway: {}: {}\n", url, curl_easy_strerror(code));
    return kFailed;
  }
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == kHttpOk) return kOk;
  std::cerr << fmt::format("kap-gateway: {}: status {}\n", url, status);
  return kFailed;
}

}  // namespace

int run_healthcheck(int argc, const char* const* argv) {
  CLI::App app{"Asks a running gateway whether it is ready; for a container's HEALTHCHECK",
               "kap-gateway healthcheck"};
  std::string url = "http://127.0.0.1:9464/readyz";
  app.add_option("--url", url, "What to ask")->capture_default_str();
  if (const auto code = parse(app, argc, argv)) return *code;
  return ask(url);
}

}  // namespace kap::gateway::command
