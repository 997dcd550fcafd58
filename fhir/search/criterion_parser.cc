#include "fhir/search/criterion_parser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "fhir/base/limits.h"
#include "fhir/definitions/types.h"
#include "fhir/search/nearest.h"

namespace kap::fhir::search {
namespace {

using definitions::SearchParameterDef;
using definitions::SearchType;

constexpr int kChainDepth = 4;

std::unexpected<Refusal> malformed(Reason reason) {
  return std::unexpected(Refusal{.kind = Refusal::Kind::kMalformed, .reason = std::move(reason)});
}

std::unexpected<Refusal> unknown(Reason reason) {
  return std::unexpected(Refusal{.kind = Refusal::Kind::kUnknown, .reason = std::move(reason)});
}

std::unexpected<Refusal> unsupported(Reason reason) {
  return std::unexpected(Refusal{.kind = Refusal::Kind::kUnsupported, .reason = std::move(reason)});
}

std::string_view modifiers_of(SearchType type) {
  switch (type) {
    case SearchType::kString:
      return ":missing, :exact and :contains";
    case SearchType::kToken:
      return ":missing, :not, :text, :in, :not-in, :above, :below and :of-type";
    case SearchType::kReference:
      return ":missing, :identifier, :above, :below and a resource type";
    case SearchType::kUri:
      return ":missing, :above and :below";
    default:
      return ":missing";
  }
}

struct ParsedModifier {
  Modifier modifier = Modifier::kNone;
  std::string_view target_type;
};

/// http://hl7.org/fhir/R4/search.html#modifiers: the words and what they go with.
struct Word {
  std::string_view text;
  SearchType type;
  Modifier modifier;
};
constexpr std::array<Word, 14> kWords{{
    {"exact", SearchType::kString, Modifier::kExact},
    {"contains", SearchType::kString, Modifier::kContains},
    {"not", SearchType::kToken, Modifier::kNot},
    {"text", SearchType::kToken, Modifier::kText},
    {"in", SearchType::kToken, Modifier::kIn},
    {"not-in", SearchType::kToken, Modifier::kNotIn},
    {"of-type", SearchType::kToken, Modifier::kOfType},
    {"above", SearchType::kToken, Modifier::kAbove},
    {"below", SearchType::kToken, Modifier::kBelow},
    {"identifier", SearchType::kReference, Modifier::kIdentifier},
    {"above", SearchType::kReference, Modifier::kAbove},
    {"below", SearchType::kReference, Modifier::kBelow},
    {"above", SearchType::kUri, Modifier::kAbove},
    {"below", SearchType::kUri, Modifier::kBelow},
}};

std::expected<ParsedModifier, Refusal> parse_modifier(const SearchParameterDef& parameter,
                                                      std::string_view text) {
  if (text.empty()) return ParsedModifier{};
  const SearchType type = parameter.type;
  if (text == "missing") return ParsedModifier{.modifier = Modifier::kMissing, .target_type = {}};
  const bool is_id = parameter.code == "_id";  // a column: it has no system and nothing to read
  for (const Word& word : kWords)
    if (word.text == text && word.type == type && (!is_id || word.modifier == Modifier::kNot))
      return ParsedModifier{.modifier = word.modifier, .target_type = {}};
  if (type == SearchType::kReference && definitions::find_resource_type(text) != nullptr) {
    const bool fits = parameter.targets.empty() ||
                      std::ranges::find(parameter.targets, text) != parameter.targets.end();
    if (!fits)
      return malformed(fmt::format("this parameter points to {}, not to {}",
                                   fmt::join(parameter.targets, ", "), text));
    return ParsedModifier{.modifier = Modifier::kType, .target_type = text};
  }
  return malformed(fmt::format("this modifier is not supported here; a {} parameter takes {}",
                               definitions::to_code(type), modifiers_of(type)));
}

bool is_url(const Value& value) {
  const auto* reference = std::get_if<ReferenceValue>(&value);
  return reference != nullptr && !reference->url.empty();
}

std::expected<Criterion, Refusal> plain(const SearchParameterDef& parameter,
                                        const ParsedModifier& modifier, std::string_view value,
                                        const QueryOptions& options) {
  Criterion out;
  out.parameter = &parameter;
  out.modifier = modifier.modifier;
  if (modifier.modifier == Modifier::kMissing) {
    if (value != "true" && value != "false") return malformed(":missing takes true or false");
    out.missing = value == "true";
    return out;
  }
  const auto alternatives = split_escaped(value, ',');
  if (alternatives.size() > limits::kSearchOrValues)
    return malformed(fmt::format("more than {} values", limits::kSearchOrValues));
  for (const std::string_view alternative : alternatives) {
    auto parsed =
        parse_value(parameter, modifier.modifier, modifier.target_type, alternative, options);
    if (!parsed) return malformed(std::move(parsed).error());
    out.values.push_back(std::move(*parsed));
  }
  if (out.is_hierarchical() && std::ranges::any_of(out.values, is_url))
    return malformed(":above and :below take ids or canonicals, not both");
  return out;
}

std::expected<Criterion, Refusal> parse_at(std::string_view type, std::string_view name,
                                           std::string_view value, const QueryOptions& options,
                                           int depth);

/// The types that a chained reference may lead to.
std::vector<std::string_view> chain_types(const SearchParameterDef& parameter,
                                          std::string_view modifier) {
  if (!modifier.empty()) return {modifier};
  if (!parameter.targets.empty()) return {parameter.targets.begin(), parameter.targets.end()};
  std::vector<std::string_view> out;
  for (const auto* type : definitions::resource_types()) out.push_back(type->name);
  return out;
}

/// `subject:Patient.name`: `rest` is what follows the first dot.
std::expected<Criterion, Refusal> chained(const SearchParameterDef& parameter,
                                          std::string_view modifier, std::string_view rest,
                                          std::string_view value, const QueryOptions& options,
                                          int depth) {
  if (parameter.type != SearchType::kReference)
    return malformed("only a reference parameter can be followed by a dot");
  const auto checked = parse_modifier(parameter, modifier);
  if (!checked) return std::unexpected(checked.error());
  if (checked->modifier != Modifier::kNone && checked->modifier != Modifier::kType)
    return malformed("before a dot only a resource type can be a modifier");
  const auto targets = chain_types(parameter, modifier);
  // Untyped links multiply; one of them is enough.
  if (targets.size() > 1 && depth > 0)
    return malformed("further along a chain a reference names its type: reference:Type.parameter");
  Criterion out;
  out.parameter = &parameter;
  out.direction = Criterion::Direction::kForward;
  std::optional<Refusal> problem;
  for (const std::string_view target : targets) {
    auto inner = parse_at(target, rest, value, options, depth + 1);
    if (inner) {
      out.chains.push_back(Chain{.type = std::string(target), .criterion = {}});
      out.chains.back().criterion.push_back(std::move(*inner));
    } else if (!problem || inner.error().kind == Refusal::Kind::kMalformed) {
      problem = std::move(inner).error();
    }
  }
  if (out.chains.empty()) return std::unexpected(std::move(*problem));
  return out;
}

/// `_has:Observation:patient:code`: after `_has:`.
std::expected<Criterion, Refusal> reverse(std::string_view type, std::string_view text,
                                          std::string_view value, const QueryOptions& options,
                                          int depth) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos)
    return malformed("_has is written _has:Type:reference-parameter:parameter");
  const std::string_view source = text.substr(0, first);
  const std::string_view code = text.substr(first + 1, second - first - 1);
  if (definitions::find_resource_type(source) == nullptr)
    return malformed("_has names a resource type first, such as Observation");
  const SearchParameterDef* parameter = find_searchable(source, code);
  const bool points = parameter != nullptr && parameter->type == SearchType::kReference &&
                      (parameter->targets.empty() ||
                       std::ranges::find(parameter->targets, type) != parameter->targets.end());
  if (!points)
    return malformed(
        fmt::format("{} has no reference parameter of that name that points to {}", source, type));
  auto inner = parse_at(source, text.substr(second + 1), value, options, depth + 1);
  if (!inner) return std::unexpected(std::move(inner).error());
  Criterion out;
  out.parameter = parameter;
  out.direction = Criterion::Direction::kReverse;
  out.chains.push_back(Chain{.type = std::string(source), .criterion = {}});
  out.chains.back().criterion.push_back(std::move(*inner));
  return out;
}

/// `_list=42`: the resources that List/42 names, which is `_has:List:item:_id=42`.
std::expected<Criterion, Refusal> in_list(std::string_view type, std::string_view value,
                                          const QueryOptions& options, int depth) {
  if (value.contains('$'))
    return unsupported("lists that a function makes, such as $current-problems, are not supported");
  if (value.starts_with("List/")) value.remove_prefix(5);
  return parse_at(type, "_has:List:item:_id", value, options, depth);
}

std::expected<Criterion, Refusal> parse_at(std::string_view type, std::string_view name,
                                           std::string_view value, const QueryOptions& options,
                                           int depth) {
  if (depth > kChainDepth)
    return malformed(fmt::format("a chain of more than {} parameters", kChainDepth));
  if (name.starts_with("_has:")) return reverse(type, name.substr(5), value, options, depth);
  const std::size_t dot = name.find('.');
  const std::string_view head = name.substr(0, dot);
  const std::size_t colon = head.find(':');
  const std::string_view code = head.substr(0, colon);
  const std::string_view modifier =
      colon == std::string_view::npos ? std::string_view() : head.substr(colon + 1);
  if (name == "_list") return in_list(type, value, options, depth);
  if (!modifier.empty() && !is_modifier(modifier))
    return malformed(
        "this is no modifier of R4; known are :missing, :exact, :contains, :not, :text, :in, "
        ":not-in, :of-type, :above, :below, :identifier and resource types");
  const SearchParameterDef* parameter = find_searchable(type, code);
  if (parameter == nullptr)
    return is_unsupported(type, code) ? unsupported(unknown_parameter(type, code))
                                      : unknown(unknown_parameter(type, code));
  if (dot != std::string_view::npos)
    return chained(*parameter, modifier, name.substr(dot + 1), value, options, depth);
  if (colon != std::string_view::npos && modifier.empty())
    return malformed("a colon is followed by a modifier");
  const auto checked = parse_modifier(*parameter, modifier);
  if (!checked) return std::unexpected(checked.error());
  return plain(*parameter, *checked, value, options);
}

}  // namespace

const SearchParameterDef* find_searchable(std::string_view type, std::string_view code) {
  const SearchParameterDef* parameter = definitions::find_search_parameter(type, code);
  if (parameter == nullptr || parameter->expression.empty() ||
      parameter->type == SearchType::kSpecial)
    return nullptr;
  return parameter;
}

bool is_unsupported(std::string_view type, std::string_view code) {
  return code == "_list" || (definitions::find_search_parameter(type, code) != nullptr &&
                             find_searchable(type, code) == nullptr);
}

bool is_modifier(std::string_view text) {
  return text == "missing" || std::ranges::find(kWords, text, &Word::text) != kWords.end() ||
         definitions::find_resource_type(text) != nullptr;
}

Reason unknown_parameter(std::string_view type, std::string_view code) {
  std::vector<std::string_view> known;
  for (const SearchParameterDef* parameter : definitions::search_parameters(type))
    if (find_searchable(type, parameter->code) != nullptr) known.push_back(parameter->code);
  if (is_unsupported(type, code))
    return fmt::format("the search parameter {} is not supported here", code);
  // What is not a name is not repeated: it may be a value that lost its name.
  const bool is_name =
      code.size() <= 64 && std::ranges::all_of(code, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
      });
  const std::string shown = is_name ? fmt::format(" '{}'", code) : std::string();
  const auto close = nearest(code, known);
  if (close.empty())
    return fmt::format("{} has no search parameter{}; it has {}", type, shown,
                       fmt::join(known, ", "));
  return fmt::format("{} has no search parameter{}; did you mean {}?", type, shown,
                     fmt::join(close, " or "));
}

std::expected<Criterion, Refusal> parse_criterion(std::string_view type, std::string_view name,
                                                  std::string_view value,
                                                  const QueryOptions& options) {
  return parse_at(type, name, value, options, 0);
}

}  // namespace kap::fhir::search
