#pragma once

#include <openssl/ssl.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "gateway/transport/tls/peer_certificate.h"

namespace kap::gateway::transport::tls {

/// One accepted connection, TLS or, without a session, plain. OpenSSL reads and writes the socket
/// itself and the coroutines only wait until it is ready. Belongs to one thread. Needs SIGPIPE
/// ignored.
class Stream {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Error = boost::system::error_code;
  using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

  explicit Stream(Socket socket, Session session = Session(nullptr, &SSL_free));

  [[nodiscard]] boost::asio::awaitable<Error> handshake();
  /// At least one byte, or 0 at the end of the stream.
  [[nodiscard]] boost::asio::awaitable<std::expected<std::size_t, Error>> read_some(
      std::span<char> buffer);
  /// All pieces, gathered into records of 16 KiB.
  [[nodiscard]] boost::asio::awaitable<Error> write(std::vector<std::string_view> pieces);
  /// Ends our side and, for at most `linger` bytes, throws away what the peer still sends, so that
  /// a reset does not overtake the last response.
  [[nodiscard]] boost::asio::awaitable<void> close(std::size_t linger);
  /// Wakes a waiting coroutine with operation_aborted.
  void cancel();
  /// Waits until bytes can be read, without a buffer of its own.
  [[nodiscard]] boost::asio::awaitable<Error> wait_readable();

  [[nodiscard]] std::shared_ptr<const PeerCertificate> peer() const;
  [[nodiscard]] Socket& socket() { return socket_; }

 private:
  [[nodiscard]] boost::asio::awaitable<Error> wait(Socket::wait_type what);
  [[nodiscard]] boost::asio::awaitable<Error> write_all(std::string_view bytes);

  Socket socket_;
  Session session_;
};

}  // namespace kap::gateway::transport::tls
