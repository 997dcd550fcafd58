#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mappings/engine/diagnostics.h"

namespace kap::mappings {

enum class TokenKind : std::uint8_t {
  kEnd,
  kName,          // [A-Za-z_][A-Za-z0-9_]*
  kQuotedName,    // `…`
  kString,        // '…'
  kDoubleString,  // "…"
  kMarkdown,      // """…"""
  kInteger,
  kDecimal,
  kMoment,    // @2024-01-01…, the text without the @
  kMetadata,  // ///
  kSymbol,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string text;          // unescaped
  std::uint32_t offset = 0;  // of the token in the map's text
  std::uint32_t end = 0;     // one past it
  Span span;
  std::vector<std::string> comments;  // whole comment lines before it
  std::string trailing;               // the comment after it on the same line
  bool first_on_line = false;

  [[nodiscard]] bool is(std::string_view symbol_or_word) const {
    return (kind == TokenKind::kSymbol || kind == TokenKind::kName) && text == symbol_or_word;
  }
};

/// Splits the text; the last token is kEnd. Errors go to `diagnostics` and their text is skipped,
/// so that one mistake does not hide the next.
[[nodiscard]] std::vector<Token> tokenize(std::string_view text, std::string_view file,
                                          Diagnostics& diagnostics);

}  // namespace kap::mappings
