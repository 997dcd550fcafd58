#pragma once

#include <string_view>

/// The bytes that CMake's kap_embed() put into the library under SYMBOL. Use at namespace scope:
/// `KAP_EMBEDDED_DECLARE(r4_types)`, then KAP_EMBEDDED(r4_types) is a std::string_view.
#define KAP_EMBEDDED_DECLARE(symbol)          \
  extern "C" const char kap_embed_##symbol[]; \
  extern "C" const char kap_embed_##symbol##_end[]
#define KAP_EMBEDDED(symbol)           \
  std::string_view(kap_embed_##symbol, \
                   static_cast<std::size_t>(kap_embed_##symbol##_end - kap_embed_##symbol))
