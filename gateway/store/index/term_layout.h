#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "gateway/store/index/ordered.h"
#include "gateway/store/index/terms.h"

/// How terms are laid out; shared by what writes, reads and looks for them.
namespace kap::gateway::store::term_layout {

inline constexpr std::size_t kHeaderBytes = 5;  // type, parameter, kind

inline constexpr char kString = 's';
inline constexpr char kToken = 't';
inline constexpr char kReference = 'r';  // by id and type
inline constexpr char kUrl = 'R';        // a reference by URL
inline constexpr char kDate = 'd';
inline constexpr char kNumber = 'n';
inline constexpr char kQuantity = 'q';           // without a canonical value
inline constexpr char kCanonicalQuantity = 'Q';  // in base units
inline constexpr char kUri = 'u';
inline constexpr char kText = 'x';    // of a token
inline constexpr char kOfType = 'i';  // an identifier by its value and type

inline constexpr std::size_t kTextBytes = 96;  // of one text in a term
inline constexpr std::size_t kUrlBytes = 200;

inline std::string header(TypeNumber type, std::uint16_t parameter) {
  std::string out;
  append_ordered(out, type);
  append_ordered(out, parameter);
  return out;
}

inline std::string header(TypeNumber type, std::uint16_t parameter, char kind) {
  auto out = header(type, parameter);
  out.push_back(kind);
  return out;
}

inline std::string_view cut(std::string_view text, std::size_t bytes) {
  return text.substr(0, bytes);
}

/// How long a date's range is: a search for what ends after a moment then need not look at every
/// range that begins before it.
inline constexpr std::int64_t kDayMilliseconds = 86'400'000;
struct DateSpan {
  char mark;
  std::int64_t longest;
};
inline constexpr DateSpan kDateSpans[] = {{'a', 1'000},
                                          {'b', kDayMilliseconds},
                                          {'c', 32 * kDayMilliseconds},
                                          {'d', 367 * kDayMilliseconds},
                                          {'e', std::numeric_limits<std::int64_t>::max()}};

}  // namespace kap::gateway::store::term_layout
