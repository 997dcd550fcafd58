#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kap::fhir::path::testing {

/// An element of the suites' XML: enough of XML for them, which are well-formed, have no CDATA and
/// no prefixes. `source` is the element as it stands in the text.
struct XmlElement {
  std::string name;
  std::string_view source;
  std::map<std::string, std::string, std::less<>> attributes;
  std::string text;
  std::vector<XmlElement> children;

  [[nodiscard]] std::string attribute(std::string_view key) const {
    const auto found = attributes.find(key);
    return found == attributes.end() ? std::string() : found->second;
  }
};

class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_(text) {}

  XmlElement read() {
    skip_to_element();
    return element();
  }

 private:
  static std::string unescape(std::string_view text) {
    static const std::map<std::string, char, std::less<>> kNamed{
        {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const std::size_t end = text[i] == '&' ? text.find(';', i) : std::string_view::npos;
      if (end == std::string_view::npos) {
        out += text[i];
        continue;
      }
      const std::string_view entity = text.substr(i + 1, end - i - 1);
      const auto named = kNamed.find(entity);
      if (named != kNamed.end())
        out += named->second;
      else
        out += entity == "#10" ? '\n' : '?';
      i = end;
    }
    return out;
  }

  bool skip_markup() {
    if (text_.substr(at_).starts_with("<!--")) {
      at_ = text_.find("-->", at_) + 3;
      return true;
    }
    if (text_.substr(at_).starts_with("<?")) {
      at_ = text_.find("?>", at_) + 2;
      return true;
    }
    return false;
  }

  void skip_to_element() {
    while (true) {
      at_ = text_.find('<', at_);
      if (!skip_markup()) return;
    }
  }

  std::string name() {
    const std::size_t begin = at_;
    at_ = text_.find_first_of(" \t\r\n=/>", at_);
    return std::string(text_.substr(begin, at_ - begin));
  }

  void skip_space() { at_ = text_.find_first_not_of(" \t\r\n", at_); }

  XmlElement element() {
    const std::size_t begin = at_;
    XmlElement out = parsed_element();
    out.source = text_.substr(begin, at_ - begin);
    return out;
  }

  XmlElement parsed_element() {
    ++at_;
    XmlElement out;
    out.name = name();
    for (skip_space(); text_[at_] != '>' && text_[at_] != '/'; skip_space()) {
      const std::string key = name();
      at_ = text_.find_first_of("\"'", at_);
      const std::size_t end = text_.find(text_[at_], at_ + 1);
      out.attributes[key] = unescape(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
    }
    if (text_[at_] == '/') {
      at_ += 2;
      return out;
    }
    ++at_;
    content(out);
    return out;
  }

  void content(XmlElement& out) {
    while (true) {
      const std::size_t next = text_.find('<', at_);
      out.text += unescape(text_.substr(at_, next - at_));
      at_ = next;
      if (skip_markup()) continue;
      if (text_[at_ + 1] == '/') {
        at_ = text_.find('>', at_) + 1;
        return;
      }
      out.children.push_back(element());
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace kap::fhir::path::testing
