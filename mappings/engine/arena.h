#pragma once

#include <cstddef>
#include <memory>
#include <memory_resource>
#include <vector>

namespace kap::mappings {

/// A monotonic arena that keeps its blocks when it is reset, so that a thread which maps one record
/// after the other works in warm memory.
class Arena final : public std::pmr::memory_resource {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  [[nodiscard]] void* bump(std::size_t bytes, std::size_t alignment) {
    const std::size_t at = (used_ + alignment - 1) & ~(alignment - 1);
    if (at + bytes > size_) return slow(bytes);
    used_ = at + bytes;
    return data_ + at;
  }

  /// Everything allocated before is gone; blocks beyond `kKept` bytes are given back.
  void reset();

 private:
  static constexpr std::size_t kBlock = 256U << 10U;
  static constexpr std::size_t kKept = 4U << 20U;

  struct Block {
    std::unique_ptr<std::byte[]> data;
    std::size_t size = 0;
  };

  void* slow(std::size_t bytes);
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    return bump(bytes, alignment);
  }
  void do_deallocate(void*, std::size_t, std::size_t) override {}
  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  std::vector<Block> blocks_;
  std::size_t block_ = 0;  // the one in use is block_ - 1
  std::byte* data_ = nullptr;
  std::size_t used_ = 0;
  std::size_t size_ = 0;
};

}  // namespace kap::mappings
