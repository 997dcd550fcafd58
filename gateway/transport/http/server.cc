#include "gateway/transport/http/server.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <list>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "gateway/transport/http/connection.h"
#include "gateway/transport/http/worker_pool.h"

namespace kap::gateway::transport::http {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr int kBacklog = 512;
constexpr std::chrono::milliseconds kAcceptPause{100};  // when there are no descriptors left

/// How often deadlines are looked at: a fraction of the shortest of them.
std::chrono::milliseconds sweep_interval(const config::HttpSettings& settings) {
  const auto shortest =
      std::min({settings.handshake_timeout, settings.header_timeout, settings.body_timeout,
                settings.idle_timeout, settings.write_timeout});
  return std::clamp(shortest / 8, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

/// An io_context, its thread and the connections that live on it.
struct IoThread {
  // Touched on this thread only, and by the frames that the io_context destroys: hence first.
  std::list<Connection*> connections;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  asio::steady_timer sweep{io};
  std::thread thread;
};

struct Listener {
  Listener(asio::io_context& io, std::optional<tls::ServerContext> context, PipelineOptions options,
           Server::Dependencies dependencies)
      : acceptor(io),
        pause(io),
        tls(std::move(context)),
        pipeline(std::move(options), dependencies.log, dependencies.metrics) {}
  Tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::optional<tls::ServerContext> tls;
  Pipeline pipeline;
};

}  // namespace

class Server::State {
 public:
  State(const config::HttpSettings& settings, const PoolSettings& pools, Dependencies dependencies)
      : dependencies_(dependencies),
        readers_(pools.search.workers, pools.search.queue),
        writers_(pools.write.workers, pools.write.queue),
        shared_{.settings = settings,
                .clock = dependencies.clock,
                .readers = readers_,
                .writers = writers_},
        open_connections_(dependencies.metrics.gauge("kap_http_connections", "Open connections.")),
        refused_(dependencies.metrics.counter("kap_http_connections_refused_total",
                                              "Connections beyond the limit.")) {
    const unsigned count = settings.threads != 0
                               ? settings.threads
                               : std::max(1U, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < count; ++i) threads_.push_back(std::make_unique<IoThread>());
  }

  [[nodiscard]] Result<std::uint16_t> listen(ListenerOptions options);
  void start();
  void stop();
  [[nodiscard]] bool is_draining() const { return shared_.is_draining; }

 private:
  asio::awaitable<void> accept(Listener& listener);
  asio::awaitable<void> serve(IoThread& thread, Tcp::socket socket, const Listener& listener);
  asio::awaitable<void> sweep(IoThread& thread);
  bool wait_until_empty(std::chrono::milliseconds limit);
  template <class Action>
  void for_each_connection(Action action);

  Dependencies dependencies_;
  WorkerPool readers_;
  WorkerPool writers_;
  Shared shared_;
  prometheus::Gauge& open_connections_;
  prometheus::Counter& refused_;
  std::atomic<std::size_t> open_{0};
  std::mutex mutex_;
  std::condition_variable emptied_;
  bool is_started_ = false;
  bool is_stopped_ = false;
  // Their io_contexts destroy the frames that touch what stands above.
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::vector<std::unique_ptr<Listener>> listeners_;
};

Result<std::uint16_t> Server::State::listen(ListenerOptions options) {
  boost::system::error_code error;
  const auto refuse = [&](std::string_view what) {
    return fail(Category::kInvalidRequest, IssueType::kInvalid,
                fmt::format("{}:{}: {}: {}", options.address, options.port, what, error.message()),
                "listen");
  };
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return refuse("expected an IP address such as 127.0.0.1 or ::");
  const Tcp::endpoint endpoint(address, options.port);
  auto listener = std::make_unique<Listener>(threads_.front()->io, std::move(options.tls),
                                             std::move(options.pipeline), dependencies_);
  Tcp::acceptor& acceptor = listener->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (error) return refuse("cannot open a socket");
  acceptor.set_option(Tcp::acceptor::reuse_address(true), error);
  acceptor.bind(endpoint, error);
  if (error) return refuse("cannot listen there");
  acceptor.listen(kBacklog, error);
  if (error) return refuse("cannot listen there");
  const std::uint16_t port = acceptor.local_endpoint(error).port();
  listeners_.push_back(std::move(listener));
  return port;
}

asio::awaitable<void> Server::State::accept(Listener& listener) {
  std::size_t next = 0;
  while (listener.acceptor.is_open()) {
    IoThread& thread = *threads_[next++ % threads_.size()];
    auto [error, socket] = co_await listener.acceptor.async_accept(thread.io, kToken);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      listener.pause.expires_after(kAcceptPause);
      auto paused = co_await listener.pause.async_wait(kToken);
      if (std::get<0>(paused)) co_return;
      continue;
    }
    // Not for a plain listener: health must be seen when it matters most, and it is on loopback.
    if (listener.tls && open_.load() >= shared_.settings.max_connections) {
      refused_.Increment();
      continue;  // its destructor closes it
    }
    open_.fetch_add(1);
    asio::co_spawn(thread.io, serve(thread, std::move(socket), listener),
                   [this](const std::exception_ptr& broken) {
                     if (broken)
                       dependencies_.log.write(
                           observe::Line(observe::Level::kError, "http.connection_failed"));
                   });
  }
}

asio::awaitable<void> Server::State::serve(IoThread& thread, Tcp::socket socket,
                                           const Listener& listener) {
  struct Entry {
    Entry(State& state_of, IoThread& thread_of, Connection& connection)
        : state(state_of), home(thread_of) {
      at = home.connections.insert(home.connections.end(), &connection);
      state.open_connections_.Increment();
    }
    ~Entry() {
      home.connections.erase(at);
      state.open_connections_.Decrement();
    }
    State& state;
    IoThread& home;
    std::list<Connection*>::iterator at;
  };
  struct Counted {
    explicit Counted(State& state_of) : state(state_of) {}
    ~Counted() {
      const std::lock_guard lock(state.mutex_);
      if (state.open_.fetch_sub(1) == 1) state.emptied_.notify_all();
    }
    State& state;
  };
  const Counted counted(*this);
  tls::Stream::Session session(nullptr, &SSL_free);
  if (listener.tls) session = listener.tls->new_session();
  if (listener.tls && !session) co_return;
  Connection connection(tls::Stream(std::move(socket), std::move(session)), shared_,
                        listener.pipeline);
  const Entry entry(*this, thread, connection);
  co_await connection.run();
}

asio::awaitable<void> Server::State::sweep(IoThread& thread) {
  const auto interval = sweep_interval(shared_.settings);
  for (;;) {
    thread.sweep.expires_after(interval);
    auto [error] = co_await thread.sweep.async_wait(kToken);
    if (error) co_return;
    const auto now = std::chrono::steady_clock::now();
    for (Connection* connection : thread.connections) connection->check(now);
  }
}

void Server::State::start() {
  is_started_ = true;
  for (auto& listener : listeners_)
    asio::co_spawn(threads_.front()->io, accept(*listener), asio::detached);
  for (auto& thread : threads_) {
    asio::co_spawn(thread->io, sweep(*thread), asio::detached);
    thread->thread = std::thread([&io = thread->io] { io.run(); });
  }
}

template <class Action>
void Server::State::for_each_connection(Action action) {
  for (auto& thread : threads_)
    asio::post(thread->io, [&home = *thread, action] {
      for (Connection* connection : home.connections) action(*connection);
    });
}

bool Server::State::wait_until_empty(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, limit, [this] { return open_.load() == 0; });
}

void Server::State::stop() {
  if (is_stopped_) return;
  is_stopped_ = true;
  shared_.is_draining = true;
  if (is_started_) {
    asio::post(threads_.front()->io, [this] {
      for (auto& listener : listeners_) {
        boost::system::error_code ignored;
        listener->acceptor.close(ignored);
        listener->pause.cancel();
      }
    });
    for_each_connection([](Connection& connection) { connection.drain(); });
    if (!wait_until_empty(shared_.settings.drain_timeout)) {
      for_each_connection([](Connection& connection) { connection.cancel(); });
      wait_until_empty(std::chrono::seconds(1));
    }
  }
  readers_.stop();
  writers_.stop();
  for (auto& thread : threads_) {
    thread->work.reset();
    thread->io.stop();
    if (thread->thread.joinable()) thread->thread.join();
  }
}

Server::Server(const config::HttpSettings& settings, const PoolSettings& pools,
               Dependencies dependencies)
    : state_(std::make_unique<State>(settings, pools, dependencies)) {
  std::signal(SIGPIPE, SIG_IGN);
}

Server::~Server() { stop(); }

Result<std::uint16_t> Server::listen(ListenerOptions options) {
  return state_->listen(std::move(options));
}
void Server::start() { state_->start(); }
void Server::stop() { state_->stop(); }
bool Server::is_draining() const { return state_->is_draining(); }

}  // namespace kap::gateway::transport::http
