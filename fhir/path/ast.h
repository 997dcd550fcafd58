#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/path/item.h"
#include "fhir/path/token.h"

namespace kap::fhir::path {

enum class AstKind : std::uint8_t {
  kEmpty,     // {}
  kLiteral,   // value
  kThis,      // $this, and the implicit focus
  kIndex,     // $index
  kTotal,     // $total
  kVariable,  // %text
  kMember,    // children[0] . text; at the head of a path children is empty
  kCall,      // children[0] . text ( children[1…] ); at the head children[0] is kThis
  kIndexer,   // children[0] [ children[1] ]
  kUnary,     // text children[0]
  kBinary,    // children[0] text children[1]
  kIs,        // children[0] is type
  kAs,        // children[0] as type
  kType,      // a type specifier given as an argument: is(FHIR.Patient)
};

struct Ast {
  AstKind kind = AstKind::kEmpty;
  /// A name or an operator.
  std::string text;
  /// Of kIs, kAs and kType: namespace (may be empty) and name.
  std::string type_space;
  std::string type_name;
  Item value;
  std::vector<std::unique_ptr<Ast>> children;
  std::uint32_t offset = 0;
  /// Levels below and including this one.
  std::uint32_t depth = 1;
};

/// FHIRPath N1, section 12 (grammar).
[[nodiscard]] Result<std::unique_ptr<Ast>> parse_expression(std::string_view text,
                                                            SourcePosition origin);

}  // namespace kap::fhir::path
