#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/transport/http/body_source.h"

namespace kap::gateway::transport::http {

/// A body as a list of pieces that are written one after the other, so that stored bytes are
/// spliced and not copied. A piece is owned text, a shared buffer, or a view of constant data.
class Body {
 public:
  Body() = default;
  Body(std::string text) { append(std::move(text)); }  // NOLINT(google-explicit-constructor)

  void append(std::string text);
  void append_constant(std::string_view text);
  /// `text` lies in memory that `owner` keeps alive.
  void append_shared(std::shared_ptr<const void> owner, std::string_view text);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::vector<std::string_view> pieces() const;
  [[nodiscard]] std::string to_string() const;

 private:
  struct Shared {
    std::shared_ptr<const void> owner;
    std::string_view text;
  };
  std::vector<std::variant<std::string, std::string_view, Shared>> pieces_;
  std::size_t size_ = 0;
};

struct Response {
  unsigned status = 200;
  // Without Content-Length, Transfer-Encoding and Date.
  std::vector<std::pair<std::string, std::string>> headers;
  Body body;
  /// Where it is set, the body comes from here piece by piece and `body` is empty.
  std::shared_ptr<BodySource> source = nullptr;

  Response& with(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
};

[[nodiscard]] std::string_view reason_phrase(unsigned status);

}  // namespace kap::gateway::transport::http
