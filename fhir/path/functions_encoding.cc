#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "fhir/path/function.h"

/// encode(), decode(), escape() and unescape() of FHIRPath N1 section 5.6 (draft there).
namespace kap::fhir::path {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode_hex(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
  return out;
}

std::optional<std::string> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto digit = [&](char c) {
      return kHex.find(static_cast<char>(c >= 'A' && c <= 'F' ? c + 32 : c));
    };
    const std::size_t high = digit(text[i]);
    const std::size_t low = digit(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

std::string encode_base64(std::string_view text, std::string_view alphabet) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t bits = 0;
    const std::size_t count = std::min<std::size_t>(3, text.size() - i);
    for (std::size_t j = 0; j < 3; ++j)
      bits = (bits << 8U) | (j < count ? static_cast<unsigned char>(text[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      out += j <= count ? alphabet[(bits >> (18 - 6 * j)) & 63U] : '=';
  }
  return out;
}

std::optional<std::string> decode_base64(std::string_view text, std::string_view alphabet) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const std::size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>((bits >> held) & 255U);
  }
  return out;
}

struct Escape {
  char character;
  std::string_view text;
};
constexpr std::array<Escape, 5> kHtml{
    {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}}};
constexpr std::array<Escape, 7> kJson{{{'"', "\\\""},
                                       {'\\', "\\\\"},
                                       {'\n', "\\n"},
                                       {'\r', "\\r"},
                                       {'\t', "\\t"},
                                       {'\b', "\\b"},
                                       {'\f', "\\f"}}};

std::string escaped(std::string_view text, std::span<const Escape> table) {
  std::string out;
  for (const char c : text) {
    std::string_view by;
    for (const Escape& escape : table)
      if (escape.character == c) by = escape.text;
    if (by.empty())
      out += c;
    else
      out += by;
  }
  return out;
}

std::string unescaped(std::string_view text, std::span<const Escape> table) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const Escape* found = nullptr;
    for (const Escape& escape : table)
      if (text.substr(i).starts_with(escape.text)) found = &escape;
    out += found != nullptr ? found->character : text[i];
    i += found != nullptr ? found->text.size() : 1;
  }
  return out;
}

enum class Work : std::uint8_t { kEncode, kDecode, kEscape, kUnescape };

std::optional<std::string> transformed(Work work, std::string_view text, std::string_view format) {
  const std::string_view alphabet = format == "urlbase64" ? kUrlBase64 : kBase64;
  const std::span<const Escape> table =
      format == "html" ? std::span<const Escape>(kHtml) : std::span<const Escape>(kJson);
  switch (work) {
    case Work::kEncode:
      return format == "hex" ? encode_hex(text) : encode_base64(text, alphabet);
    case Work::kDecode:
      return format == "hex" ? decode_hex(text) : decode_base64(text, alphabet);
    case Work::kEscape:
      return escaped(text, table);
    case Work::kUnescape:
      return unescaped(text, table);
  }
  return std::nullopt;
}

template <Work work>
bool transform(Call& call, Collection& out) {
  std::optional<Text> text;
  std::optional<Text> format;
  if (!call.input_string(text) || !call.argument_string(0, format)) return false;
  if (!text || !format) return true;
  const std::string_view name = format->view();
  const bool codes = work == Work::kEncode || work == Work::kDecode;
  if (codes && name != "hex" && name != "base64" && name != "urlbase64")
    return call.fail("the encodings are hex, base64 and urlbase64");
  if (!codes && name != "html" && name != "json")
    return call.fail("the kinds of escape are html and json");
  if (auto result = transformed(work, text->view(), name))
    out.push_back(Item::string(std::move(*result)));
  return true;
}

constexpr std::array kFunctions{
    FunctionDef{"encode", 1, 1, transform<Work::kEncode>},
    FunctionDef{"decode", 1, 1, transform<Work::kDecode>},
    FunctionDef{"escape", 1, 1, transform<Work::kEscape>},
    FunctionDef{"unescape", 1, 1, transform<Work::kUnescape>},
};

}  // namespace

std::span<const FunctionDef> encoding_functions() { return kFunctions; }

}  // namespace kap::fhir::path
