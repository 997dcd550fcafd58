#include "gateway/transport/http/head.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <charconv>
#include <utility>

namespace kap::gateway::transport::http {
namespace {

namespace beast = boost::beast;
using BeastError = beast::error_code;

constexpr std::size_t kMaxFields = 128;

std::string_view to_std(beast::string_view text) { return {text.data(), text.size()}; }

Fault to_fault(const BeastError& error) {
  using beast::http::error;
  if (error == error::body_limit) return {413, "the body is larger than this server takes"};
  if (error == error::bad_version) return {505, "this server speaks HTTP/1.1 and HTTP/1.0"};
  if (error == error::bad_method) return {400, "the method is no HTTP token"};
  if (error == error::bad_target) return {400, "the request target holds a character it may not"};
  if (error == error::bad_field) return {400, "a header name is no HTTP token followed by a colon"};
  if (error == error::bad_value) return {400, "a header value holds a character it may not"};
  if (error == error::bad_content_length || error == error::multiple_content_length)
    return {400, "Content-Length must be one plain number and stand without Transfer-Encoding"};
  if (error == error::bad_transfer_encoding)
    return {400, "Transfer-Encoding must stand once and without Content-Length"};
  if (error == error::bad_chunk || error == error::bad_chunk_extension)
    return {400, "the chunked body is malformed"};
  return {400, "the request is no well-formed HTTP/1.1"};
}

/// Beast's parser with its callbacks filling a Head.
class HeadParser final : public beast::http::basic_parser<true> {
 public:
  Head head;

 private:
  void on_request_impl(beast::http::verb /*verb*/, beast::string_view method,
                       beast::string_view target, int /*version*/, BeastError& /*error*/) override {
    head.method = to_std(method);
    head.target = to_std(target);
  }
  void on_field_impl(beast::http::field /*name*/, beast::string_view name, beast::string_view value,
                     BeastError& error) override {
    if (head.headers.fields().size() == kMaxFields)
      error = beast::http::error::header_limit;
    else
      head.headers.add(to_std(name), to_std(value));
  }
  void on_response_impl(int, beast::string_view, int, BeastError&) override {}
  void on_header_impl(BeastError& /*error*/) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(beast::string_view body, BeastError&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, BeastError&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, BeastError&) override {
    return body.size();
  }
  void on_finish_impl(BeastError& /*error*/) override {}
};

std::optional<Fault> check_once(const Headers& headers) {
  static constexpr std::array<std::string_view, 6> kSingle = {
      "Host",         "Content-Length", "Transfer-Encoding",
      "Content-Type", "Authorization",  "Content-Encoding"};
  for (const std::string_view name : kSingle)
    if (headers.count(name) > 1) return Fault{400, std::string(name) + " stands more than once"};
  return std::nullopt;
}

std::optional<Fault> check_host(const Headers& headers, int version) {
  const auto host = headers.find("Host");
  if (!host) {
    if (version < 11) return std::nullopt;
    return Fault{400, "HTTP/1.1 demands a Host header"};
  }
  const bool sane = !host->empty() && std::ranges::all_of(*host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~%:[]!$&'()*+;=").find(c) != std::string_view::npos;
  });
  if (!sane) return Fault{400, "the Host header is no host and port"};
  return std::nullopt;
}

std::optional<Fault> read_framing(Head& head, int version) {
  const auto length = head.headers.find("Content-Length");
  const auto encoding = head.headers.find("Transfer-Encoding");
  if (length && encoding)
    return Fault{400, "Transfer-Encoding and Content-Length stand beside each other"};
  if (length) {
    std::uint64_t value = 0;
    const char* end = length->data() + length->size();
    const auto [at, error] = std::from_chars(length->data(), end, value);
    if (error != std::errc{} || at != end || length->empty())
      return Fault{400, "Content-Length must be one plain number"};
    head.content_length = value;
  }
  if (encoding) {
    if (version < 11) return Fault{400, "HTTP/1.0 has no Transfer-Encoding"};
    if (!equals_ignoring_case(*encoding, "chunked"))
      return Fault{501, "the only Transfer-Encoding this server takes is chunked"};
    head.is_chunked = true;
  }
  return std::nullopt;
}

std::optional<Fault> read_expectation(Head& head, int version) {
  const auto expect = head.headers.find("Expect");
  if (!expect || version < 11) return std::nullopt;
  if (!equals_ignoring_case(*expect, "100-continue"))
    return Fault{417, "the only expectation this server meets is 100-continue"};
  head.expects_continue = true;
  return std::nullopt;
}

bool has_bare_line_feed(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    if (at > 0 && text[at - 1] != '\r') return true;
  return false;
}

bool is_forbidden(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\r' && c != '\n') || byte == 0x7f;
}

}  // namespace

std::optional<Fault> HeadScanner::check(std::string_view bytes, std::size_t at) const {
  const char c = bytes[at];
  if (is_forbidden(c)) return Fault{400, "a control character in the request line or a header"};
  if (c == '\n' && (at == 0 || bytes[at - 1] != '\r'))
    return Fault{400, "a line ends without carriage return"};
  if (at > 0 && bytes[at - 1] == '\r' && c != '\n')
    return Fault{400, "a carriage return without line feed"};
  if (at == line_start_ && (c == ' ' || c == '\t'))
    return Fault{
        400, has_line_ ? "a header is folded over two lines" : "the request starts with a space"};
  return std::nullopt;
}

std::expected<std::optional<std::size_t>, Fault> HeadScanner::scan(std::string_view bytes) {
  const std::size_t end = std::min(bytes.size(), max_bytes_);
  for (; next_ < end; ++next_) {
    const char c = bytes[next_];
    const bool plain =
        static_cast<unsigned char>(c) > 0x20 && c != 0x7f && next_ != 0 && bytes[next_ - 1] != '\r';
    if (plain) continue;
    if (auto fault = check(bytes, next_)) return std::unexpected(*std::move(fault));
    if (c != '\n') continue;
    const bool is_empty = next_ - line_start_ == 1;
    if (is_empty && !has_line_)
      return std::unexpected(Fault{400, "an empty line stands for the request line"});
    if (is_empty) return next_ + 1;
    has_line_ = true;
    line_start_ = next_ + 1;
  }
  if (bytes.size() >= max_bytes_) {
    return std::unexpected(has_line_
                               ? Fault{431, "the headers are larger than this server takes"}
                               : Fault{414, "the request line is longer than this server takes"});
  }
  return std::nullopt;
}

std::expected<Head, Fault> parse_head(std::string_view head) {
  HeadParser parser;
  parser.header_limit(static_cast<std::uint32_t>(head.size() + 1));
  parser.body_limit(boost::none);
  BeastError error;
  parser.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error == beast::http::error::header_limit)
    return std::unexpected(Fault{431, "there are more header fields than this server takes"});
  if (error) return std::unexpected(to_fault(error));
  if (!parser.is_header_done())
    return std::unexpected(Fault{400, "the request is no well-formed HTTP/1.1"});
  Head parsed = std::move(parser.head);
  parsed.keep_alive = parser.keep_alive();
  const int version = head.find(" HTTP/1.1\r\n") < head.find('\n') ? 11 : 10;
  if (auto fault = check_once(parsed.headers)) return std::unexpected(*std::move(fault));
  parsed.takes_chunks = version == 11;
  if (auto fault = check_host(parsed.headers, version)) return std::unexpected(*std::move(fault));
  if (auto fault = read_framing(parsed, version)) return std::unexpected(*std::move(fault));
  if (auto fault = read_expectation(parsed, version)) return std::unexpected(*std::move(fault));
  return parsed;
}

class ChunkedBody::Parser final : public beast::http::basic_parser<true> {
 public:
  explicit Parser(std::size_t max_bytes) {
    static constexpr std::string_view kHead =
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    body_limit(max_bytes);
    BeastError error;
    put(boost::asio::const_buffer(kHead.data(), kHead.size()), error);
    eager(true);
  }
  std::string* body = nullptr;

 private:
  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int,
                       BeastError&) override {}
  void on_field_impl(beast::http::field, beast::string_view, beast::string_view,
                     BeastError&) override {}
  void on_response_impl(int, beast::string_view, int, BeastError&) override {}
  void on_header_impl(BeastError&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(beast::string_view text, BeastError&) override { return text.size(); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, BeastError&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view text, BeastError&) override {
    body->append(text.data(), text.size());
    return text.size();
  }
  void on_finish_impl(BeastError&) override {}
};

ChunkedBody::ChunkedBody(std::size_t max_bytes) : parser_(std::make_unique<Parser>(max_bytes)) {}
ChunkedBody::~ChunkedBody() = default;

std::expected<std::size_t, Fault> ChunkedBody::feed(std::string_view bytes, std::string& body) {
  parser_->body = &body;
  std::size_t taken = 0;
  while (taken < bytes.size() && !parser_->is_done()) {
    BeastError error;
    const std::string_view rest = bytes.substr(taken);
    const std::size_t now =
        parser_->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    taken += now;
    if (error == beast::http::error::need_more) {
      // What is left is the start of a chunk's head or of the trailer; Beast would wait for ever
      // for the carriage return of a line that has none.
      if (has_bare_line_feed(bytes.substr(taken)))
        return std::unexpected(
            Fault{400, "a line of the chunked body ends without carriage return"});
      break;
    }
    if (error) return std::unexpected(to_fault(error));
    if (now == 0) break;
  }
  return taken;
}

bool ChunkedBody::is_done() const { return parser_->is_done(); }

}  // namespace kap::gateway::transport::http
