#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/transport/http/request.h"

namespace kap::gateway::transport::http {

/// Why a connection's bytes are not HTTP we accept. It is answered, then the connection closes:
/// where the next request would start is not known any more (RFC 9112 section 2.2).
struct Fault {
  unsigned status = 400;
  std::string why;  // for the client; never holds its own bytes
};

/// Looks for the end of a request's head in bytes as they come, each byte once.
class HeadScanner {
 public:
  explicit HeadScanner(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// `bytes` is everything received of this request so far. The size of the head with its empty
  /// line; nullopt while that has not come. Refused at once: control characters, a line feed
  /// without carriage return, a folded line, more than the limit (414 within the first line, else
  /// 431).
  [[nodiscard]] std::expected<std::optional<std::size_t>, Fault> scan(std::string_view bytes);

 private:
  [[nodiscard]] std::optional<Fault> check(std::string_view bytes, std::size_t at) const;

  std::size_t max_bytes_;
  std::size_t next_ = 0;
  std::size_t line_start_ = 0;
  bool has_line_ = false;
};

/// A request's head; RFC 9112 sections 3 to 6.
struct Head {
  std::string method;
  std::string target;
  Headers headers;
  bool keep_alive = false;
  bool takes_chunks = true;  // HTTP/1.1
  bool is_chunked = false;
  bool expects_continue = false;
  std::optional<std::uint64_t> content_length;

  [[nodiscard]] bool has_body() const { return is_chunked || content_length.value_or(0) > 0; }
};

/// Parses a complete head, its empty line included. Refuses what two readers could understand in
/// two ways: Transfer-Encoding beside Content-Length, either of them twice, a Content-Length that
/// is not a plain number, several Hosts, HTTP/1.1 without Host.
[[nodiscard]] std::expected<Head, Fault> parse_head(std::string_view head);

/// Decodes a chunked body (RFC 9112 section 7.1). Trailer fields are thrown away.
class ChunkedBody {
 public:
  explicit ChunkedBody(std::size_t max_bytes);
  ~ChunkedBody();

  /// Takes from the front of `bytes`, appends what it decodes to `body` and gives the number taken:
  /// all of it unless the body ended or a chunk's head is incomplete.
  [[nodiscard]] std::expected<std::size_t, Fault> feed(std::string_view bytes, std::string& body);
  [[nodiscard]] bool is_done() const;

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace kap::gateway::transport::http
