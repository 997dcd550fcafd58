#include "gateway/transport/http/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gateway/transport/http/error_response.h"

namespace kap::gateway::transport::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kReadBytes = 16U << 10U;
constexpr std::size_t kChunkHeadBytes = 8U << 10U;
constexpr std::size_t kTurn = 16;  // requests before another connection gets its turn
/// What a peer may still send after the last response, and how long, before it is cut off.
constexpr std::size_t kLingerBytes = 16U << 20U;
constexpr std::chrono::milliseconds kLingerTime{2000};

/// The Date header's text, made once a second.
const std::string& http_date(Instant now) {
  thread_local std::string text;
  thread_local std::int64_t second = -1;
  const auto current =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (current != second) {
    second = current;
    text = to_http_date(now);
  }
  return text;
}

std::string encode_head(const Response& response, Instant now, bool takes_chunks, bool keep_alive) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                                 reason_phrase(response.status), http_date(now));
  for (const auto& [name, value] : response.headers) {
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
  }
  if (response.source == nullptr && response.status != 204 && response.status != 304)
    head += fmt::format("Content-Length: {}\r\n", response.body.size());
  if (response.source != nullptr && takes_chunks) head += "Transfer-Encoding: chunked\r\n";
  if (!keep_alive) head += "Connection: close\r\n";
  head += "\r\n";
  return head;
}

Outcome overload() {
  return {Category::kUnavailable, IssueType::kThrottled,
          "the server has more requests than it can work on; try again"};
}

Outcome no_coding() {
  return {Category::kNotAcceptable, IssueType::kNotSupported,
          "Accept-Encoding accepts none of the codings to be had here: identity, gzip"};
}

CodingOptions coding_options(const config::HttpSettings& settings) {
  return {.level = static_cast<int>(settings.gzip_level), .min_bytes = settings.gzip_min_bytes};
}

}  // namespace

/// A request's share of the memory that all bodies together may take.
class Connection::BodyBudget {
 public:
  explicit BodyBudget(Shared& shared) : shared_(shared) {}
  ~BodyBudget() { shared_.buffered_body_bytes.fetch_sub(held_, std::memory_order_relaxed); }
  BodyBudget(const BodyBudget&) = delete;
  BodyBudget& operator=(const BodyBudget&) = delete;

  [[nodiscard]] bool hold(std::size_t bytes) {
    if (bytes <= held_) return true;
    const std::size_t more = bytes - held_;
    const std::size_t before =
        shared_.buffered_body_bytes.fetch_add(more, std::memory_order_relaxed);
    held_ = bytes;
    return before + more <= shared_.settings.max_buffered_body_bytes;
  }

 private:
  Shared& shared_;
  std::size_t held_ = 0;
};

Connection::Connection(tls::Stream stream, Shared& shared, const Pipeline& pipeline)
    : stream_(std::move(stream)), shared_(shared), pipeline_(pipeline) {}

void Connection::enter(Phase phase, std::chrono::milliseconds timeout) {
  phase_ = phase;
  deadline_ = timeout == std::chrono::milliseconds::max()
                  ? TimePoint::max()
                  : std::chrono::steady_clock::now() + timeout;
}

void Connection::check(TimePoint now) {
  if (now < deadline_) return;
  is_expired_ = true;
  deadline_ = TimePoint::max();
  stream_.cancel();
}

void Connection::drain() {
  if (phase_ == Phase::kIdle || phase_ == Phase::kHandshake) cancel();
}

void Connection::cancel() {
  is_expired_ = true;
  is_cancelled_ = true;
  stream_.cancel();
}

asio::awaitable<std::expected<std::size_t, Fault>> Connection::fill() {
  const std::size_t before = input_.size();
  input_.resize(before + kReadBytes);
  const std::span<char> room(input_.data() + before, kReadBytes);
  auto size = co_await stream_.read_some(room);
  input_.resize(before + size.value_or(0));
  if (size) co_return *size;
  if (is_expired_) co_return std::unexpected(Fault{408, "the request took too long to arrive"});
  co_return 0U;  // a reset is an end too
}

/// False when the connection ended or was closed for its idleness.
asio::awaitable<bool> Connection::wait_for_request() {
  enter(Phase::kIdle, shared_.settings.idle_timeout);
  for (;;) {
    // An empty line before a request is forgiven (RFC 9112 section 2.2).
    while (input_.starts_with("\r\n")) input_.erase(0, 2);
    if (!input_.empty() && input_ != "\r") co_return true;
    if (shared_.is_draining.load(std::memory_order_relaxed)) co_return false;
    if (input_.empty()) {
      if (input_.capacity() > kReadBytes) std::string().swap(input_);
      auto error = co_await stream_.wait_readable();
      if (error) co_return false;
    }
    auto size = co_await fill();
    if (!size || *size == 0) co_return false;
  }
}

asio::awaitable<Connection::Received> Connection::receive_head() {
  using Kind = Received::Kind;
  auto is_there = co_await wait_for_request();
  if (!is_there) co_return Received{.kind = Kind::kClosed, .head = {}, .fault = {}};
  enter(Phase::kHead, shared_.settings.header_timeout);
  HeadScanner scanner(shared_.settings.max_header_bytes);
  for (;;) {
    auto end = scanner.scan(input_);
    if (!end) co_return Received{.kind = Kind::kFault, .head = {}, .fault = std::move(end).error()};
    if (*end) {
      auto head = parse_head(std::string_view(input_).substr(0, **end));
      input_.erase(0, **end);
      if (!head)
        co_return Received{.kind = Kind::kFault, .head = {}, .fault = std::move(head).error()};
      co_return Received{.kind = Kind::kHead, .head = *std::move(head), .fault = {}};
    }
    auto size = co_await fill();
    if (!size)
      co_return Received{.kind = Kind::kFault, .head = {}, .fault = std::move(size).error()};
    if (*size == 0) {
      co_return Received{
          .kind = Kind::kFault, .head = {}, .fault = {400, "the request ended within its headers"}};
    }
  }
}

asio::awaitable<std::expected<void, Fault>> Connection::receive_body(const Head& head,
                                                                     std::size_t limit,
                                                                     BodyBudget& budget,
                                                                     std::string& body) {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  enter(Phase::kBody, shared_.settings.body_timeout);
  if (head.expects_continue && input_.empty()) {
    std::vector<std::string_view> pieces{kContinue};
    auto error = co_await stream_.write(std::move(pieces));
    if (error) co_return std::unexpected(Fault{400, "the connection broke"});
  }
  ChunkedBody chunks(limit);
  const std::size_t length = head.content_length.value_or(0);
  for (;;) {
    if (head.is_chunked) {
      auto taken = chunks.feed(input_, body);
      if (!taken) co_return std::unexpected(std::move(taken).error());
      input_.erase(0, *taken);
      if (chunks.is_done()) co_return std::expected<void, Fault>{};
      if (input_.size() > kChunkHeadBytes + kReadBytes)
        co_return std::unexpected(Fault{400, "a chunk's head or the trailer is too long"});
    } else {
      const std::size_t taken = std::min(length - body.size(), input_.size());
      body.append(input_, 0, taken);
      input_.erase(0, taken);
      if (body.size() == length) co_return std::expected<void, Fault>{};
    }
    if (!budget.hold(body.capacity() + kReadBytes))
      co_return std::unexpected(Fault{503, "too many bodies are on their way; try again shortly"});
    auto size = co_await fill();
    if (!size) co_return std::unexpected(std::move(size).error());
    if (*size == 0) co_return std::unexpected(Fault{400, "the request ended within its body"});
  }
}

asio::awaitable<Response> Connection::execute(const Request& request, const Admission& admission) {
  const Execution execution = admission.match.route->execution;
  if (execution == Execution::kInline) co_return pipeline_.handle(request, admission);
  enter(Phase::kHandling, std::chrono::milliseconds::max());
  auto work = [&] { return pipeline_.handle(request, admission); };
  WorkerPool& pool = execution == Execution::kWriting ? shared_.writers : shared_.readers;
  auto response = co_await run_pooled(pool, work);
  if (response) co_return *std::move(response);
  co_return to_response(overload());
}

asio::awaitable<Response> Connection::respond(const Request& request, const Admission& admission,
                                              Coding coding) {
  auto response = co_await execute(request, admission);
  const CodingOptions options = coding_options(shared_.settings);
  if (options.level > 0) add_vary(response, options);
  if (!is_coded(response, coding, options)) co_return response;
  enter(Phase::kHandling, std::chrono::milliseconds::max());
  auto work = [&] {
    apply_coding(response, options);
    return true;
  };
  // The work has been done, so the answer is not given up for want of a thread.
  auto done = co_await run_pooled(shared_.readers, work, WorkerPool::Posting::kContinues);
  if (!done && coding == Coding::kGzipDemanded) co_return to_response(overload());
  co_return response;
}

asio::awaitable<bool> Connection::serve(Head head) {
  const auto start = std::chrono::steady_clock::now();
  Request request;
  request.peer = peer_;
  BodyBudget budget(shared_);
  Response response;
  Sending sending{
      .request = request, .takes_chunks = head.takes_chunks, .keep_alive = head.keep_alive};
  auto admission = pipeline_.admit(head, request);
  const auto gzipping = shared_.settings.gzip_level > 0 ? Gzipping::kOn : Gzipping::kOff;
  const auto coding = negotiate_coding(head.headers, gzipping);
  if (!admission || !coding) {
    response = admission ? to_response(no_coding()) : std::move(admission).error();
    // Its body is not read, so the next request's start is unknown.
    sending.keep_alive = sending.keep_alive && !head.has_body();
  } else {
    sending.route = admission->match.route;
    const std::size_t limit =
        std::min<std::size_t>(admission->max_body_bytes, shared_.settings.max_body_bytes);
    std::expected<void, Fault> body;
    if (head.content_length.value_or(0) > limit) {
      body = std::unexpected(Fault{413, "the body is larger than this server takes"});
    } else if (head.has_body()) {
      body = co_await receive_body(head, limit, budget, request.body);
    }
    if (body) {
      response = co_await respond(request, *admission, *coding);
    } else {
      response = to_response(body.error());
      sending.keep_alive = false;
    }
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  pipeline_.finish(request, sending.route, seconds.count(), response);
  const bool is_delimited = response.source == nullptr || head.takes_chunks;
  sending.keep_alive =
      sending.keep_alive && is_delimited && !shared_.is_draining.load(std::memory_order_relaxed);
  auto sent = co_await send(response, sending);
  co_return sent&& sending.keep_alive;
}

asio::awaitable<bool> Connection::send(const Response& response, Sending how) {
  enter(Phase::kWriting, shared_.settings.write_timeout);
  is_expired_ = false;
  const std::string head =
      encode_head(response, shared_.clock.now(), how.takes_chunks, how.keep_alive);
  std::vector<std::string_view> pieces{head};
  const bool has_body =
      how.request.method != Method::kHead && response.status != 204 && response.status != 304;
  if (has_body) {
    const auto body = response.body.pieces();
    pieces.insert(pieces.end(), body.begin(), body.end());
  }
  auto error = co_await stream_.write(std::move(pieces));
  if (error || !has_body || response.source == nullptr) co_return !error;
  auto sent = co_await send_source(*response.source, how);
  is_cut_ = !sent;
  co_return sent;
}

/// Pulls a piece, writes it, and only then pulls the next. The write time-out is each piece's own:
/// a reader too slow for one piece is cut off, one that keeps up may take all day.
asio::awaitable<bool> Connection::send_source(BodySource& source, Sending how) {
  static constexpr std::string_view kLastChunk = "0\r\n\r\n";
  auto pull = [&] { return pipeline_.pull(how.request, *how.route, source); };
  for (bool goes_on = true; goes_on;) {
    enter(Phase::kHandling, std::chrono::milliseconds::max());
    auto pulled = co_await run_pooled(shared_.readers, pull, WorkerPool::Posting::kContinues);
    if (is_cancelled_ || !pulled || !*pulled) co_return false;
    const std::string& piece = **pulled;
    goes_on = !piece.empty();
    std::string chunk_head;
    std::vector<std::string_view> pieces;
    if (how.takes_chunks && goes_on) {
      chunk_head = fmt::format("{:x}\r\n", piece.size());
      pieces = {chunk_head, piece, "\r\n"};
    } else {
      pieces = {how.takes_chunks ? kLastChunk : std::string_view(piece)};
    }
    enter(Phase::kWriting, shared_.settings.write_timeout);
    auto error = co_await stream_.write(std::move(pieces));
    if (error) co_return false;
  }
  co_return true;
}

asio::awaitable<void> Connection::run() {
  enter(Phase::kHandshake, shared_.settings.handshake_timeout);
  auto error = co_await stream_.handshake();
  if (error) co_return;
  peer_ = stream_.peer();
  const auto executor = stream_.socket().get_executor();
  const asio::use_awaitable_t<> token;
  std::size_t served = 0;
  for (bool goes_on = true; goes_on;) {
    // Pipelined requests may never have to wait for the socket; others want the thread, too.
    if (++served % kTurn == 0) {
      co_await asio::post(executor, token);
    }
    auto received = co_await receive_head();
    if (received.kind == Received::Kind::kClosed) break;
    if (received.kind == Received::Kind::kFault) {
      const Request unknown;
      Response response = to_response(received.fault);
      pipeline_.finish(unknown, nullptr, 0, response);
      const Connection::Sending sending{.request = unknown};
      auto sent = co_await send(response, sending);
      if (!sent) co_return;
      break;
    }
    goes_on = co_await serve(std::move(received.head));
    if (is_cut_) co_return;
  }
  enter(Phase::kClosing, kLingerTime);
  const std::size_t linger = kLingerBytes;
  co_await stream_.close(linger);
}

}  // namespace kap::gateway::transport::http
