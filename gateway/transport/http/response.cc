#include "gateway/transport/http/response.h"

#include <array>

namespace kap::gateway::transport::http {

void Body::append(std::string text) {
  size_ += text.size();
  pieces_.emplace_back(std::move(text));
}

void Body::append_constant(std::string_view text) {
  size_ += text.size();
  pieces_.emplace_back(text);
}

void Body::append_shared(std::shared_ptr<const void> owner, std::string_view text) {
  size_ += text.size();
  pieces_.emplace_back(Shared{std::move(owner), text});
}

std::vector<std::string_view> Body::pieces() const {
  std::vector<std::string_view> views;
  views.reserve(pieces_.size());
  for (const auto& piece : pieces_) {
    if (const auto* text = std::get_if<std::string>(&piece))
      views.emplace_back(*text);
    else if (const auto* view = std::get_if<std::string_view>(&piece))
      views.push_back(*view);
    else
      views.push_back(std::get<Shared>(piece).text);
  }
  return views;
}

std::string Body::to_string() const {
  std::string all;
  all.reserve(size_);
  for (const std::string_view piece : pieces()) all += piece;
  return all;
}

std::string_view reason_phrase(unsigned status) {
  static constexpr std::array<std::pair<unsigned, std::string_view>, 27> kPhrases = {
      {{200, "OK"},
       {201, "Created"},
       {202, "Accepted"},
       {204, "No Content"},
       {304, "Not Modified"},
       {400, "Bad Request"},
       {401, "Unauthorized"},
       {403, "Forbidden"},
       {404, "Not Found"},
       {405, "Method Not Allowed"},
       {406, "Not Acceptable"},
       {408, "Request Timeout"},
       {409, "Conflict"},
       {410, "Gone"},
       {412, "Precondition Failed"},
       {413, "Content Too Large"},
       {414, "URI Too Long"},
       {415, "Unsupported Media Type"},
       {417, "Expectation Failed"},
       {422, "Unprocessable Content"},
       {429, "Too Many Requests"},
       {431, "Request Header Fields Too Large"},
       {500, "Internal Server Error"},
       {501, "Not Implemented"},
       {503, "Service Unavailable"},
       {504, "Gateway Timeout"},
       {505, "HTTP Version Not Supported"}}};
  for (const auto& [code, phrase] : kPhrases)
    if (code == status) return phrase;
  return "Unknown";
}

}  // namespace kap::gateway::transport::http
