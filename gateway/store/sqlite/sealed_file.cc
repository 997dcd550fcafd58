// https://sqlite.org/fileformat2.html, section 4.1 for the log's layout.
#include "gateway/store/sqlite/sealed_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>

namespace kap::gateway::store::sqlite {
namespace {

constexpr sqlite3_int64 kLogHeaderBytes = 32;
constexpr sqlite3_int64 kFrameHeaderBytes = 24;
constexpr auto kPage = static_cast<sqlite3_int64>(kPageBytes);
constexpr sqlite3_int64 kFrameBytes = kFrameHeaderBytes + kPage;

using PageBuffer = std::array<std::uint8_t, kPageBytes>;

SealedFile& self(sqlite3_file* file) { return *reinterpret_cast<SealedFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return self(file).real(); }
const sqlite3_io_methods& methods(sqlite3_file* file) { return *real(file)->pMethods; }

/// Says where a page of the database stands.
struct PagePlace {
  std::array<std::uint8_t, 9> bytes{'d'};
  explicit PagePlace(sqlite3_int64 offset) {
    for (std::size_t i = 0; i < 8; ++i)
      bytes[i + 1] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(offset) >> (8 * i));
  }
};

/// Says which frame of the log a page is in.
struct FramePlace {
  std::array<std::uint8_t, 17> bytes{'l'};
  explicit FramePlace(const SealedFile::FrameHeader& header) {
    std::ranges::copy(header, bytes.begin() + 1);
  }
};

int read_real(sqlite3_file* file, void* out, sqlite3_int64 size, sqlite3_int64 offset) {
  return methods(file).xRead(real(file), out, static_cast<int>(size), offset);
}

bool is_blank(const PageBuffer& page) {
  return std::ranges::all_of(page, [](std::uint8_t byte) { return byte == 0; });
}

/// A page that is not what was sealed for its place. The errno tells it from a fault of the disk.
int refuse_page() {
  errno = EBADMSG;
  return SQLITE_IOERR_DATA;
}

/// The page at `offset`, opened. A page that was never written (a gap in the file) is zeros.
int read_page(sqlite3_file* file, sqlite3_int64 offset, PageBuffer& plain) {
  PageBuffer sealed;
  const int code = read_real(file, sealed.data(), kPage, offset);
  if (code != SQLITE_OK) {
    plain.fill(0);
    return code;
  }
  if (self(file).cipher->open(sealed, PagePlace(offset).bytes, plain)) return SQLITE_OK;
  if (!is_blank(sealed)) return refuse_page();
  plain.fill(0);
  return SQLITE_OK;
}

int read_database(sqlite3_file* file, std::uint8_t* out, sqlite3_int64 size, sqlite3_int64 offset) {
  PageBuffer plain;
  while (size > 0) {
    const sqlite3_int64 start = offset / kPage * kPage;
    const sqlite3_int64 taken = std::min(size, start + kPage - offset);
    const int code = read_page(file, start, plain);
    if (code != SQLITE_OK) {
      std::memset(out, 0, static_cast<std::size_t>(size));
      return code;
    }
    std::memcpy(out, plain.data() + (offset - start), static_cast<std::size_t>(taken));
    out += taken;
    offset += taken;
    size -= taken;
  }
  return SQLITE_OK;
}

/// The page of the frame that starts at `frame`. One that does not open comes back as zeros where
/// its header is read with it, as SQLite does when it recovers the log: the checksum in the header
/// then fails, and the log ends there, as it does after a write that a crash cut off.
int read_frame(sqlite3_file* file, sqlite3_int64 frame, bool is_recovery, PageBuffer& plain) {
  std::array<std::uint8_t, kFrameBytes> sealed;
  const int code = read_real(file, sealed.data(), kFrameBytes, frame);
  plain.fill(0);
  if (code != SQLITE_OK) return code;
  SealedFile::FrameHeader header;
  std::copy_n(sealed.begin(), header.size(), header.begin());
  const PageCipher::ConstPage page(sealed.data() + kFrameHeaderBytes, kPageBytes);
  if (self(file).cipher->open(page, FramePlace(header).bytes, plain)) return SQLITE_OK;
  plain.fill(0);
  return is_recovery ? SQLITE_OK : refuse_page();
}

int read_log(sqlite3_file* file, std::uint8_t* out, sqlite3_int64 size, sqlite3_int64 offset) {
  PageBuffer plain;
  bool has_header = false;
  while (size > 0) {
    const sqlite3_int64 frame =
        offset < kLogHeaderBytes
            ? 0
            : kLogHeaderBytes + (offset - kLogHeaderBytes) / kFrameBytes * kFrameBytes;
    const sqlite3_int64 text =
        offset < kLogHeaderBytes ? kLogHeaderBytes : frame + kFrameHeaderBytes;
    sqlite3_int64 taken = 0;
    if (offset < text) {
      taken = std::min(size, text - offset);
      const int code = read_real(file, out, taken, offset);
      if (code != SQLITE_OK) return code;
      has_header = offset >= kLogHeaderBytes && offset == frame;
    } else {
      taken = std::min(size, text + kPage - offset);
      const int code = read_frame(file, frame, has_header, plain);
      if (code != SQLITE_OK) {
        std::memset(out, 0, static_cast<std::size_t>(size));
        return code;
      }
      std::memcpy(out, plain.data() + (offset - text), static_cast<std::size_t>(taken));
      has_header = false;
    }
    out += taken;
    offset += taken;
    size -= taken;
  }
  return SQLITE_OK;
}

int read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  auto* bytes = static_cast<std::uint8_t*>(out);
  switch (self(file).kind) {
    case SealedFile::Kind::kDatabase:
      return read_database(file, bytes, size, offset);
    case SealedFile::Kind::kLog:
      return read_log(file, bytes, size, offset);
    case SealedFile::Kind::kPlain:
      break;
  }
  return read_real(file, out, size, offset);
}

/// Seals one page. What SQLite keeps in the reserved bytes must be zeros, because zeros are what it
/// gets back, and its checksums cover them.
int write_page(sqlite3_file* file, const void* page, crypto::Bytes place, sqlite3_int64 offset) {
  const PageCipher::ConstPage plain(static_cast<const std::uint8_t*>(page), kPageBytes);
  const auto reserved = plain.last<PageCipher::kReservedBytes>();
  if (std::ranges::any_of(reserved, [](std::uint8_t byte) { return byte != 0; }))
    return SQLITE_IOERR_WRITE;
  PageBuffer sealed;
  self(file).cipher->seal(plain, place, sealed);
  return methods(file).xWrite(real(file), sealed.data(), static_cast<int>(kPageBytes), offset);
}

int write_log(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  auto& sealed = self(file);
  if (offset == 0 && size == kLogHeaderBytes)
    return methods(file).xWrite(real(file), data, size, offset);
  const sqlite3_int64 in_frame = (offset - kLogHeaderBytes) % kFrameBytes;
  if (offset >= kLogHeaderBytes && in_frame == 0 && size == kFrameHeaderBytes) {
    std::memcpy(sealed.header.data(), data, sealed.header.size());
    sealed.header_at = offset;
    return methods(file).xWrite(real(file), data, size, offset);
  }
  if (offset < kLogHeaderBytes || in_frame != kFrameHeaderBytes ||
      size != static_cast<int>(kPageBytes))
    return SQLITE_IOERR_WRITE;
  // A page that one transaction writes twice is replaced in its frame, whose header stays.
  const sqlite3_int64 frame = offset - kFrameHeaderBytes;
  if (sealed.header_at != frame) {
    const int code = read_real(file, sealed.header.data(),
                               static_cast<sqlite3_int64>(sealed.header.size()), frame);
    if (code != SQLITE_OK) return SQLITE_IOERR_WRITE;
    sealed.header_at = frame;
  }
  return write_page(file, data, FramePlace(sealed.header).bytes, offset);
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  switch (self(file).kind) {
    case SealedFile::Kind::kDatabase:
      if (offset % kPage != 0 || size != static_cast<int>(kPageBytes)) return SQLITE_IOERR_WRITE;
      return write_page(file, data, PagePlace(offset).bytes, offset);
    case SealedFile::Kind::kLog:
      return write_log(file, data, size, offset);
    case SealedFile::Kind::kPlain:
      break;
  }
  return methods(file).xWrite(real(file), data, size, offset);
}

int close(sqlite3_file* file) {
  const int code = methods(file).xClose(real(file));
  file->pMethods = nullptr;
  return code;
}

int file_control(sqlite3_file* file, int operation, void* argument) {
  return methods(file).xFileControl(real(file), operation, argument);
}

/// A batch of pages that the file system writes at once would pass by xWrite's checks.
int device_characteristics(sqlite3_file* file) {
  return methods(file).xDeviceCharacteristics(real(file)) & ~SQLITE_IOCAP_BATCH_ATOMIC;
}

constexpr sqlite3_io_methods kMethods = {
    // Version 2 has no xFetch: a page in mapped memory would be read as it is sealed.
    .iVersion = 2,
    .xClose = &close,
    .xRead = &read,
    .xWrite = &write,
    .xTruncate = [](sqlite3_file* f, sqlite3_int64 n) { return methods(f).xTruncate(real(f), n); },
    .xSync = [](sqlite3_file* f, int flags) { return methods(f).xSync(real(f), flags); },
    .xFileSize = [](sqlite3_file* f, sqlite3_int64* n) { return methods(f).xFileSize(real(f), n); },
    .xLock = [](sqlite3_file* f, int level) { return methods(f).xLock(real(f), level); },
    .xUnlock = [](sqlite3_file* f, int level) { return methods(f).xUnlock(real(f), level); },
    .xCheckReservedLock = [](sqlite3_file* f,
                             int* out) { return methods(f).xCheckReservedLock(real(f), out); },
    .xFileControl = &file_control,
    .xSectorSize = [](sqlite3_file* f) { return methods(f).xSectorSize(real(f)); },
    .xDeviceCharacteristics = &device_characteristics,
    .xShmMap =
        [](sqlite3_file* f, int region, int size, int extend, void volatile** out) {
          return methods(f).xShmMap(real(f), region, size, extend, out);
        },
    .xShmLock = [](sqlite3_file* f, int offset, int count,
                   int flags) { return methods(f).xShmLock(real(f), offset, count, flags); },
    .xShmBarrier = [](sqlite3_file* f) { methods(f).xShmBarrier(real(f)); },
    .xShmUnmap = [](sqlite3_file* f, int remove) { return methods(f).xShmUnmap(real(f), remove); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

}  // namespace

const sqlite3_io_methods* sealed_file_methods() { return &kMethods; }

}  // namespace kap::gateway::store::sqlite
