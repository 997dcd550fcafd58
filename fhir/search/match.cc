#include "fhir/search/match.h"

#include <algorithm>
#include <string_view>

#include "fhir/path/moment.h"

namespace kap::fhir::search {
namespace {

bool is(const StringEntry& entry, const StringValue& value, Modifier modifier) {
  if (modifier == Modifier::kExact) return entry.exact == value.exact;
  if (modifier == Modifier::kContains)
    return entry.normalized.find(value.normalized) != std::string::npos;
  return entry.normalized.starts_with(value.normalized);
}

bool is(const TokenEntry& entry, const TokenValue& value, Modifier) {
  if (!value.code.empty() && entry.code != value.code) return false;
  return !value.system.has_value() || entry.system == *value.system;
}

bool is(const TextEntry& entry, const TextValue& value, Modifier) {
  return entry.normalized.find(value.normalized) != std::string::npos;
}

bool is(const TokenEntry& entry, const TokenSetValue& value, Modifier) {
  return value.codes != nullptr && value.codes->contains(entry.system, entry.code);
}

bool is(const TypedIdentifierEntry& entry, const TypedIdentifierValue& value, Modifier) {
  return entry.system == value.system && entry.code == value.code && entry.value == value.value;
}

/// `1.2` and what is below it: `1.2.3`.
bool is_version_of(std::string_view version, std::string_view wider) {
  return version.starts_with(wider) &&
         (version.size() == wider.size() || version[wider.size()] == '.');
}

bool is(const ReferenceEntry& entry, const ReferenceValue& value, Modifier modifier) {
  if (!value.url.empty()) {
    if (entry.url != value.url) return false;
    if (value.version.empty()) return true;
    if (modifier == Modifier::kBelow) return is_version_of(entry.version, value.version);
    if (modifier == Modifier::kAbove)
      return !entry.version.empty() && is_version_of(value.version, entry.version);
    return entry.version == value.version;
  }
  return !entry.id.empty() && entry.id == value.id &&
         (value.type.empty() || entry.type == value.type);
}

bool is(const DateEntry& entry, const DateValue& value, Modifier) {
  const bool within = value.low <= entry.low && entry.high <= value.high;
  switch (value.prefix) {
    case Prefix::kEq:
      return within;
    case Prefix::kNe:
      return !within;
    case Prefix::kGt:
      return entry.high > value.high;
    case Prefix::kLt:
      return entry.low < value.low;
    case Prefix::kGe:
      return entry.high > value.high || within;
    case Prefix::kLe:
      return entry.low < value.low || within;
    case Prefix::kSa:
      return entry.low >= value.high;
    case Prefix::kEb:
      return entry.high <= value.low;
    case Prefix::kAp:
      return entry.low < value.high && value.low < entry.high;
  }
  return false;
}

bool is(const NumberEntry& entry, const NumberValue& value, Modifier) {
  const bool within = value.low <= entry.low && entry.high < value.high;
  switch (value.prefix) {
    case Prefix::kEq:
      return within;
    case Prefix::kNe:
      return !within;
    case Prefix::kGt:
      return entry.high > value.value;
    case Prefix::kLt:
      return entry.low < value.value;
    case Prefix::kGe:
      return entry.high >= value.value;
    case Prefix::kLe:
      return entry.low <= value.value;
    case Prefix::kSa:
      return entry.low > value.value;
    case Prefix::kEb:
      return entry.high < value.value;
    case Prefix::kAp:
      return value.low <= entry.high && entry.low <= value.high;
  }
  return false;
}

bool is(const QuantityEntry& entry, const QuantityValue& value, Modifier modifier) {
  const bool same_system = !value.system.has_value() || entry.system == *value.system;
  const bool same_unit = value.code.empty() || entry.code == value.code ||
                         (!value.system.has_value() && entry.unit == value.code);
  if (same_system && same_unit && is(entry.value, value.number, modifier)) return true;
  return value.canonical.has_value() && !entry.canonical_code.empty() &&
         entry.canonical_code == value.canonical_code &&
         is(entry.canonical, *value.canonical, modifier);
}

/// `prefix`, or `prefix/…`.
bool continues(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) &&
         (text.size() == prefix.size() || prefix.ends_with('/') || text[prefix.size()] == '/');
}

bool is(const UriEntry& entry, const UriValue& value, Modifier modifier) {
  if (modifier == Modifier::kBelow) return continues(entry.value, value.value);
  if (modifier == Modifier::kAbove) return continues(value.value, entry.value);
  return entry.value == value.value;
}

template <class EntryType, class ValueType>
bool is(const EntryType&, const ValueType&, Modifier) {
  return false;
}

bool any_value(const IndexEntry& entry, const Criterion& criterion) {
  return std::ranges::any_of(criterion.values, [&](const Value& value) {
    return matches(entry, value, criterion.modifier);
  });
}

/// Every component has a matching entry within one group.
bool composite(std::span<const IndexEntry> entries, const Criterion& criterion,
               const CompositeValue& value) {
  std::uint16_t groups = 0;
  for (const IndexEntry& entry : entries)
    if (entry.parameter == criterion.parameter->id) groups = std::max(groups, entry.group);
  for (std::uint16_t group = 1; group <= groups; ++group) {
    std::size_t fulfilled = 0;
    for (std::size_t i = 0; i < value.components.size(); ++i) {
      const Value wanted = std::visit([](const auto& v) { return Value(v); }, value.components[i]);
      fulfilled += std::ranges::any_of(entries, [&](const IndexEntry& entry) {
        return entry.parameter == criterion.parameter->id && entry.group == group &&
               entry.component == i + 1 && matches(entry, wanted);
      });
    }
    if (fulfilled == value.components.size()) return true;
  }
  return false;
}

bool any_entry(std::span<const IndexEntry> entries, const Criterion& criterion) {
  for (const Value& value : criterion.values)
    if (const auto* parts = std::get_if<CompositeValue>(&value))
      if (composite(entries, criterion, *parts)) return true;
  return std::ranges::any_of(entries, [&](const IndexEntry& entry) {
    return entry.parameter == criterion.parameter->id && any_value(entry, criterion);
  });
}

}  // namespace

bool matches(const IndexEntry& entry, const Value& value, Modifier modifier) {
  return std::visit([modifier](const auto& e, const auto& v) { return is(e, v, modifier); },
                    entry.value, value);
}

bool matches(const Candidate& candidate, const Criterion& criterion) {
  if (criterion.direction == Criterion::Direction::kAnyOf)
    return std::ranges::any_of(criterion.any_of,
                               [&](const Criterion& one) { return matches(candidate, one); });
  if (criterion.is_chained() || criterion.is_hierarchical()) return false;
  if (criterion.parameter->code == "_id") {
    const IndexEntry id{.parameter = criterion.parameter->id,
                        .value = TokenEntry{.system = {}, .code = std::string(candidate.id)}};
    if (criterion.modifier == Modifier::kMissing) return !criterion.missing;
    return any_value(id, criterion) != is_negated(criterion.modifier);
  }
  if (criterion.parameter->code == "_lastUpdated") {
    const std::int64_t at = candidate.last_updated.time_since_epoch().count();
    if (criterion.modifier == Modifier::kMissing) return !criterion.missing;
    return any_value(IndexEntry{.parameter = criterion.parameter->id,
                                .value = DateEntry{.low = at, .high = at + 1}},
                     criterion);
  }
  if (criterion.modifier == Modifier::kMissing) {
    const bool present = std::ranges::any_of(candidate.entries, [&](const IndexEntry& entry) {
      return entry.parameter == criterion.parameter->id;
    });
    return present != criterion.missing;
  }
  return any_entry(candidate.entries, criterion) != is_negated(criterion.modifier);
}

bool matches(const Candidate& candidate, const Query& query) {
  return std::ranges::all_of(
      query.criteria, [&](const Criterion& criterion) { return matches(candidate, criterion); });
}

}  // namespace kap::fhir::search
