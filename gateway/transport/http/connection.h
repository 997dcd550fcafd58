#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "fhir/base/clock.h"
#include "gateway/config/settings.h"
#include "gateway/transport/http/content_coding.h"
#include "gateway/transport/http/head.h"
#include "gateway/transport/http/pipeline.h"
#include "gateway/transport/http/worker_pool.h"
#include "gateway/transport/tls/stream.h"

namespace kap::gateway::transport::http {

/// What all connections of a server share.
struct Shared {
  config::HttpSettings settings;
  const Clock& clock;
  WorkerPool& readers;
  WorkerPool& writers;
  std::atomic<bool> is_draining{false};
  std::atomic<std::size_t> buffered_body_bytes{0};
};

/// One connection: reads requests one after the other, runs each through the pipeline, answers in
/// order. Lives on one I/O thread.
class Connection {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Connection(tls::Stream stream, Shared& shared, const Pipeline& pipeline);

  /// Until the peer leaves, misbehaves or is too slow, or the server drains.
  [[nodiscard]] boost::asio::awaitable<void> run();

  /// Wakes it when its deadline has passed. Called by the thread's sweep.
  void check(TimePoint now);
  /// Closes it if it waits for a request, else lets it end after the response.
  void drain();
  void cancel();

 private:
  enum class Phase : std::uint8_t {
    kHandshake,
    kIdle,
    kHead,
    kBody,
    kHandling,
    kWriting,
    kClosing
  };
  struct Received {
    enum class Kind : std::uint8_t { kHead, kFault, kClosed } kind = Kind::kClosed;
    Head head;
    Fault fault;
  };
  class BodyBudget;

  void enter(Phase phase, std::chrono::milliseconds timeout);
  [[nodiscard]] boost::asio::awaitable<bool> wait_for_request();
  [[nodiscard]] boost::asio::awaitable<Received> receive_head();
  [[nodiscard]] boost::asio::awaitable<std::expected<void, Fault>> receive_body(const Head& head,
                                                                                std::size_t limit,
                                                                                BodyBudget& budget,
                                                                                std::string& body);
  [[nodiscard]] boost::asio::awaitable<std::expected<std::size_t, Fault>> fill();
  /// True when the connection can take another request.
  [[nodiscard]] boost::asio::awaitable<bool> serve(Head head);
  [[nodiscard]] boost::asio::awaitable<Response> execute(const Request& request,
                                                         const Admission& admission);
  /// The handler's response, coded; or why it never ran.
  [[nodiscard]] boost::asio::awaitable<Response> respond(const Request& request,
                                                         const Admission& admission, Coding coding);
  struct Sending {
    const Request& request;
    const Route* route = nullptr;
    bool takes_chunks = true;
    bool keep_alive = false;
  };
  [[nodiscard]] boost::asio::awaitable<bool> send(const Response& response, Sending how);
  [[nodiscard]] boost::asio::awaitable<bool> send_source(BodySource& source, Sending how);

  tls::Stream stream_;
  Shared& shared_;
  const Pipeline& pipeline_;
  std::shared_ptr<const tls::PeerCertificate> peer_;
  std::string input_;  // received and not yet consumed
  Phase phase_ = Phase::kHandshake;
  TimePoint deadline_ = TimePoint::max();
  bool is_expired_ = false;
  bool is_cancelled_ = false;
  bool is_cut_ = false;  // within a response: closed so that the peer notices
};

}  // namespace kap::gateway::transport::http
