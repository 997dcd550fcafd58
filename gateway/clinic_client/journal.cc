#include "gateway/clinic_client/journal.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>

namespace kap::gateway::clinic_client {
namespace {

constexpr std::size_t kDigestCharacters = std::size_t{2} * SHA256_DIGEST_LENGTH;

/// A shorter line is a digest cut off: the program was killed while it wrote it.
bool is_digest_or_its_beginning(std::string_view line) {
  return line.size() <= kDigestCharacters &&
         line.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string digest_of(std::string_view record_bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash{};
  SHA256(reinterpret_cast<const unsigned char*>(record_bytes.data()), record_bytes.size(),
         hash.data());
  std::string hex;
  for (const auto byte : hash) hex += fmt::format("{:02x}", byte);
  return hex;
}

Result<Journal> Journal::open(const std::filesystem::path& path) {
  Journal journal;
  bool whole_last_line = true;
  if (std::ifstream in(path); in) {
    std::uint32_t number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      whole_last_line = !in.eof();
      if (!is_digest_or_its_beginning(line))
        return fail(Category::kInvalidRequest, IssueType::kInvalid,
                    fmt::format("{}:{}: not a journal of kap-clinic; give --resume another file",
                                path.string(), number));
      if (line.size() == kDigestCharacters) journal.digests_.insert(std::move(line));
    }
  }
  journal.out_.open(path, std::ios::app);
  if (!whole_last_line) journal.out_ << '\n' << std::flush;
  if (!journal.out_)
    return fail(Category::kInvalidRequest, IssueType::kProcessing,
                fmt::format("{}: cannot be written", path.string()));
  journal.on_disk_ = true;
  return journal;
}

Status Journal::add(const std::string& digest) {
  if (!on_disk_ || !digests_.insert(digest).second) return {};
  out_ << digest << '\n' << std::flush;
  if (!out_)
    return fail(Category::kUnavailable, IssueType::kNoStore, "the journal cannot be written");
  return {};
}

}  // namespace kap::gateway::clinic_client
