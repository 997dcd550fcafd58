#include "mappings/engine/node.h"

#include <algorithm>
#include <cstring>
#include <utility>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace kap::mappings {

void insert_child(OutNode& parent, OutNode& child) {
  if (parent.last == nullptr) {
    parent.first = parent.last = &child;
    return;
  }
  if (parent.last->slot->order <= child.slot->order) {
    parent.last->next = &child;
    parent.last = &child;
    return;
  }
  OutNode** at = &parent.first;
  while ((*at)->slot->order <= child.slot->order) at = &(*at)->next;
  child.next = *at;
  *at = &child;
}

OutNode* find_child(const OutNode& parent, std::uint16_t element) {
  if (parent.kind != OutNode::Kind::kObject) return nullptr;
  for (OutNode* child = parent.first; child != nullptr; child = child->next) {
    if (child->slot->element == element) return child;
  }
  return nullptr;
}

const OutNode* find_child(const OutNode& parent, std::string_view name) {
  if (parent.kind != OutNode::Kind::kObject) return nullptr;
  for (const OutNode* child = parent.first; child != nullptr; child = child->next) {
    if (child->slot->name == name) return child;
  }
  return nullptr;
}

bool is_empty(const OutNode& node) {
  switch (node.kind) {
    case OutNode::Kind::kText:
    case OutNode::Kind::kRaw:
      return false;
    case OutNode::Kind::kEmpty:
      return node.extra == nullptr || is_empty(*node.extra);
    case OutNode::Kind::kObject:
      break;
  }
  if (node.is_resource) return false;
  for (const OutNode* child = node.first; child != nullptr; child = child->next) {
    if (!is_empty(*child)) return false;
  }
  return true;
}

namespace {

/// Bytes that grow without being cleared first.
class Writer {
 public:
  [[nodiscard]] std::size_t size() const { return at_; }
  [[nodiscard]] std::string_view view() const { return {data_.get(), at_}; }
  void clear() { at_ = 0; }

  void put(char c) {
    if (at_ == capacity_) grow(1);
    data_[at_++] = c;
  }

  void put(std::string_view bytes) {
    if (capacity_ - at_ < bytes.size()) grow(bytes.size());
    std::memcpy(data_.get() + at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }

  /// Back by one byte: a comma that nothing follows.
  void drop() { --at_; }

  void quoted(std::string_view text) {
    if (capacity_ - at_ < text.size() * 6 + 2) grow(text.size() * 6 + 2);
    char* to = data_.get() + at_;
    *to++ = '"';
    const char* from = text.data();
    const char* end = from + text.size();
#if defined(__SSE2__)
    while (end - from >= 16) {
      const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), block);
      const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
      const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
      const __m128i slash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
      const auto special = static_cast<std::uint32_t>(
          _mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, slash))));
      if (special == 0) {
        from += 16;
        to += 16;
        continue;
      }
      const int plain = __builtin_ctz(special);
      from += plain;
      to += plain;
      to = escape(*from++, to);
    }
#endif
    while (from < end) {
      const char c = *from++;
      if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') {
        to = escape(c, to);
      } else {
        *to++ = c;
      }
    }
    *to++ = '"';
    at_ = static_cast<std::size_t>(to - data_.get());
  }

 private:
  static char* escape(char c, char* to) {
    *to++ = '\\';
    switch (c) {
      case '"':
      case '\\':
        *to++ = c;
        return to;
      case '\b':
        *to++ = 'b';
        return to;
      case '\f':
        *to++ = 'f';
        return to;
      case '\n':
        *to++ = 'n';
        return to;
      case '\r':
        *to++ = 'r';
        return to;
      case '\t':
        *to++ = 't';
        return to;
      default:
        break;
    }
    static constexpr std::string_view kHex = "0123456789abcdef";
    *to++ = 'u';
    *to++ = '0';
    *to++ = '0';
    *to++ = kHex[static_cast<unsigned char>(c) >> 4U];
    *to++ = kHex[static_cast<unsigned char>(c) & 15U];
    return to;
  }

  void grow(std::size_t need) {
    const std::size_t wanted = std::max({capacity_ + need + 16, capacity_ * 2, kFirst});
    auto larger = std::make_unique_for_overwrite<char[]>(wanted);
    if (at_ != 0) std::memcpy(larger.get(), data_.get(), at_);
    data_ = std::move(larger);
    capacity_ = wanted;
  }

  static constexpr std::size_t kFirst = 256U << 10U;
  std::unique_ptr<char[]> data_;
  std::size_t at_ = 0;
  std::size_t capacity_ = 0;
};

class Printer {
 public:
  explicit Printer(Writer& out) : out_(out) {}

  /// Whether anything was written.
  bool object(const OutNode& node, bool outermost) {
    out_.put('{');
    const std::size_t begin = out_.size();
    if (node.is_resource) {
      out_.put("\"resourceType\":\"");
      out_.put(node.type->name);
      out_.put("\",");
    }
    for (const OutNode* child = node.first; child != nullptr;) {
      const OutNode* end = child->next;
      if (child->slot->is_list) {
        while (end != nullptr && end->slot == child->slot) end = end->next;
        list(child, end);
      } else {
        member(*child, outermost && node.is_resource);
      }
      child = end;
    }
    if (out_.size() == begin) {
      out_.drop();
      return false;
    }
    out_.drop();
    out_.put('}');
    return true;
  }

  [[nodiscard]] std::size_t meta() const { return meta_; }

 private:
  bool value(const OutNode& node) {
    switch (node.kind) {
      case OutNode::Kind::kText:
        out_.quoted(node.view());
        return true;
      case OutNode::Kind::kRaw:
        out_.put(node.view());
        return true;
      case OutNode::Kind::kObject:
        return object(node, false);
      case OutNode::Kind::kEmpty:
        break;
    }
    return false;
  }

  void member(const OutNode& node, bool of_resource) {
    if (node.kind != OutNode::Kind::kEmpty) {
      const std::size_t before = out_.size();
      out_.put(node.slot->json);
      const bool is_meta = of_resource && node.slot->special == MemberSlot::Special::kMeta;
      const std::size_t inside = out_.size() + 1;
      if (value(node)) {
        out_.put(',');
        if (is_meta) meta_ = inside;
      } else {
        while (out_.size() > before) out_.drop();
      }
    }
    if (node.extra != nullptr && !is_empty(*node.extra)) {
      out_.put(node.slot->extra);
      object(*node.extra, false);
      out_.put(',');
    }
  }

  void list(const OutNode* begin, const OutNode* end) {
    bool any = false;
    bool extra = false;
    for (const OutNode* item = begin; item != end; item = item->next) {
      any = any || !is_empty(*item);
      extra = extra || (item->extra != nullptr && !is_empty(*item->extra));
    }
    if (!any) return;
    out_.put(begin->slot->json);
    out_.put('[');
    for (const OutNode* item = begin; item != end; item = item->next) {
      if (item->kind == OutNode::Kind::kEmpty && extra) {
        out_.put("null,");
      } else if (value(*item)) {
        out_.put(',');
      }
    }
    out_.drop();
    out_.put("],");
    if (!extra) return;
    out_.put(begin->slot->extra);
    out_.put('[');
    for (const OutNode* item = begin; item != end; item = item->next) {
      if (item->extra == nullptr || !object(*item->extra, false)) out_.put("null");
      out_.put(',');
    }
    out_.drop();
    out_.put("],");
  }

  Writer& out_;
  std::size_t meta_ = 0;
};

}  // namespace

struct JsonWriter::State {
  Writer writer;
};

namespace {

/// The buffer of the writer this thread used last: the next one begins with warm memory.
std::unique_ptr<Writer>& spare() {
  static thread_local std::unique_ptr<Writer> writer;
  return writer;
}

}  // namespace

JsonWriter::JsonWriter() : state_(std::make_unique<State>()) {
  if (spare() != nullptr) state_->writer = std::move(*std::exchange(spare(), nullptr));
  state_->writer.clear();
}

JsonWriter::~JsonWriter() { spare() = std::make_unique<Writer>(std::move(state_->writer)); }

std::string JsonWriter::take() { return std::string(state_->writer.view()); }

WrittenResource JsonWriter::write(const OutNode& node) {
  Writer& out = state_->writer;
  WrittenResource written;
  written.begin = out.size();
  Printer printer(out);
  if (node.kind == OutNode::Kind::kObject) printer.object(node, true);
  written.end = out.size();
  written.meta = printer.meta() == 0 ? 0 : printer.meta() - written.begin;
  return written;
}

}  // namespace kap::mappings
