#include "gateway/service/bundle.h"

#include <fmt/format.h>

#include "fhir/json/print.h"

namespace kap::gateway::service {
namespace {

constexpr bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~:,$/").contains(c);
}

}  // namespace

BundleWriter::BundleWriter(std::string_view type, std::optional<std::uint64_t> total) {
  out_ = R"({"resourceType":"Bundle","type":")";
  out_ += type;
  out_ += '"';
  if (total) out_ += fmt::format(R"(,"total":{})", *total);
}

void BundleWriter::add_link(std::string_view relation, std::string_view url) {
  out_ += part_ == Part::kHead ? R"(,"link":[)" : ",";
  part_ = Part::kLinks;
  out_ += R"({"relation":")";
  out_ += relation;
  out_ += R"(","url":)";
  fhir::json::print_string(url, out_);
  out_ += '}';
}

void BundleWriter::open_entry(std::string_view full_url, std::string_view json) {
  if (part_ == Part::kLinks) out_ += ']';
  out_ += part_ == Part::kEntries ? ",{" : R"(,"entry":[{)";
  part_ = Part::kEntries;
  if (!full_url.empty()) {
    out_ += R"("fullUrl":)";
    fhir::json::print_string(full_url, out_);
    out_ += ',';
  }
  if (!json.empty()) {
    out_ += R"("resource":)";
    out_ += json;
    out_ += ',';
  }
}

void BundleWriter::add_search_entry(std::string_view full_url, std::string_view json,
                                    std::string_view mode) {
  open_entry(full_url, json);
  out_ += R"("search":{"mode":")";
  out_ += mode;
  out_ += "\"}}";
}

void BundleWriter::add_history_entry(const HistoryEntry& entry) {
  open_entry(entry.full_url, entry.json);
  out_ +=
      fmt::format(R"("request":{{"method":"{}","url":"{}"}},)", entry.method, entry.request_url);
  out_ += fmt::format(R"("response":{{"status":"{}","etag":"W/\"{}\"","lastModified":"{}"}}}})",
                      entry.status, entry.version, entry.last_modified);
}

void BundleWriter::add_response_entry(const ResponseEntry& entry) {
  open_entry(entry.full_url, entry.json);
  out_ += fmt::format(R"("response":{{"status":"{}")", entry.status);
  if (!entry.location.empty()) {
    out_ += R"(,"location":)";
    fhir::json::print_string(entry.location, out_);
  }
  if (entry.version != 0) out_ += fmt::format(R"(,"etag":"W/\"{}\"")", entry.version);
  if (!entry.last_modified.empty())
    out_ += fmt::format(R"(,"lastModified":"{}")", entry.last_modified);
  if (!entry.outcome.empty()) {
    out_ += R"(,"outcome":)";
    out_ += entry.outcome;
  }
  out_ += "}}";
}

std::string BundleWriter::finish() && {
  if (part_ != Part::kHead) out_ += ']';
  out_ += '}';
  return std::move(out_);
}

std::string encode_query_part(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_plain(c))
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace kap::gateway::service
