#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/transport/http/request.h"
#include "gateway/transport/http/response.h"

namespace kap::gateway::transport::http {

/// What an answer's body may be sent in; RFC 9110 section 12.5.3.
enum class Coding : std::uint8_t {
  kIdentity,      // as it is
  kGzip,          // gzip where it is worth it
  kGzipDemanded,  // gzip, whatever it is worth: `identity;q=0`
};

/// Whether this server gzips at all.
enum class Gzipping : bool { kOff, kOn };

/// What Accept-Encoding asks for, by its quality values. Nothing: what it accepts, this server does
/// not have (406).
[[nodiscard]] std::optional<Coding> negotiate_coding(const Headers& headers, Gzipping gzipping);

struct CodingOptions {
  int level = 1;              // zlib's, 1 to 9
  std::size_t min_bytes = 0;  // smaller bodies are not worth it
};

/// Whether apply_coding would change the body.
[[nodiscard]] bool is_coded(const Response& response, Coding coding, const CodingOptions& options);
/// Compresses the body, or wraps its source, and adds Content-Encoding. Takes milliseconds for a
/// large body: not for an I/O thread.
void apply_coding(Response& response, const CodingOptions& options);
/// Adds Vary where another Accept-Encoding would have got another body.
void add_vary(Response& response, const CodingOptions& options);

}  // namespace kap::gateway::transport::http
