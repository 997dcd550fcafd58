#include "gateway/transport/http/content_coding.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include "gateway/transport/http/gzip.h"
#include "gateway/transport/http/negotiation.h"

namespace kap::gateway::transport::http {
namespace {

constexpr std::size_t kPieceBytes = 32U << 10U;  // of what has been compressed

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The quality of `;q=0.5`; 1 where there is none or none that can be read.
double quality_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t end = parameters.find(';');
    const std::string_view one = trimmed(parameters.substr(0, end));
    parameters = end == std::string_view::npos ? std::string_view{} : parameters.substr(end + 1);
    if (one.size() < 3 || (one[0] != 'q' && one[0] != 'Q') || one[1] != '=') continue;
    double value = 1;
    const auto [at, error] = std::from_chars(one.data() + 2, one.data() + one.size(), value);
    if (error == std::errc{} && at == one.data() + one.size() && value >= 0 && value <= 1)
      return value;
  }
  return 1;
}

struct Wishes {
  std::optional<double> gzip;
  std::optional<double> identity;
  std::optional<double> any;
};

Wishes parse_wishes(std::string_view header) {
  Wishes wishes;
  while (!header.empty()) {
    const std::size_t end = header.find(',');
    const std::string_view one = header.substr(0, end);
    header = end == std::string_view::npos ? std::string_view{} : header.substr(end + 1);
    const std::size_t name_end = one.find(';');
    const std::string_view name = trimmed(one.substr(0, name_end));
    const double quality =
        name_end == std::string_view::npos ? 1 : quality_of(one.substr(name_end + 1));
    if (equals_ignoring_case(name, "gzip") || equals_ignoring_case(name, "x-gzip"))
      wishes.gzip = quality;
    else if (equals_ignoring_case(name, "identity"))
      wishes.identity = quality;
    else if (name == "*")
      wishes.any = quality;
  }
  return wishes;
}

/// What compresses; an answer of another type goes as it is unless that is refused.
bool is_text(const Response& response) {
  static constexpr std::array<std::string_view, 5> kTypes = {
      "application/fhir+json", "application/fhir+ndjson", "application/json", "text/json",
      "text/html"};
  const auto type = std::ranges::find_if(response.headers, [](const auto& header) {
    return equals_ignoring_case(header.first, "Content-Type");
  });
  return type != response.headers.end() &&
         std::ranges::find(kTypes, media_type(type->second)) != kTypes.end();
}

bool has_body(const Response& response) {
  return response.source != nullptr || !response.body.empty();
}

bool is_worth_it(const Response& response, const CodingOptions& options) {
  return has_body(response) && is_text(response) &&
         (response.source != nullptr || response.body.size() >= options.min_bytes);
}

/// Compresses another source as it is read.
class GzipSource final : public BodySource {
 public:
  GzipSource(std::shared_ptr<BodySource> plain, int level)
      : plain_(std::move(plain)), gzip_(level) {}

  Result<std::string> next() override {
    std::string out;
    while (!is_done_ && out.size() < kPieceBytes) {
      KAP_TRY(const std::string piece, plain_->next());
      is_done_ = piece.empty();
      if (is_done_)
        gzip_.finish(out);
      else
        gzip_.add(piece, out);
    }
    return out;
  }

 private:
  std::shared_ptr<BodySource> plain_;
  Gzip gzip_;
  bool is_done_ = false;
};

}  // namespace

std::optional<Coding> negotiate_coding(const Headers& headers, Gzipping gzipping) {
  if (headers.count("Accept-Encoding") == 0) return Coding::kIdentity;
  const Wishes wishes = parse_wishes(headers.joined("Accept-Encoding"));
  const double gzip = gzipping == Gzipping::kOn ? wishes.gzip.value_or(wishes.any.value_or(0)) : 0;
  // Without a word about it, identity is acceptable, but nothing that was named is less so.
  const bool takes_identity = wishes.identity.value_or(wishes.any.value_or(1)) > 0;
  if (!takes_identity) {
    if (gzip > 0) return Coding::kGzipDemanded;
    return std::nullopt;
  }
  return gzip > 0 && gzip >= wishes.identity.value_or(0) ? Coding::kGzip : Coding::kIdentity;
}

bool is_coded(const Response& response, Coding coding, const CodingOptions& options) {
  if (coding == Coding::kIdentity) return false;
  return coding == Coding::kGzipDemanded ? has_body(response) : is_worth_it(response, options);
}

void apply_coding(Response& response, const CodingOptions& options) {
  if (response.source != nullptr) {
    response.source = std::make_shared<GzipSource>(std::move(response.source), options.level);
  } else {
    std::string out;
    Gzip gzip(options.level);
    for (const std::string_view piece : response.body.pieces()) gzip.add(piece, out);
    gzip.finish(out);
    response.body = Body(std::move(out));
  }
  response.with("Content-Encoding", "gzip");
}

void add_vary(Response& response, const CodingOptions& options) {
  if (is_worth_it(response, options)) response.with("Vary", "Accept-Encoding");
}

}  // namespace kap::gateway::transport::http
