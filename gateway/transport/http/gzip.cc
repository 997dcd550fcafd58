#include "gateway/transport/http/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <stdexcept>

namespace kap::gateway::transport::http {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // the largest window, and gzip's frame around it
constexpr int kMemoryLevel = 8;
constexpr std::size_t kStepBytes = 32U << 10U;

}  // namespace

struct Gzip::State {
  z_stream stream{};

  void run(std::string& out, int flush) {
    for (;;) {
      const std::size_t before = out.size();
      out.resize(before + kStepBytes);
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream.avail_out = kStepBytes;
      const int done = deflate(&stream, flush);
      out.resize(before + kStepBytes - stream.avail_out);
      if (done == Z_STREAM_ERROR) throw std::logic_error("a gzip stream was used after its end");
      if (done == Z_STREAM_END || (flush == Z_NO_FLUSH && stream.avail_out > 0)) return;
    }
  }
};

Gzip::Gzip(int level) : state_(std::make_unique<State>()) {
  if (deflateInit2(&state_->stream, level, Z_DEFLATED, kGzipWindowBits, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib cannot start");
}

Gzip::~Gzip() { deflateEnd(&state_->stream); }

void Gzip::add(std::string_view bytes, std::string& out) {
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kMost);
    bytes.remove_prefix(part.size());
    // zlib reads the input only; its interface is older than const.
    state_->stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
    state_->stream.avail_in = static_cast<uInt>(part.size());
    state_->run(out, Z_NO_FLUSH);
  }
}

void Gzip::finish(std::string& out) { state_->run(out, Z_FINISH); }

}  // namespace kap::gateway::transport::http
