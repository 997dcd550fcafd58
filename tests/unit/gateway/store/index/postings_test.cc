#include "gateway/store/index/postings.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "gateway/store/index/cursor.h"
#include "gateway/store/index/seq_set.h"
#include "gateway/store/index/term_batch.h"

namespace kap::gateway::store {
namespace {

using Seqs = std::vector<std::int64_t>;

TEST(Postings, ComeBackAsTheyWere) {
  for (const Seqs& seqs : {Seqs{1}, Seqs{1, 2, 3}, Seqs{5, 500, 5'000'000'000}}) {
    Seqs out;
    ASSERT_TRUE(decode_postings(seqs.front(), encode_postings(seqs), out));
    EXPECT_EQ(out, seqs);
  }
  Seqs out;
  EXPECT_FALSE(decode_postings(1, std::string_view("\0", 1), out));
  EXPECT_FALSE(decode_postings(1, "\x80", out));
}

TEST(Postings, AVarintThatNeverEndsIsRefused) {
  std::string bytes(11, '\x80');
  std::string_view rest = bytes;
  std::uint64_t value = 0;
  EXPECT_FALSE(take_varint(rest, value));
  bytes.clear();
  append_varint(bytes, std::numeric_limits<std::uint64_t>::max());
  rest = bytes;
  ASSERT_TRUE(take_varint(rest, value));
  EXPECT_EQ(value, std::numeric_limits<std::uint64_t>::max());
}

std::map<std::string, Seqs> drain(TermBatch& batch) {
  std::map<std::string, Seqs> out;
  std::string before;
  const auto status =
      batch.drain([&](std::string_view term, std::span<const std::int64_t> seqs) -> Status {
        EXPECT_LE(before, term);
        before = term;
        auto& list = out[std::string(term)];
        list.insert(list.end(), seqs.begin(), seqs.end());
        EXPECT_LE(seqs.size(), 1'024U);
        return {};
      });
  EXPECT_TRUE(status.has_value());
  return out;
}

TEST(TermBatch, GathersTheVersionsOfATermInOrder) {
  TermBatch batch;
  batch.add("status=final", 1);
  batch.add("a", 1);
  batch.add("a", 1);
  batch.add("status=final", 2);
  batch.add("status=fin", 2);
  batch.add(std::string_view("a\0", 2), 3);
  const auto terms = drain(batch);
  EXPECT_EQ(terms.size(), 4U);
  EXPECT_EQ(terms.at("status=final"), (Seqs{1, 2}));
  EXPECT_EQ(terms.at("a"), Seqs{1});
  EXPECT_TRUE(drain(batch).empty());
}

TEST(TermBatch, SplitsALongListIntoRowsWithoutRepeatingOne) {
  TermBatch batch;
  Seqs expected;
  for (std::int64_t seq = 1; seq <= 3'000; ++seq) {
    batch.add("t", seq);
    batch.add("t", seq);
    expected.push_back(seq);
  }
  EXPECT_EQ(drain(batch).at("t"), expected);
}

TEST(SeqSet, IntersectsAndSubtracts) {
  Seqs large;
  for (std::int64_t i = 0; i < 1'000; ++i) large.push_back(i * 2);
  EXPECT_EQ(intersection({3, 4, 5, 6}, large), (Seqs{4, 6}));
  EXPECT_EQ(intersection(large, {}), Seqs{});
  EXPECT_EQ(intersection({1, 2, 3}, {2, 3, 4}), (Seqs{2, 3}));
  EXPECT_EQ(difference({1, 2, 3}, {2}), (Seqs{1, 3}));
  Seqs mixed = {3, 1, 3, 2};
  normalize(mixed);
  EXPECT_EQ(mixed, (Seqs{1, 2, 3}));
}

TEST(Cursor, IsBoundToItsSearchAndSecret) {
  const auto text = encode_cursor({.as_of = {7}, .last = {3}}, "search", "secret");
  EXPECT_EQ(text.find_first_of("+/= "), std::string::npos);
  const auto cursor = parse_cursor(text, "search", "secret");
  ASSERT_TRUE(cursor.has_value());
  EXPECT_EQ(cursor->as_of, Sequence{7});
  EXPECT_EQ(cursor->last, Sequence{3});
  EXPECT_FALSE(parse_cursor(text, "another", "secret").has_value());
  EXPECT_FALSE(parse_cursor(text, "search", "other").has_value());
  EXPECT_FALSE(parse_cursor(text + "A", "search", "secret").has_value());
  EXPECT_FALSE(parse_cursor("", "search", "secret").has_value());
  EXPECT_FALSE(parse_cursor("not a cursor!", "search", "secret").has_value());
  EXPECT_FALSE(parse_cursor(std::string(100'000, 'A'), "search", "secret").has_value());
}

}  // namespace
}  // namespace kap::gateway::store
