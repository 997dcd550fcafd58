#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unordered_set>

#include "fhir/base/result.h"

namespace kap::gateway::clinic_client {

/// SHA-256 of a record's serialized bytes in lower-case hexadecimal.
[[nodiscard]] std::string digest_of(std::string_view record_bytes);

/// Which records the gateway has acknowledged, by the digest of their bytes alone, so that the file
/// names no patient. A record that was changed has another digest and is sent again. Losing the
/// file costs time, never data: the gateway answers a replayed record with its first receipt.
class Journal {
 public:
  /// A journal that remembers nothing.
  Journal() = default;
  /// Reads the file where it exists and appends to it from then on.
  [[nodiscard]] static Result<Journal> open(const std::filesystem::path& path);

  [[nodiscard]] bool has(const std::string& digest) const { return digests_.contains(digest); }
  [[nodiscard]] Status add(const std::string& digest);

 private:
  std::unordered_set<std::string> digests_;
  std::ofstream out_;
  bool on_disk_ = false;
};

}  // namespace kap::gateway::clinic_client
