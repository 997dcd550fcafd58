#include "gateway/store/index/term_stream.h"

#include <limits>
#include <utility>
#include <variant>

#include "gateway/store/index/entries.h"
#include "gateway/store/index/ordered.h"
#include "gateway/store/index/term_layout.h"

namespace kap::gateway::store {
namespace {

using namespace term_layout;
using fhir::definitions::SearchType;
using fhir::search::SortKey;
using Direction = Snapshot::Direction;

constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kUnits = 64;  // of one quantity parameter, whose streams are merged

}  // namespace

TermStream::TermStream(Layout layout, Direction direction)
    : layout_(std::move(layout)), direction_(direction), range_(starting_with(layout_.prefix)) {}

void TermStream::start_at(std::string_view key) {
  const std::string_view kind = key.substr(0, layout_.kind.size());
  const bool forward = direction_ == Direction::kForward;
  if (kind != layout_.kind) {
    // Of another kind: all of this one or nothing comes after it.
    if ((kind > layout_.kind) == forward) range_.end = range_.first;
    return;
  }
  auto position = layout_.prefix;
  position.append(key.substr(kind.size()));
  if (forward) {
    range_.first = std::move(position);
  } else {
    range_.end = starting_with(std::move(position)).end;
  }
}

Status TermStream::fill(Snapshot& snapshot) {
  if (head_.has_value() || range_.first >= range_.end) return {};
  KAP_TRY(head_, snapshot.next_term(range_, direction_));
  if (!head_.has_value()) range_.end = range_.first;
  return {};
}

std::string TermStream::key() const {
  const std::string_view rest = std::string_view(*head_).substr(layout_.prefix.size());
  std::string out = layout_.kind;
  switch (layout_.shape) {
    case Shape::kText:
      return out.append(rest);
    case Shape::kToken: {
      const std::string_view code = rest.substr(0, rest.find('\0'));
      return out.append(code.size() >= kTextBytes ? code : rest);
    }
    case Shape::kSpan:
      return out.append(
          rest.substr(direction_ == Direction::kForward ? 0 : kNumberBytes, kNumberBytes));
  }
  return out;
}

std::string TermStream::bound() const {
  if (direction_ == Direction::kForward || layout_.shape != Shape::kSpan || layout_.longest == 0)
    return key();
  std::string out = layout_.kind;
  std::int64_t low = 0;
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
  std::string_view rest = std::string_view(*head_).substr(layout_.prefix.size());
  if (layout_.longest.has_value() && take_ordered(rest, low) &&
      __builtin_add_overflow(low, *layout_.longest, &high))
    high = std::numeric_limits<std::int64_t>::max();
  if (layout_.is_date) {
    append_ordered(out, high);
  } else {
    append_ordered(out, std::numeric_limits<double>::infinity());
  }
  return out;
}

std::string TermStream::take() {
  std::string out = std::move(*head_);
  head_.reset();
  if (direction_ == Direction::kForward) {
    range_.first = out + '\0';
  } else {
    range_.end = out;
  }
  return out;
}

namespace {

using Layout = TermStream::Layout;
using Shape = TermStream::Shape;

/// Numbers that are exact and ranges of them stand apart.
void add_numbers(const std::string& prefix, const std::string& kind, std::vector<Layout>& out) {
  out.push_back({.prefix = prefix + 'p', .kind = kind, .shape = Shape::kSpan});
  out.push_back(
      {.prefix = prefix + 'r', .kind = kind, .shape = Shape::kSpan, .longest = std::nullopt});
}

/// Values in base units, by what these are.
Status add_quantities(Snapshot& snapshot, TypeNumber type, std::uint16_t parameter,
                      std::vector<Layout>& out) {
  add_numbers(header(type, parameter, kQuantity), "1", out);
  const auto all = header(type, parameter, kCanonicalQuantity);
  TermRange rest = starting_with(all);
  for (std::size_t units = 0;; ++units) {
    KAP_TRY(const auto term, snapshot.next_term(rest, Direction::kForward));
    if (!term.has_value()) return {};
    if (units == kUnits) {
      out.clear();
      return {};
    }
    auto prefix = term->substr(0, term->find('\0', all.size()));
    rest.first = prefix + '\1';
    add_numbers(prefix + '\0', "0", out);
  }
}

/// The last span has no bound: what lasts longer than a number can say is there, too.
std::optional<std::int64_t> longest_of(const DateSpan& span) {
  if (span.longest == std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return span.longest;
}

Result<std::vector<Layout>> layouts_of(Snapshot& snapshot, TypeNumber type, const SortKey& key) {
  const std::uint16_t id = key.parameter->id;
  std::vector<Layout> out;
  switch (key.parameter->type) {
    case SearchType::kString:
      out.push_back({.prefix = header(type, id, kString)});
      break;
    case SearchType::kUri:
      out.push_back({.prefix = header(type, id, kUri)});
      break;
    case SearchType::kToken:
      out.push_back({.prefix = header(type, id, kToken), .shape = Shape::kToken});
      break;
    case SearchType::kDate:
      for (const auto& span : kDateSpans)
        out.push_back({.prefix = header(type, id, kDate) + span.mark,
                       .shape = Shape::kSpan,
                       .longest = longest_of(span),
                       .is_date = true});
      break;
    case SearchType::kNumber:
      add_numbers(header(type, id, kNumber), {}, out);
      break;
    case SearchType::kQuantity:
      KAP_CHECK_OK(add_quantities(snapshot, type, id, out));
      break;
    default:
      break;
  }
  return out;
}

}  // namespace

Result<std::vector<TermStream>> make_term_streams(Snapshot& snapshot, TypeNumber type,
                                                  const SortKey& key,
                                                  const fhir::search::IndexEntry* after) {
  const bool forward = key.order == SortKey::Order::kAscending;
  KAP_TRY(auto layouts, layouts_of(snapshot, type, key));
  std::vector<TermStream> out;
  for (auto& layout : layouts) {
    const std::size_t text_bytes =
        layout.shape == Shape::kText || layout.shape == Shape::kToken ? layout.prefix.size() : 0;
    TermStream stream(std::move(layout), forward ? Direction::kForward : Direction::kBackward);
    if (after != nullptr && text_bytes > 0) {
      // Text may be cut: where the term stands is told by the term.
      const auto text = term_of(type, after->parameter, after->value).substr(text_bytes);
      const auto code = std::string_view(text).substr(0, text.find('\0'));
      stream.start_at(code.size() >= kTextBytes ? code : text);
    } else if (after != nullptr) {
      stream.start_at(sort_bytes(after->value, forward ? SortEnd::kLow : SortEnd::kHigh));
    }
    out.push_back(std::move(stream));
  }
  return out;
}

}  // namespace kap::gateway::store
