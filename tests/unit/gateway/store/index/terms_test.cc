#include "gateway/store/index/terms.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "gateway/store/index/entries.h"
#include "gateway/store/index/ordered.h"

namespace kap::gateway::store {
namespace {

using namespace fhir::search;

constexpr std::uint16_t kParameter = 7;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr auto kFirst = std::numeric_limits<std::int64_t>::min();
constexpr auto kLast = std::numeric_limits<std::int64_t>::max();

std::vector<std::string> terms_of(const EntryValue& value) {
  TermBatch batch;
  const std::vector<IndexEntry> entries = {{.parameter = kParameter, .value = value}};
  add_terms(batch, 3, std::nullopt, entries, 1);
  std::vector<std::string> out;
  const auto status = batch.drain([&](std::string_view term, std::span<const std::int64_t>) {
    if (term != type_term(3)) out.emplace_back(term);
    return Status{};
  });
  EXPECT_TRUE(status.has_value());
  return out;
}

std::vector<EntryValue> values() {
  return {StringEntry{.normalized = "ada", .exact = {}},
          TokenEntry{.system = "http://loinc.org", .code = "8480-6"},
          TokenEntry{.system = {}, .code = "true"},
          ReferenceEntry{.type = "Patient", .id = "p1", .url = {}},
          ReferenceEntry{.type = {}, .id = {}, .url = "http://example.org/a"},
          DateEntry{.low = 0, .high = 1'000},
          DateEntry{.low = kFirst, .high = kLast},
          DateEntry{.low = -5, .high = 86'400'000},
          NumberEntry{.low = -1.5, .high = -1.5},
          NumberEntry{.low = -kInfinity, .high = 3},
          QuantityEntry{.value = {.low = 5, .high = 5},
                        .system = "urn:u",
                        .code = "mg",
                        .unit = "milligram",
                        .canonical = {},
                        .canonical_code = {}},
          QuantityEntry{.value = {.low = 5, .high = 5},
                        .system = "urn:u",
                        .code = "mg",
                        .unit = "mg",
                        .canonical = {.low = 0.005, .high = 0.005},
                        .canonical_code = "g"},
          UriEntry{.value = "urn:oid:1.2"}};
}

TEST(Terms, DecodeToWhatTheyWereMadeFrom) {
  for (const auto& value : values()) {
    const auto terms = terms_of(value);
    ASSERT_EQ(terms.size(), 1U);
    const auto decoded = decode_term(terms[0]);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_FALSE(decoded->cut);
    EXPECT_EQ(decoded->value, value);
  }
}

TEST(Terms, LongTextIsCutAndSaysSo) {
  const std::string text(1'000, 'x');
  for (const EntryValue& value : std::vector<EntryValue>{
           StringEntry{.normalized = text, .exact = text}, TokenEntry{.system = text, .code = "a"},
           TokenEntry{.system = "a", .code = text}, UriEntry{.value = text},
           ReferenceEntry{.type = {}, .id = {}, .url = text}}) {
    const auto terms = terms_of(value);
    ASSERT_EQ(terms.size(), 1U);
    EXPECT_LT(terms[0].size(), 250U);
    EXPECT_TRUE(decode_term(terms[0])->cut);
  }
}

TEST(Terms, DamagedTermsAreRefused) {
  for (const auto& value : values()) {
    const auto term = terms_of(value)[0];
    for (std::size_t size = 0; size < term.size(); ++size) {
      (void)decode_term(std::string_view(term).substr(0, size));  // no crash, no read beyond
    }
  }
  EXPECT_FALSE(decode_term("").has_value());
  EXPECT_FALSE(decode_term(type_term(3)).has_value());
}

TEST(Terms, APrefixRangeEndsAfterEverythingThatBeginsWithIt) {
  const auto range = starting_with("ab\xff");
  EXPECT_EQ(range.end, "ac");
  const auto all = all_terms(3, 0x00ff);
  EXPECT_LT(all.first, all.end);
  const std::string inside = all.first + std::string(20, '\xff');
  EXPECT_LT(inside, all.end);
}

TEST(Ordered, BytesCompareAsTheValuesDo) {
  const std::vector<double> doubles = {-kInfinity, -1e300, -2, -1e-300, 0,
                                       1e-300,     1,      2,  1e300,   kInfinity};
  std::string before;
  for (const double value : doubles) {
    std::string bytes;
    append_ordered(bytes, value);
    EXPECT_LT(before, bytes);
    before = bytes;
    std::string_view rest = bytes;
    double read = 0;
    ASSERT_TRUE(take_ordered(rest, read));
    EXPECT_EQ(read, value);
  }
  before.clear();
  for (const std::int64_t value : {kFirst, std::int64_t{-1}, std::int64_t{0}, kLast}) {
    std::string bytes;
    append_ordered(bytes, value);
    EXPECT_LT(before, bytes);
    before = bytes;
  }
}

TEST(Entries, ComeBackAsTheyWereWithoutComposites) {
  std::vector<IndexEntry> entries;
  for (const auto& value : values()) entries.push_back({.parameter = 300, .value = value});
  entries.push_back({.parameter = 1, .value = StringEntry{.normalized = "a", .exact = "A"}});
  const auto kept = entries;
  entries.push_back(
      {.parameter = 2, .component = 1, .group = 1, .value = UriEntry{.value = "urn:x"}});
  const auto bytes = encode_entries(entries);
  EXPECT_EQ(decode_entries(bytes), kept);
  int refused = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    refused += decode_entries(std::string_view(bytes).substr(0, size)).has_value() ? 0 : 1;
  }
  EXPECT_GT(refused, static_cast<int>(bytes.size() / 2));
}

TEST(Entries, APeriodSortsByItsBeginningOrItsEnd) {
  const DateEntry early_long{.low = 0, .high = 100};
  const DateEntry late_short{.low = 10, .high = 20};
  EXPECT_LT(sort_bytes(early_long, SortEnd::kLow), sort_bytes(late_short, SortEnd::kLow));
  EXPECT_GT(sort_bytes(early_long, SortEnd::kHigh), sort_bytes(late_short, SortEnd::kHigh));
}

}  // namespace
}  // namespace kap::gateway::store
