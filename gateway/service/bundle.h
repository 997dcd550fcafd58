#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kap::gateway::service {

/// Writes a Bundle by splicing: http://hl7.org/fhir/R4/bundle.html. Links first, then entries.
class BundleWriter {
 public:
  /// `type`: `searchset`, `history`, `batch-response` or `transaction-response`.
  BundleWriter(std::string_view type, std::optional<std::uint64_t> total);

  void add_link(std::string_view relation, std::string_view url);
  /// An entry of a search; `full_url` is empty for an OperationOutcome.
  void add_search_entry(std::string_view full_url, std::string_view json, std::string_view mode);
  /// An entry of a history: the method that made the version (`PUT`, `POST`, `DELETE`), the status
  /// that answered it, and its ETag; `json` is empty for a deletion.
  struct HistoryEntry {
    std::string_view full_url;
    std::string_view json;
    std::string_view method;
    std::string_view request_url;  // relative: `Patient/1`
    std::string_view status;
    std::uint64_t version = 0;
    std::string_view last_modified;  // FHIR instant
  };
  void add_history_entry(const HistoryEntry& entry);

  /// An entry of a batch's or transaction's answer; what is empty is left out.
  struct ResponseEntry {
    std::string_view full_url;
    std::string_view json;
    unsigned status = 200;
    std::string_view location;  // relative: `Patient/1/_history/1`
    std::uint64_t version = 0;
    std::string_view last_modified;  // FHIR instant
    std::string_view outcome;        // an OperationOutcome as JSON
  };
  void add_response_entry(const ResponseEntry& entry);

  [[nodiscard]] std::string finish() &&;
  void reserve(std::size_t bytes) { out_.reserve(bytes); }

 private:
  void open_entry(std::string_view full_url, std::string_view json);

  std::string out_;
  enum class Part : std::uint8_t { kHead, kLinks, kEntries } part_ = Part::kHead;
};

/// Percent-encodes a query's name or value: everything but RFC 3986 unreserved and `:,$|/` of
/// FHIR's own grammar, which readers like to see.
[[nodiscard]] std::string encode_query_part(std::string_view text);

}  // namespace kap::gateway::service
