#include "tests/tidy/lexer.h"

#include <cctype>

namespace kap::tidy {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_(text), out_(text) {}

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(out_);
  }

 private:
  void step() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("//")) {
      line_comment();
    } else if (rest.starts_with("/*")) {
      blank_to(end_after("*/", at_ + 2));
    } else if (rest.starts_with("#") && only_space_before()) {
      directive();
    } else if (rest.starts_with("\"")) {
      is_raw() ? raw_string() : quoted('"');
    } else if (rest.starts_with("'") && !is_digit_separator()) {
      quoted('\'');
    } else {
      ++at_;
    }
  }

  /// Blanks up to `end` and goes there.
  void blank_to(std::size_t end) {
    for (; at_ < end && at_ < text_.size(); ++at_) {
      if (text_[at_] != '\n') out_[at_] = ' ';
    }
  }

  [[nodiscard]] std::size_t end_after(std::string_view what, std::size_t from) const {
    const auto found = text_.find(what, from);
    return found == std::string_view::npos ? text_.size() : found + what.size();
  }

  void line_comment() {
    std::size_t end = at_;
    do {
      end = text_.find('\n', end + 1);
    } while (end != std::string_view::npos && text_[end - 1] == '\\');
    blank_to(end == std::string_view::npos ? text_.size() : end);
  }

  [[nodiscard]] bool only_space_before() const {
    for (std::size_t i = at_; i > 0 && text_[i - 1] != '\n'; --i) {
      if (text_[i - 1] != ' ' && text_[i - 1] != '\t') return false;
    }
    return true;
  }

  void directive() {
    while (at_ < text_.size() && text_[at_] != '\n') {
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("/*")) {
        blank_to(end_after("*/", at_ + 2));
      } else if (rest.starts_with("//")) {
        line_comment();
      } else {
        blank_to(at_ + (rest.starts_with("\\\n") ? 2 : 1));
      }
    }
  }

  [[nodiscard]] bool is_raw() const {
    if (at_ == 0 || text_[at_ - 1] != 'R') return false;
    std::size_t start = at_ - 1;
    while (start > 0 && is_word(text_[start - 1])) --start;
    const std::string_view prefix = text_.substr(start, at_ - start);
    return prefix == "R" || prefix == "u8R" || prefix == "uR" || prefix == "UR" || prefix == "LR";
  }

  void raw_string() {
    const std::size_t open = text_.find('(', at_);
    if (open == std::string_view::npos) return blank_to(text_.size());
    const std::string close = ")" + std::string(text_.substr(at_ + 1, open - at_ - 1)) + "\"";
    ++at_;
    blank_to(end_after(close, open) - 1);
    ++at_;
  }

  /// `'` within a number, as in 1'000'000.
  [[nodiscard]] bool is_digit_separator() const {
    if (at_ == 0 || !is_word(text_[at_ - 1])) return false;
    std::size_t start = at_;
    while (start > 0 && (is_word(text_[start - 1]) || text_[start - 1] == '\'')) --start;
    return std::isdigit(static_cast<unsigned char>(text_[start])) != 0;
  }

  void quoted(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2U : 1U;
    }
    ++at_;
    blank_to(end);
    ++at_;
  }

  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
};

}  // namespace

std::string blank_non_code(std::string_view text) { return Blanker(text).run(); }

}  // namespace kap::tidy
