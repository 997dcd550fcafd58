#include "gateway/transport/tls/stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <string>
#include <utility>

namespace kap::gateway::transport::tls {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kRecordBytes = 16U << 10U;

bool is_blocked() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

Stream::Error system_error() { return {errno, boost::system::system_category()}; }

Stream::Error protocol_error() {
  ERR_clear_error();
  return boost::system::errc::make_error_code(boost::system::errc::protocol_error);
}

}  // namespace

Stream::Stream(Socket socket, Session session)
    : socket_(std::move(socket)), session_(std::move(session)) {
  Error ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  if (session_) SSL_set_fd(session_.get(), socket_.native_handle());
}

asio::awaitable<Stream::Error> Stream::wait(Socket::wait_type what) {
  constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
  auto [error] = co_await socket_.async_wait(what, kToken);
  co_return error;
}

asio::awaitable<Stream::Error> Stream::wait_readable() {
  if (session_ && SSL_has_pending(session_.get()) == 1) co_return Error{};
  auto error = co_await wait(Socket::wait_read);
  co_return error;
}

asio::awaitable<Stream::Error> Stream::handshake() {
  if (!session_) co_return Error{};
  for (;;) {
    ERR_clear_error();
    const int done = SSL_do_handshake(session_.get());
    if (done == 1) co_return Error{};
    const int why = SSL_get_error(session_.get(), done);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) co_return protocol_error();
    const auto what = why == SSL_ERROR_WANT_READ ? Socket::wait_read : Socket::wait_write;
    auto error = co_await wait(what);
    if (error) co_return error;
  }
}

asio::awaitable<std::expected<std::size_t, Stream::Error>> Stream::read_some(
    std::span<char> buffer) {
  for (;;) {
    auto what = Socket::wait_read;
    if (session_) {
      ERR_clear_error();
      std::size_t size = 0;
      const int done = SSL_read_ex(session_.get(), buffer.data(), buffer.size(), &size);
      if (done == 1) co_return size;
      const int why = SSL_get_error(session_.get(), done);
      if (why == SSL_ERROR_ZERO_RETURN) co_return 0U;
      if (why == SSL_ERROR_WANT_WRITE)
        what = Socket::wait_write;
      else if (why != SSL_ERROR_WANT_READ)
        co_return std::unexpected(protocol_error());
    } else {
      const auto size = recv(socket_.native_handle(), buffer.data(), buffer.size(), 0);
      if (size >= 0) co_return static_cast<std::size_t>(size);
      if (!is_blocked()) co_return std::unexpected(system_error());
    }
    auto error = co_await wait(what);
    if (error) co_return std::unexpected(error);
  }
}

asio::awaitable<Stream::Error> Stream::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    auto what = Socket::wait_write;
    if (session_) {
      ERR_clear_error();
      std::size_t size = 0;
      const int done = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &size);
      if (done == 1) {
        bytes.remove_prefix(size);
        continue;
      }
      const int why = SSL_get_error(session_.get(), done);
      if (why == SSL_ERROR_WANT_READ)
        what = Socket::wait_read;
      else if (why != SSL_ERROR_WANT_WRITE)
        co_return protocol_error();
    } else {
      const auto size = send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(size));
        continue;
      }
      if (!is_blocked()) co_return system_error();
    }
    auto error = co_await wait(what);
    if (error) co_return error;
  }
  co_return Error{};
}

asio::awaitable<Stream::Error> Stream::write(std::vector<std::string_view> pieces) {
  std::string gathered;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      // A piece of whole records goes out from where it lies.
      if (gathered.empty() && piece.size() >= kRecordBytes) {
        const std::size_t whole = piece.size() - piece.size() % kRecordBytes;
        const std::string_view direct = piece.substr(0, whole);
        auto error = co_await write_all(direct);
        if (error) co_return error;
        piece.remove_prefix(whole);
        continue;
      }
      const std::size_t size = std::min(piece.size(), kRecordBytes - gathered.size());
      gathered += piece.substr(0, size);
      piece.remove_prefix(size);
      if (gathered.size() < kRecordBytes) continue;
      auto error = co_await write_all(gathered);
      if (error) co_return error;
      gathered.clear();
    }
  }
  auto error = co_await write_all(gathered);
  co_return error;
}

asio::awaitable<void> Stream::close(std::size_t linger) {
  Error ignored;
  if (session_) {
    ERR_clear_error();
    SSL_shutdown(session_.get());
  }
  socket_.shutdown(Socket::shutdown_send, ignored);
  std::array<char, 4096> thrown_away{};
  while (linger > 0) {
    const auto size = recv(socket_.native_handle(), thrown_away.data(), thrown_away.size(), 0);
    if (size == 0 || (size < 0 && !is_blocked())) break;
    if (size > 0) {
      linger -= std::min(linger, static_cast<std::size_t>(size));
      continue;
    }
    auto error = co_await wait(Socket::wait_read);
    if (error) break;
  }
  socket_.close(ignored);
}

void Stream::cancel() {
  Error ignored;
  socket_.cancel(ignored);
}

std::shared_ptr<const PeerCertificate> Stream::peer() const {
  return session_ ? to_peer_certificate(session_.get()) : nullptr;
}

}  // namespace kap::gateway::transport::tls
