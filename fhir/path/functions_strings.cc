#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <string>

#include "fhir/base/limits.h"
#include "fhir/path/function.h"
#include "fhir/path/pattern.h"
#include "fhir/path/unicode.h"

/// FHIRPath N1 section 5.6. Positions count code points.
namespace kap::fhir::path {

std::shared_ptr<const re2::RE2> compile_regex(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_dot_nl(true);
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  return std::make_shared<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()),
                                          options);
}

namespace {

using MaybeText = std::optional<Text>;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

/// The input and the first argument; both nothing when either is empty.
bool two(Call& call, MaybeText& input, MaybeText& argument) {
  if (!call.input_string(input) || !call.argument_string(0, argument)) return false;
  if (!input || !argument) {
    input.reset();
    argument.reset();
  }
  return true;
}

bool yields(Collection& out, bool value) {
  out.push_back(Item::boolean(value));
  return true;
}
bool yields(Collection& out, std::string value) {
  out.push_back(Item::string(std::move(value)));
  return true;
}

bool index_from(Call& call, bool last, Collection& out) {
  MaybeText text;
  MaybeText part;
  if (!two(call, text, part)) return false;
  if (!text) return true;
  const std::size_t at = last ? text->view().rfind(part->view()) : text->view().find(part->view());
  const bool found = at != std::string_view::npos;
  out.push_back(Item::integer(
      found ? static_cast<std::int64_t>(code_points(text->view().substr(0, at))) : -1));
  return true;
}

bool index_of(Call& call, Collection& out) { return index_from(call, false, out); }
bool last_index_of(Call& call, Collection& out) { return index_from(call, true, out); }

bool substring(Call& call, Collection& out) {
  MaybeText text;
  std::optional<std::int64_t> start;
  std::optional<std::int64_t> length;
  if (!call.input_string(text) || !call.argument_integer(0, start)) return false;
  if (call.argument_count() == 2 && !call.argument_integer(1, length)) return false;
  if (!text || !start || *start < 0) return true;
  const std::string_view view = text->view();
  const std::size_t begin = offset_of(view, static_cast<std::size_t>(*start));
  if (begin >= view.size()) return true;
  std::string_view rest = view.substr(begin);
  if (length)
    rest = rest.substr(
        0, offset_of(rest, static_cast<std::size_t>(std::max<std::int64_t>(*length, 0))));
  return yields(out, std::string(rest));
}

bool starts_with(Call& call, Collection& out) {
  MaybeText text;
  MaybeText part;
  if (!two(call, text, part)) return false;
  return !text || yields(out, text->view().starts_with(part->view()));
}

bool ends_with(Call& call, Collection& out) {
  MaybeText text;
  MaybeText part;
  if (!two(call, text, part)) return false;
  return !text || yields(out, text->view().ends_with(part->view()));
}

bool contains_part(Call& call, Collection& out) {
  MaybeText text;
  MaybeText part;
  if (!two(call, text, part)) return false;
  return !text || yields(out, text->view().find(part->view()) != std::string_view::npos);
}

bool upper(Call& call, Collection& out) {
  MaybeText text;
  if (!call.input_string(text)) return false;
  return !text || yields(out, to_upper(text->view()));
}

bool lower(Call& call, Collection& out) {
  MaybeText text;
  if (!call.input_string(text)) return false;
  return !text || yields(out, to_lower(text->view()));
}

std::string replace_all(std::string_view text, std::string_view part, std::string_view by) {
  std::string out;
  if (part.empty()) {
    out += by;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = at + offset_of(text.substr(at), 1);
      out += text.substr(at, end - at);
      out += by;
      at = end;
    }
    return out;
  }
  std::size_t at = 0;
  for (std::size_t found; (found = text.find(part, at)) != std::string_view::npos;
       at = found + part.size()) {
    out += text.substr(at, found - at);
    out += by;
  }
  out += text.substr(at);
  return out;
}

/// Replacing may multiply a text; none grows beyond what FHIR allows a string.
bool fits(Call& call, std::size_t size) {
  return size <= limits::kJsonStringBytes || call.fail("the text grows beyond 1 MB");
}

bool replace(Call& call, Collection& out) {
  MaybeText text;
  MaybeText part;
  MaybeText by;
  if (!two(call, text, part) || !call.argument_string(1, by)) return false;
  if (!text || !by) return true;
  if (!fits(call, by->view().empty() ? 0
                                     : (text->view().size() + 1) * by->view().size() /
                                           std::max<std::size_t>(part->view().size(), 1)))
    return false;
  return yields(out, replace_all(text->view(), part->view(), by->view()));
}

/// The pattern of a call: compiled ahead where it is a literal.
bool pattern_of(Call& call, std::shared_ptr<const re2::RE2>& out) {
  if (call.node.pattern != nullptr) {
    out = call.node.pattern;
    return true;
  }
  MaybeText text;
  if (!call.argument_string(0, text)) return false;
  if (!text) return true;
  out = compile_regex(text->view());
  return out->ok() || call.fail("this is no regular expression: " + out->error());
}

bool match(Call& call, bool full, Collection& out) {
  MaybeText text;
  std::shared_ptr<const re2::RE2> pattern;
  if (!call.input_string(text) || !pattern_of(call, pattern)) return false;
  if (!text || pattern == nullptr) return true;
  return yields(out, full ? re2::RE2::FullMatch(piece(text->view()), *pattern)
                          : re2::RE2::PartialMatch(piece(text->view()), *pattern));
}

bool matches(Call& call, Collection& out) { return match(call, false, out); }
bool matches_full(Call& call, Collection& out) { return match(call, true, out); }

/// `$1` and `${name}` of the specification as RE2 writes them.
std::string rewrite(std::string_view by) {
  std::string out;
  for (std::size_t i = 0; i < by.size(); ++i) {
    const bool group = by[i] == '$' && i + 1 < by.size() && by[i + 1] >= '0' && by[i + 1] <= '9';
    if (group)
      out += '\\';
    else if (by[i] == '\\')
      out += "\\\\";
    else
      out += by[i];
  }
  return out;
}

bool replace_matches(Call& call, Collection& out) {
  MaybeText text;
  MaybeText by;
  std::shared_ptr<const re2::RE2> pattern;
  if (!call.input_string(text) || !pattern_of(call, pattern) || !call.argument_string(1, by))
    return false;
  if (!text || !by || pattern == nullptr) return true;
  std::string result(text->view());
  if (!pattern->pattern().empty()) {
    if (!fits(call, (result.size() + 1) * (by->view().size() + 1))) return false;
    re2::RE2::GlobalReplace(&result, *pattern, rewrite(by->view()));
  }
  return yields(out, std::move(result));
}

bool length(Call& call, Collection& out) {
  MaybeText text;
  if (!call.input_string(text)) return false;
  if (text) out.push_back(Item::integer(static_cast<std::int64_t>(code_points(text->view()))));
  return true;
}

bool to_chars(Call& call, Collection& out) {
  MaybeText text;
  if (!call.input_string(text)) return false;
  if (!text) return true;
  const std::string_view view = text->view();
  if (!call.evaluation.spend(call.node, view.size())) return false;
  for (std::size_t at = 0; at < view.size();) {
    const std::size_t end = at + offset_of(view.substr(at), 1);
    out.push_back(Item::string(std::string(view.substr(at, end - at))));
    at = end;
  }
  return true;
}

bool trim(Call& call, Collection& out) {
  static constexpr std::string_view kSpace = " \t\r\n\f\v";
  MaybeText text;
  if (!call.input_string(text)) return false;
  if (!text) return true;
  const std::string_view view = text->view();
  const std::size_t begin = view.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return yields(out, std::string());
  return yields(out, std::string(view.substr(begin, view.find_last_not_of(kSpace) - begin + 1)));
}

bool split(Call& call, Collection& out) {
  MaybeText text;
  MaybeText separator;
  if (!two(call, text, separator)) return false;
  if (!text) return true;
  const std::string_view view = text->view();
  const std::string_view by = separator->view();
  if (by.empty()) return to_chars(call, out);
  std::size_t at = 0;
  for (std::size_t found; (found = view.find(by, at)) != std::string_view::npos;
       at = found + by.size()) {
    if (!call.evaluation.spend(call.node, 1)) return false;
    out.push_back(Item::string(std::string(view.substr(at, found - at))));
  }
  return yields(out, std::string(view.substr(at)));
}

bool join(Call& call, Collection& out) {
  MaybeText separator;
  if (call.argument_count() == 1 && !call.argument_string(0, separator)) return false;
  if (call.input.empty()) return true;
  std::string joined;
  bool first = true;
  for (const Item& item : call.input) {
    if (!first && separator) joined += separator->view();
    first = false;
    const Item value = to_value(item);
    if (!value.is(ItemKind::kString)) return call.fail("join() takes strings");
    joined += value.as_string();
    if (!fits(call, joined.size())) return false;
  }
  return yields(out, std::move(joined));
}

constexpr std::array kFunctions{
    FunctionDef{"indexOf", 1, 1, index_of},
    FunctionDef{"lastIndexOf", 1, 1, last_index_of},
    FunctionDef{"substring", 1, 2, substring},
    FunctionDef{"startsWith", 1, 1, starts_with},
    FunctionDef{"endsWith", 1, 1, ends_with},
    FunctionDef{"contains", 1, 1, contains_part},
    FunctionDef{"upper", 0, 0, upper},
    FunctionDef{"lower", 0, 0, lower},
    FunctionDef{"replace", 2, 2, replace},
    FunctionDef{"matches", 1, 1, matches},
    FunctionDef{"matchesFull", 1, 1, matches_full},
    FunctionDef{"replaceMatches", 2, 2, replace_matches},
    FunctionDef{"length", 0, 0, length},
    FunctionDef{"toChars", 0, 0, to_chars},
    FunctionDef{"trim", 0, 0, trim},
    FunctionDef{"split", 1, 1, split},
    FunctionDef{"join", 0, 1, join},
};

}  // namespace

std::span<const FunctionDef> string_functions() { return kFunctions; }

}  // namespace kap::fhir::path
