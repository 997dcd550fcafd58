#include "mappings/engine/node.h"

#include <algorithm>
#include <cstring>

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
    case OutNode::Kind::kRaw: return false;
    case OutNode::Kind::kEmpty: return node.extra == nullptr || is_empty(*node.extra);
    case OutNode::Kind::kObject: break;
  }
  if (node.is_resource) return false;
  for (const OutNode* child = node.first; child != nullptr; child = child->next) {
    if (!is_empty(*child)) return false;
  }
  return true;
}

namespace {

/// Writes into a string's own buffer; the string grows in big steps and is cut at the end.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out), at_(out.size()) { grow(4096); }
  ~Writer() { out_.resize(at_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  [[nodiscard]] std::size_t size() const { return at_; }

  void put(char c) {
    if (at_ == out_.size()) grow(1);
    out_[at_++] = c;
  }

  void put(std::string_view bytes) {
    if (out_.size() - at_ < bytes.size()) grow(bytes.size());
    std::memcpy(out_.data() + at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }

  /// Back by one byte: a comma that nothing follows.
  void drop() { --at_; }

  void quoted(std::string_view text) {
    if (out_.size() - at_ < text.size() * 6 + 2) grow(text.size() * 6 + 2);
    char* to = out_.data() + at_;
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
    at_ = static_cast<std::size_t>(to - out_.data());
  }

 private:
  static char* escape(char c, char* to) {
    *to++ = '\\';
    switch (c) {
      case '"':
      case '\\': *to++ = c; return to;
      case '\b': *to++ = 'b'; return to;
      case '\f': *to++ = 'f'; return to;
      case '\n': *to++ = 'n'; return to;
      case '\r': *to++ = 'r'; return to;
      case '\t': *to++ = 't'; return to;
      default: break;
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
    out_.resize(std::max(out_.size() + need + 16, out_.size() * 2));
  }

  std::string& out_;
  std::size_t at_;
};

class Printer {
 public:
  explicit Printer(std::string& out) : out_(out) {}

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
  [[nodiscard]] std::size_t size() const { return out_.size(); }

 private:
  bool value(const OutNode& node) {
    switch (node.kind) {
      case OutNode::Kind::kText: out_.quoted(node.view()); return true;
      case OutNode::Kind::kRaw: out_.put(node.view()); return true;
      case OutNode::Kind::kObject: return object(node, false);
      case OutNode::Kind::kEmpty: break;
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

  Writer out_;
  std::size_t meta_ = 0;
};

}  // namespace

WrittenResource write_json(const OutNode& node, std::string& out) {
  WrittenResource written;
  written.begin = out.size();
  std::size_t meta = 0;
  {
    Printer printer(out);
    if (node.kind == OutNode::Kind::kObject) printer.object(node, true);
    meta = printer.meta();
    written.end = printer.size();
  }
  written.meta = meta == 0 ? 0 : meta - written.begin;
  return written;
}

}  // namespace kap::mappings
