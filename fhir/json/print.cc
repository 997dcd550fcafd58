#include "fhir/json/print.h"

#include <array>

namespace kap::fhir::json {
namespace {

constexpr char kHex[] = "0123456789abcdef";

// For each byte: 0 when it stands for itself, else the letter of its short escape or 'u'.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> table{};
  for (std::size_t i = 0; i < 0x20; ++i) table[i] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

class Printer {
 public:
  Printer(std::string& out, Layout layout) : out_(out), layout_(layout) {}

  void value(const Value& value) {
    switch (value.kind()) {
      case Kind::kNull:
        out_ += "null";
        break;
      case Kind::kFalse:
      case Kind::kTrue:
      case Kind::kNumber:
        out_ += value.text();
        break;
      case Kind::kString:
        print_string(value.text(), out_);
        break;
      case Kind::kArray:
        children('[', ']', value.items(), [this](const Value& item) { this->value(item); });
        break;
      case Kind::kObject:
        children('{', '}', value.members(), [this](const Member& member) {
          print_string(member.name, out_);
          out_ += layout_ == Layout::kPretty ? ": " : ":";
          this->value(member.value);
        });
        break;
    }
  }

 private:
  template <class Children, class Print>
  void children(char open, char close, const Children& list, Print print_one) {
    out_ += open;
    ++depth_;
    bool first = true;
    for (const auto& child : list) {
      if (!first) out_ += ',';
      first = false;
      new_line();
      print_one(child);
    }
    --depth_;
    if (!first) new_line();
    out_ += close;
  }

  void new_line() {
    if (layout_ == Layout::kCompact) return;
    out_ += '\n';
    out_.append(depth_ * 2, ' ');
  }

  std::string& out_;
  Layout layout_;
  std::size_t depth_ = 0;
};

}  // namespace

void print_string(std::string_view text, std::string& out) {
  out += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = kEscapes[byte];
    if (escape == 0) continue;
    out.append(text, done, i - done);
    done = i + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      out += "00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  out.append(text, done);
  out += '"';
}

void print(const Value& value, std::string& out, Layout layout) {
  Printer(out, layout).value(value);
}

std::string to_text(const Value& value, Layout layout) {
  std::string out;
  print(value, out, layout);
  return out;
}

}  // namespace kap::fhir::json
