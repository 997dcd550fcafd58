#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/transport/tls/peer_certificate.h"

namespace kap::gateway::transport::http {

enum class Method : std::uint8_t {
  kGet,
  kHead,
  kPost,
  kPut,
  kPatch,
  kDelete,
  kOptions,
  kOther,
};

[[nodiscard]] Method to_method(std::string_view text);
[[nodiscard]] std::string_view to_text(Method method);

/// Header fields in the order they came; names compare without case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  void add(std::string_view name, std::string_view value) { fields_.emplace_back(name, value); }
  /// The first value of that name, or nullopt.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  /// All values of that name joined with `, ` (RFC 9110 section 5.3); empty when there is none.
  [[nodiscard]] std::string joined(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  [[nodiscard]] const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

/// Equal but for the case of ASCII letters.
[[nodiscard]] bool equals_ignoring_case(std::string_view left, std::string_view right);

/// A decoded `name=value` of a query or a form; a pair without `=` has an empty value.
struct QueryPair {
  std::string name;
  std::string value;
  friend bool operator==(const QueryPair&, const QueryPair&) = default;
};

struct Request {
  Method method = Method::kGet;
  std::string request_id;             // the client's X-Request-Id when it is sane, else ours
  std::vector<std::string> segments;  // of the path, decoded: `/fhir/Patient/1` -> fhir, Patient, 1
  std::vector<QueryPair> query;
  Headers headers;
  std::string body;
  std::shared_ptr<const tls::PeerCertificate> peer;  // null on the listener without mTLS
};

}  // namespace kap::gateway::transport::http
