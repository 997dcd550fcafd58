#include "fhir/validate/narrative.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace kap::fhir::validate {
namespace {

using Fault = std::optional<std::string_view>;

constexpr std::size_t kMaxNesting = 128;
constexpr std::string_view kNamespace = "http://www.w3.org/1999/xhtml";

/// Text, lists, tables and presentation of HTML 4.0 (its chapters 7 to 11 and 15), `a` and `img`.
constexpr auto kElements = std::to_array<std::string_view>(
    {"a",       "abbr",  "acronym", "address", "b",        "bdo",   "big",    "blockquote", "br",
     "caption", "cite",  "code",    "col",     "colgroup", "dd",    "del",    "dfn",        "div",
     "dl",      "dt",    "em",      "h1",      "h2",       "h3",    "h4",     "h5",         "h6",
     "hr",      "i",     "img",     "ins",     "kbd",      "li",    "map",    "area",       "ol",
     "p",       "pre",   "q",       "samp",    "small",    "span",  "strong", "sub",        "sup",
     "table",   "tbody", "td",      "tfoot",   "th",       "thead", "tr",     "tt",         "ul",
     "u",       "s",     "strike",  "font",    "center",   "nobr",  "var"});

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == ':' || c == '.';
}

class NarrativeScanner {
 public:
  explicit NarrativeScanner(std::string_view text) : text_(text) {}

  Fault scan() {
    skip_space();
    const bool is_div = text_.starts_with("<div") && text_.size() > 4 && !is_name_char(text_[4]);
    if (!is_div) return "must be one <div> element";
    while (!text_.empty()) {
      if (text_.front() != '<') {
        if (Fault fault = scan_text()) return fault;
      } else if (text_.starts_with("<!--")) {
        if (!skip_past("-->")) return "must close its comment with -->";
      } else if (text_.starts_with("<!") || text_.starts_with("<?")) {
        return "must not hold a declaration, CDATA or a processing instruction";
      } else if (Fault fault = scan_tag()) {
        return fault;
      }
      if (depth_ == 0 && !is_blank_rest()) return "must have nothing after its closing </div>";
    }
    if (depth_ != 0) return "must close every tag it opens";
    if (!has_namespace_) return "must have xmlns=\"http://www.w3.org/1999/xhtml\" on its div";
    if (!has_content_) return "must have some text or an image";
    return std::nullopt;
  }

 private:
  void skip_space() {
    while (!text_.empty() && is_space(text_.front())) text_.remove_prefix(1);
  }
  bool skip_past(std::string_view mark) {
    const std::size_t found = text_.find(mark);
    if (found == std::string_view::npos) return false;
    text_.remove_prefix(found + mark.size());
    return true;
  }
  bool is_blank_rest() {
    skip_space();
    return text_.empty();
  }
  std::string_view take_name() {
    const auto end = std::ranges::find_if_not(text_, is_name_char);
    const std::string_view name = text_.substr(0, static_cast<std::size_t>(end - text_.begin()));
    text_.remove_prefix(name.size());
    return name;
  }

  Fault scan_text() {
    const std::string_view run = text_.substr(0, text_.find('<'));
    has_content_ = has_content_ || !std::ranges::all_of(run, is_space);
    for (std::size_t at = run.find('&'); at != std::string_view::npos; at = run.find('&', at + 1)) {
      const std::size_t end = run.find(';', at);
      if (end == std::string_view::npos || end == at + 1 || end - at > 32) {
        return "must write & as &amp;";
      }
    }
    text_.remove_prefix(run.size());
    return std::nullopt;
  }

  Fault scan_tag() {
    text_.remove_prefix(1);
    const bool closes = text_.starts_with('/');
    if (closes) text_.remove_prefix(1);
    const std::string_view name = take_name();
    if (std::ranges::find(kElements, name) == kElements.end()) {
      return "must hold only the basic formatting elements of XHTML, in lower case; < is &lt;";
    }
    if (closes) {
      skip_space();
      if (!text_.starts_with('>')) return "must close its tags with >";
      text_.remove_prefix(1);
      if (depth_ == 0 || open_[--depth_] != name) return "must close its tags in their order";
      return std::nullopt;
    }
    has_content_ = has_content_ || name == "img";
    return scan_attributes(name);
  }

  Fault scan_attributes(std::string_view element) {
    for (;;) {
      skip_space();
      const bool is_empty = text_.starts_with("/>");
      if (is_empty || text_.starts_with('>')) {
        text_.remove_prefix(is_empty ? 2 : 1);
        if (is_empty) return std::nullopt;
        if (depth_ == open_.size()) return "must not nest its tags so deep";
        open_[depth_++] = element;
        return std::nullopt;
      }
      const std::string_view name = take_name();
      skip_space();
      if (name.empty() || !text_.starts_with('=')) return "must write attributes as name=\"value\"";
      text_.remove_prefix(1);
      skip_space();
      const char quote = text_.empty() ? ' ' : text_.front();
      if (quote != '"' && quote != '\'') return "must put the values of attributes in quotes";
      text_.remove_prefix(1);
      const std::size_t end = text_.find(quote);
      if (end == std::string_view::npos) return "must close the quotes of attributes";
      if (Fault fault = check_attribute(name, text_.substr(0, end))) return fault;
      text_.remove_prefix(end + 1);
    }
  }

  Fault check_attribute(std::string_view name, std::string_view value) {
    if (value.find('<') != std::string_view::npos) return "must write < as &lt; in attributes";
    if (name.size() > 2 && (name[0] | 0x20) == 'o' && (name[1] | 0x20) == 'n') {
      return "must not hold event handlers";
    }
    if (name == "xmlns") {
      if (value != kNamespace) return "must have xmlns=\"http://www.w3.org/1999/xhtml\" on its div";
      has_namespace_ = true;
    }
    const bool is_link = name == "href" || name == "src";
    return is_link && is_script(value) ? Fault("must not hold script URLs") : std::nullopt;
  }

  /// A scheme that runs code, also when spelled with character references or white space.
  static bool is_script(std::string_view url) {
    std::array<char, 12> scheme{};
    std::size_t size = 0;
    for (const char c : url) {
      if (static_cast<unsigned char>(c) <= ' ') continue;
      if (c == '&') return true;
      if (c == ':' || c == '/' || c == '#' || c == '?' || size == scheme.size()) break;
      scheme[size++] = static_cast<char>(c | 0x20);
    }
    const std::string_view text(scheme.data(), size);
    return text == "javascript" || text == "vbscript";
  }

  std::string_view text_;
  std::array<std::string_view, kMaxNesting> open_{};
  std::size_t depth_ = 0;
  bool has_namespace_ = false;
  bool has_content_ = false;
};

}  // namespace

std::optional<std::string_view> find_narrative_fault(std::string_view xhtml) {
  return NarrativeScanner(xhtml).scan();
}

}  // namespace kap::fhir::validate
