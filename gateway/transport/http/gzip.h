#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace kap::gateway::transport::http {

/// Compresses into the gzip format (RFC 1952) as the bytes come. Holds about 256 KiB.
class Gzip {
 public:
  explicit Gzip(int level);  // zlib's: 1 is quick, 9 is small
  ~Gzip();
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  /// Appends to `out` what is ready; it may keep everything back for now.
  void add(std::string_view bytes, std::string& out);
  /// Appends the rest; nothing may be added afterwards.
  void finish(std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace kap::gateway::transport::http
