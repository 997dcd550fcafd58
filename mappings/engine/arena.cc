#include "mappings/engine/arena.h"

#include <algorithm>

namespace kap::mappings {

void* Arena::slow(std::size_t bytes) {
  while (block_ < blocks_.size() && blocks_[block_].size < bytes) ++block_;
  if (block_ == blocks_.size()) {
    const std::size_t size = std::max(kBlock, bytes);
    blocks_.push_back({.data = std::make_unique_for_overwrite<std::byte[]>(size), .size = size});
  }
  data_ = blocks_[block_].data.get();
  size_ = blocks_[block_].size;
  ++block_;
  used_ = bytes;
  return data_;
}

void Arena::reset() {
  std::size_t kept = 0;
  std::size_t count = 0;
  while (count < blocks_.size() && kept + blocks_[count].size <= kKept) {
    kept += blocks_[count++].size;
  }
  blocks_.resize(count);
  block_ = 0;
  data_ = nullptr;
  used_ = size_ = 0;
}

}  // namespace kap::mappings
