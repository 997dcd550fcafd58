#pragma once

#include <sqlite3.h>

#include <array>
#include <cstdint>

#include "gateway/store/sqlite/page_cipher.h"

namespace kap::gateway::store::sqlite {

/// What an EncryptedVfs gives SQLite as a file; the default VFS's own file lies behind it in the
/// same allocation. SQLite zeroes nothing and runs no constructor, so it is a plain structure.
struct SealedFile {
  enum class Kind : std::uint8_t { kDatabase, kLog, kPlain };
  /// Of a frame of the log: page number, size after a commit, two salts.
  using FrameHeader = std::array<std::uint8_t, 16>;

  sqlite3_file base;
  PageCipher* cipher;
  Kind kind;
  sqlite3_int64 header_at;  // of the frame header that was written last; -1: none
  FrameHeader header;

  [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

/// The methods of a SealedFile.
[[nodiscard]] const sqlite3_io_methods* sealed_file_methods();

}  // namespace kap::gateway::store::sqlite
