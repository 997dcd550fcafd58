#include "fhir/validate/position.h"

#include <cstddef>

#include "fhir/json/locate.h"

namespace kap::fhir::validate {
namespace {

/// The element's name as it stands in JSON, in two parts for a choice: `value` and `Quantity`.
struct Step {
  std::string_view name;
  std::string_view of_type;

  [[nodiscard]] bool is_sibling(std::string_view key) const {
    return key.starts_with('_') && is(key.substr(1));
  }
  [[nodiscard]] bool is(std::string_view key) const {
    if (!key.starts_with(name)) return false;
    key.remove_prefix(name.size());
    if (key.size() != of_type.size()) return false;
    if (key.empty()) return true;
    return (key.front() | 0x20) == (of_type.front() | 0x20) && key.substr(1) == of_type.substr(1);
  }
};

/// Reads valid JSON from the front; on anything else it stops at the end of the text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) { skip_space(); }

  /// Where the value (or name) last entered begins.
  [[nodiscard]] std::size_t found() const { return found_; }

  /// Into the member of that name; stays where it is, and says so, when there is none.
  bool enter_member(const Step& step) {
    if (!at('{')) return false;
    const std::size_t start = at_;
    std::size_t sibling_name = 0;
    std::size_t sibling_value = 0;
    ++at_;
    for (skip_space(); at('"'); skip_comma()) {
      const std::size_t name_at = at_;
      skip_string();
      const std::string_view key = text_.substr(name_at + 1, at_ - name_at - 2);
      skip_space();
      ++at_;  // the colon
      skip_space();
      if (step.is(key)) {
        found_ = name_at;
        return true;
      }
      if (step.is_sibling(key)) {
        sibling_name = name_at;
        sibling_value = at_;
      }
      skip_value();
    }
    at_ = sibling_value != 0 ? sibling_value : start;
    if (sibling_value != 0) found_ = sibling_name;
    return sibling_value != 0;
  }

  bool enter_item(std::size_t index) {
    if (!at('[')) return false;
    const std::size_t start = at_;
    ++at_;
    skip_space();
    for (; index > 0 && at_ < text_.size() && !at(']'); --index) {
      skip_value();
      skip_comma();
    }
    if (at(']') || at_ >= text_.size()) {
      at_ = start;
      return false;
    }
    found_ = at_;
    return true;
  }

 private:
  [[nodiscard]] bool at(char c) const { return at_ < text_.size() && text_[at_] == c; }
  void skip_space() {
    while (at(' ') || at('\n') || at('\t') || at('\r')) ++at_;
  }
  void skip_comma() {
    skip_space();
    if (at(',')) ++at_;
    skip_space();
  }
  void skip_string() {
    for (++at_; at_ < text_.size() && !at('"'); ++at_) {
      if (at('\\')) ++at_;
    }
    ++at_;
  }
  void skip_value() {
    std::size_t depth = 0;
    do {
      if (at('"')) {
        skip_string();
      } else if (at('{') || at('[')) {
        ++depth;
        ++at_;
      } else if (at('}') || at(']')) {
        if (depth == 0) return;
        --depth;
        ++at_;
      } else if (depth == 0 && at(',')) {
        return;
      } else {
        ++at_;
      }
      if (depth == 0) skip_space();
    } while (at_ < text_.size() && (depth > 0 || !(at(',') || at('}') || at(']'))));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t found_ = 0;
};

/// Follows the place from the root; false once a step was not there.
bool follow(Cursor& cursor, const Place& place) {
  if (place.parent == nullptr) return true;
  if (!follow(cursor, *place.parent)) return false;
  if (!cursor.enter_member({.name = place.name, .of_type = place.of_type})) return false;
  return place.index == Place::kNoIndex || cursor.enter_item(place.index);
}

}  // namespace

SourcePosition find_position(std::string_view text, const Place& place, std::string_view member) {
  Cursor cursor(text);
  if (follow(cursor, place) && !member.empty()) {
    (void)cursor.enter_member({.name = member, .of_type = {}});
  }
  return json::locate(text, cursor.found());
}

}  // namespace kap::fhir::validate
