#include "fhir/search/token_modifiers.h"

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "fhir/search/index_entry.h"

namespace kap::fhir::search {
namespace {

using terminology::Concept;
using Parsed = std::expected<Value, Reason>;

std::unexpected<Reason> refuse(std::string reason) { return std::unexpected(std::move(reason)); }

Value to_value(std::span<const Concept> concepts) {
  auto codes = std::make_shared<TokenSet>();
  for (const Concept& one : concepts) codes->add(one.system, one.code);
  return TokenSetValue{std::move(codes)};
}

Parsed parse_text(std::string_view text) {
  const auto plain = unescape(text);
  if (!plain) return refuse(plain.error());
  TextValue out{normalize(*plain)};
  if (out.normalized.empty()) return refuse(":text takes a part of what is to be read");
  return Value(std::move(out));
}

Parsed parse_value_set(std::string_view text, const QueryOptions& options) {
  const auto url = unescape(text);
  if (!url) return refuse(url.error());
  if (!url->contains(':'))
    return refuse("a value set is named by its canonical URL, such as http://…/ValueSet/…");
  if (options.terminology == nullptr) return refuse("there are no value sets here");
  const auto concepts = options.terminology->expand(*url);
  if (!concepts)
    return refuse("this value set is not here with all its codes; list the codes instead");
  return to_value(*concepts);
}

Parsed parse_hierarchy(Modifier modifier, std::string_view text, const QueryOptions& options) {
  const auto parts = split_escaped(text, '|');
  if (parts.size() != 2 || parts[0].empty() || parts[1].empty())
    return refuse(":above and :below take system|code");
  const auto system = unescape(parts[0]);
  const auto code = unescape(parts[1]);
  if (!system) return refuse(system.error());
  if (!code) return refuse(code.error());
  if (options.terminology == nullptr) return refuse("there are no code systems here");
  const auto concepts = modifier == Modifier::kAbove
                            ? options.terminology->ancestors(*system, *code)
                            : options.terminology->descendants(*system, *code);
  if (!concepts)
    return refuse(concepts.error().category() == Category::kUnprocessable
                      ? "the code system has no such code"
                      : "the hierarchy of this code system is not here; list the codes instead");
  return to_value(*concepts);
}

Parsed parse_typed_identifier(std::string_view text) {
  const auto parts = split_escaped(text, '|');
  if (parts.size() != 3 || parts[0].empty() || parts[1].empty() || parts[2].empty())
    return refuse(":of-type takes system|code|value: of the identifier's type, then its value");
  TypedIdentifierValue out;
  std::string* const targets[] = {&out.system, &out.code, &out.value};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto part = unescape(parts[i]);
    if (!part) return refuse(std::move(part).error());
    *targets[i] = std::move(*part);
  }
  return Value(std::move(out));
}

}  // namespace

std::expected<Value, Reason> parse_modified_token(Modifier modifier, std::string_view text,
                                                  const QueryOptions& options) {
  switch (modifier) {
    case Modifier::kText:
      return parse_text(text);
    case Modifier::kIn:
    case Modifier::kNotIn:
      return parse_value_set(text, options);
    case Modifier::kAbove:
    case Modifier::kBelow:
      return parse_hierarchy(modifier, text, options);
    case Modifier::kOfType:
      return parse_typed_identifier(text);
    default:
      return refuse("this modifier is not supported here");
  }
}

}  // namespace kap::fhir::search
