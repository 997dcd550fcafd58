#include "gateway/security/permit/scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kap::gateway::security {
namespace {

constexpr std::string_view kLetters = "cruds";

std::unexpected<Outcome> refuse(std::string_view text, std::string_view why) {
  return fail(Category::kInvalidRequest, IssueType::kValue,
              fmt::format("scope \"{}\": {}; a SMART v2 scope reads system/Observation.rs",
                          text.substr(0, 80), why),
              "scope");
}

Result<Scope::Context> parse_context(std::string_view whole, std::string_view text) {
  if (text == "system") return Scope::Context::kSystem;
  if (text == "user") return Scope::Context::kUser;
  if (text == "patient") return Scope::Context::kPatient;
  return refuse(whole, "the part before / is not system, user or patient");
}

bool is_type_name(std::string_view text) {
  return text == "*" || (!text.empty() && text.front() >= 'A' && text.front() <= 'Z' &&
                         std::ranges::all_of(text, [](char c) {
                           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
                         }));
}

Result<std::uint8_t> parse_interactions(std::string_view whole, std::string_view letters) {
  if (letters.empty()) return refuse(whole, "no interaction letters");
  std::uint8_t bits = 0;
  std::size_t next = 0;
  for (const char letter : letters) {
    const std::size_t at = kLetters.find(letter);
    if (at == std::string_view::npos) return refuse(whole, "the letters are c, r, u, d and s");
    if (at < next) return refuse(whole, "the letters stand once each in the order cruds");
    next = at + 1;
    bits = static_cast<std::uint8_t>(bits | (1U << at));
  }
  return bits;
}

}  // namespace

Result<Scope> parse_scope(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::size_t dot = text.find('.', slash == std::string_view::npos ? 0 : slash);
  if (slash == std::string_view::npos || dot == std::string_view::npos) {
    return refuse(text, "it is not context/Type.letters");
  }
  const std::string_view rest = text.substr(dot + 1);
  const std::size_t question = rest.find('?');
  Scope scope;
  KAP_TRY(scope.context, parse_context(text, text.substr(0, slash)));
  scope.resource_type = text.substr(slash + 1, dot - slash - 1);
  if (!is_type_name(scope.resource_type)) return refuse(text, "no FHIR type between / and .");
  KAP_TRY(scope.interactions, parse_interactions(text, rest.substr(0, question)));
  if (question != std::string_view::npos) scope.query = rest.substr(question + 1);
  return scope;
}

Result<std::vector<Scope>> parse_scopes(std::string_view text) {
  std::vector<Scope> scopes;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view one = text.substr(0, space);
    text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
    if (one.empty()) continue;
    KAP_TRY(Scope scope, parse_scope(one));
    scopes.push_back(std::move(scope));
  }
  return scopes;
}

std::string to_text(const Scope& scope) {
  static constexpr std::array kContexts = {"system", "user", "patient"};
  std::string text = fmt::format("{}/{}.", kContexts[static_cast<std::size_t>(scope.context)],
                                 scope.resource_type);
  for (std::size_t i = 0; i < kLetters.size(); ++i)
    if ((scope.interactions & (1U << i)) != 0) text += kLetters[i];
  if (!scope.query.empty()) text += "?" + scope.query;
  return text;
}

}  // namespace kap::gateway::security
