#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace kap {

/// A string that cannot be mistaken for another kind of string. It has no stream or format
/// operator, so that an identifier reaches a log only where someone wrote `.text()` on purpose.
template <class Tag>
class StrongString {
 public:
  StrongString() = default;
  explicit StrongString(std::string text) : text_(std::move(text)) {}

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  friend auto operator<=>(const StrongString&, const StrongString&) = default;

 private:
  std::string text_;
};

using ClinicId = StrongString<struct ClinicIdTag>;
using ClientId = StrongString<struct ClientIdTag>;
using RecordId = StrongString<struct RecordIdTag>;      // unique within (clinic, record kind)
using ResourceId = StrongString<struct ResourceIdTag>;  // FHIR R4 `id`: [A-Za-z0-9\-\.]{1,64}
using BearerToken = StrongString<struct BearerTokenTag>;

}  // namespace kap

template <class Tag>
struct std::hash<kap::StrongString<Tag>> {
  std::size_t operator()(const kap::StrongString<Tag>& value) const noexcept {
    return std::hash<std::string>{}(value.text());
  }
};
