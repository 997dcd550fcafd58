#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"

namespace kap::fhir::path {

enum class TokenKind : std::uint8_t {
  kEnd,
  kIdentifier,           // may be a keyword; the parser decides by place
  kDelimitedIdentifier,  // `name`, escapes resolved
  kString,               // 'text', escapes resolved
  kNumber,
  kDate,
  kDateTime,
  kTime,
  kVariable,  // %name, %`name`, %'name': the name
  kSpecial,   // $this, $index, $total: the name without $
  kSymbol,    // . ( ) [ ] { } , + - * / & | = != ~ !~ < <= > >=
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  /// Of kString and kDelimitedIdentifier with escapes resolved; otherwise as in the source.
  std::string text;
  /// Byte offsets in the source.
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// The tokens of a FHIRPath text (FHIRPath N1 sections 4 and 11), comments and space left out,
/// the last one kEnd.
[[nodiscard]] Result<std::vector<Token>> tokenize(std::string_view text, SourcePosition origin);

/// Line and column of a byte offset, counted from `origin`.
[[nodiscard]] SourcePosition position_at(std::string_view text, std::size_t offset,
                                         SourcePosition origin);

/// A compile error at a place of the text.
[[nodiscard]] Outcome syntax_error(std::string_view text, std::size_t offset, SourcePosition origin,
                                   std::string message);

}  // namespace kap::fhir::path
