#include "fhir/json/parse.h"

#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <unordered_set>
#include <vector>

#include "fhir/json/locate.h"

namespace kap::fhir::json {
namespace {

constexpr std::size_t kLinearNameSearch = 24;

// RapidJSON refuses a lone high surrogate but encodes a lone low one. The input is valid UTF-8, so
// an encoded surrogate in decoded text can only come from such an escape.
bool has_surrogate(std::string_view text) {
  for (std::size_t at = text.find('\xED'); at != std::string_view::npos;
       at = text.find('\xED', at + 1))
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
  return false;
}

/// Builds the tree from RapidJSON's events. Containers are gathered on one stack each and copied
/// into the arena when they close, so that every block has its final size.
class Builder {
 public:
  Builder(Document& document, const ParseLimits& limits) : document_(document), limits_(limits) {}

  bool Null() { return put(Value{}); }
  bool Bool(bool value) { return put(Value{value}); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    const std::string_view literal(text, size);
    if (size > limits_.number_digits) {
      return refuse(IssueType::kValue,
                    fmt::format("a number of {} characters; at most {} are allowed", size,
                                limits_.number_digits));
    }
    double value = 0;
    const auto [end, error] = std::from_chars(text, text + size, value);
    if (error == std::errc::result_out_of_range && std::abs(value) != 0) {
      return refuse(IssueType::kValue, "a number outside the range of an IEEE 754 double");
    }
    return put(document_.number(literal));
  }
  bool Int(int) { return false; }  // RawNumber takes every number.
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    if (size > limits_.string_bytes) {
      return refuse(IssueType::kTooLong, fmt::format("a string of {} bytes; at most {} are allowed",
                                                     size, limits_.string_bytes));
    }
    if (has_surrogate({text, size})) return refuse_surrogate();
    return put(document_.string({text, size}));
  }
  bool StartObject() { return open(members_.size()); }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    const std::string_view name(text, size);
    if (has_surrogate(name)) return refuse_surrogate();
    if (is_duplicate(name)) {
      return refuse(
          IssueType::kStructure,
          fmt::format("member \"{}\" appears twice in one object; keep one", shown(name)));
    }
    members_.push_back({document_.intern(name), Value{}});
    in_object_.back() = true;
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    const std::size_t start = starts_.back();
    const Value value = document_.object_of(std::span(members_).subspan(start));
    members_.resize(start);
    close();
    return put(value);
  }
  bool StartArray() { return open(items_.size()); }
  bool EndArray(rapidjson::SizeType) {
    const std::size_t start = starts_.back();
    const Value value = document_.array_of(std::span(items_).subspan(start));
    items_.resize(start);
    close();
    return put(value);
  }

  [[nodiscard]] const Issue& refusal() const { return refusal_; }
  [[nodiscard]] bool refused() const { return refused_; }

 private:
  bool open(std::size_t start) {
    if (starts_.size() >= limits_.depth) {
      return refuse(IssueType::kTooCostly,
                    fmt::format("nested deeper than {} levels", limits_.depth));
    }
    starts_.push_back(start);
    in_object_.push_back(false);
    return true;
  }

  void close() {
    starts_.pop_back();
    in_object_.pop_back();
    names_.resize(std::min(names_.size(), starts_.size()));
  }

  bool put(Value value) {
    if (in_object_.empty()) {
      document_.root = value;
    } else if (in_object_.back()) {
      members_.back().value = value;
    } else {
      items_.push_back(value);
    }
    return true;
  }

  // Objects of FHIR have few members; beyond a handful a set keeps a hostile one from going
  // quadratic.
  bool is_duplicate(std::string_view name) {
    const std::size_t start = starts_.back();
    const std::span<const Member> siblings = std::span(members_).subspan(start);
    if (siblings.size() < kLinearNameSearch) {
      return std::ranges::find(siblings, name, &Member::name) != siblings.end();
    }
    if (names_.size() < starts_.size()) names_.resize(starts_.size());
    auto& names = names_.back();
    if (names.empty()) {
      for (const Member& member : siblings) names.insert(member.name);
    } else {
      names.insert(siblings.back().name);
    }
    return names.contains(name);
  }

  bool refuse_surrogate() {
    return refuse(IssueType::kStructure,
                  "a \\u escape is half of a surrogate pair; write both halves");
  }

  bool refuse(IssueType code, std::string why) {
    refused_ = true;
    refusal_ =
        Issue{.code = code, .diagnostics = std::move(why), .expression = path(), .position = {}};
    return false;
  }

  static std::string_view shown(std::string_view name) { return name.substr(0, 64); }

  std::string path() const;

  Document& document_;
  const ParseLimits& limits_;
  std::vector<Value> items_;
  std::vector<Member> members_;
  std::vector<std::size_t> starts_;  // where the children of each open container begin
  std::vector<bool> in_object_;      // whether the container got a name, i.e. is an object
  std::vector<std::unordered_set<std::string_view>> names_;
  Issue refusal_;
  bool refused_ = false;
};

// Only member names are known on the way: `contact.name`, without array indexes.
std::string Builder::path() const {
  std::string text;
  for (std::size_t depth = 0; depth < starts_.size(); ++depth) {
    if (!in_object_[depth]) continue;
    std::size_t last = members_.size();
    for (std::size_t inner = depth + 1; inner < starts_.size(); ++inner) {
      if (in_object_[inner]) {
        last = starts_[inner];
        break;
      }
    }
    if (last == 0 || last <= starts_[depth]) continue;
    if (!text.empty()) text += '.';
    text += shown(members_[last - 1].name);
  }
  return text;
}

std::unexpected<Outcome> refuse_at(std::string_view text, std::size_t offset, Issue issue) {
  issue.position = locate(text, offset);
  const Category category =
      issue.code == IssueType::kTooLong ? Category::kTooLarge : Category::kInvalidRequest;
  return fail(category, std::vector{std::move(issue)});
}

std::string explain(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorDocumentEmpty:
      return "the text is empty; one JSON value is expected";
    case rapidjson::kParseErrorDocumentRootNotSingular:
      return "there is text after the end of the JSON value";
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
      return "a \\u escape is half of a surrogate pair; write both halves";
    case rapidjson::kParseErrorNumberTooBig:
      return "a number outside the range of an IEEE 754 double";
    default:
      return fmt::format("not JSON: {}", rapidjson::GetParseError_En(code));
  }
}

}  // namespace

Result<Document> parse(std::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.bytes) {
    return fail(Category::kTooLarge, IssueType::kTooLong,
                fmt::format("{} bytes of JSON; at most {} are allowed", text.size(), limits.bytes));
  }
  // RapidJSON's own encoding check reads past the end of truncated input.
  const simdjson::error_code utf8 =
      simdjson::validate_utf8(text.data(), text.size()) ? simdjson::SUCCESS : simdjson::UTF8_ERROR;
  if (utf8 != simdjson::SUCCESS) {
    return refuse_at(text, first_invalid_utf8(text),
                     Issue{.code = IssueType::kStructure,
                           .diagnostics = "not valid UTF-8; JSON is exchanged in UTF-8",
                           .expression = {},
                           .position = {}});
  }
  Document document;
  Builder builder(document, limits);
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
  if (!result.IsError()) return document;
  if (builder.refused()) return refuse_at(text, result.Offset(), builder.refusal());
  return refuse_at(text, result.Offset(),
                   Issue{.code = IssueType::kStructure,
                         .diagnostics = explain(result.Code()),
                         .expression = {},
                         .position = {}});
}

}  // namespace kap::fhir::json
