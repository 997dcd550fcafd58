#include "mappings/engine/print_map.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

namespace kap::mappings {
namespace {

std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    switch (c) {
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        if (c == quote) out += '\\';
        out += c;
    }
  }
  return out + quote;
}

/// A name as it may stand in a path: in backticks where it is no plain one.
std::string name(std::string_view text) {
  const bool plain = !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
                     std::ranges::all_of(text, [](char c) {
                       return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
                     });
  return plain ? std::string(text) : quoted(text, '`');
}

std::string path(const ast::Path& from) {
  std::string out;
  for (const ast::Name& part : from.parts) out += (out.empty() ? "" : ".") + name(part.text);
  return out;
}

std::string literal(const ast::Literal& from) {
  switch (from.kind) {
    case ast::Literal::Kind::kString:
      return quoted(from.text, '\'');
    case ast::Literal::Kind::kMoment:
      return "@" + from.text;
    default:
      return from.text;
  }
}

std::string call(const ast::Call& from) {
  std::string out = name(from.name.text) + "(";
  for (const ast::Argument& argument : from.arguments) {
    if (!out.ends_with('(')) out += ", ";
    switch (argument.kind) {
      case ast::Argument::Kind::kLiteral:
        out += literal(argument.literal);
        break;
      case ast::Argument::Kind::kVariable:
        out += path(argument.variable);
        break;
      case ast::Argument::Kind::kExpression:
        out += argument.expression.text;
        break;
    }
  }
  return out + ")";
}

std::string transform(const ast::Transform& from) {
  switch (from.kind) {
    case ast::Transform::Kind::kLiteral:
      return literal(from.literal);
    case ast::Transform::Kind::kCopy:
      return path(from.copy);
    case ast::Transform::Kind::kCall:
      return call(from.call);
    case ast::Transform::Kind::kExpression:
      break;
  }
  return "(" + from.expression.text + ")";
}

constexpr std::array<std::string_view, 6> kSourceLists = {"",     "first",    "not_first",
                                                          "last", "not_last", "only_one"};
constexpr std::array<std::string_view, 6> kTargetLists = {"",     "first",  "share",
                                                          "last", "single", "collate"};

std::string source(const ast::Source& from) {
  std::string out = path(from.path);
  if (from.type) out += " : " + name(from.type->text);
  if (from.cardinality) {
    out += fmt::format(
        " {}..{}", from.cardinality->min,
        from.cardinality->max ? fmt::format("{}", *from.cardinality->max) : std::string("*"));
  }
  if (from.default_value) out += " default (" + from.default_value->text + ")";
  if (from.list != ast::SourceList::kNone) {
    out += fmt::format(" {}", kSourceLists[static_cast<std::size_t>(from.list)]);
  }
  if (from.alias) out += " as " + name(from.alias->text);
  if (from.where) out += " where (" + from.where->text + ")";
  if (from.check) out += " check (" + from.check->text + ")";
  if (from.log) out += " log (" + from.log->text + ")";
  return out;
}

std::string target(const ast::Target& from) {
  std::string out;
  if (from.path) out = path(*from.path);
  if (from.transform) out += (from.path ? " = " : "") + transform(*from.transform);
  if (from.alias) out += " as " + name(from.alias->text);
  if (from.list != ast::TargetList::kNone) {
    out += fmt::format(" {}", kTargetLists[static_cast<std::size_t>(from.list)]);
  }
  if (from.share) out += " " + from.share->text;
  return out;
}

class Printer {
 public:
  std::string run(const ast::Map& map) {
    header(map);
    for (const ast::ConceptMap& item : map.concept_maps) concept_map(item);
    if (!map.structures.empty()) out_ += '\n';
    for (const ast::Structure& item : map.structures) structure(item);
    if (!map.imports.empty()) out_ += '\n';
    for (const ast::Import& item : map.imports) {
      before(item.comments.before, 0);
      line("imports " + quoted(item.url.text, '"'), item.comments.after, 0);
    }
    if (!map.constants.empty()) out_ += '\n';
    for (const ast::Constant& item : map.constants) {
      before(item.comments.before, 0);
      line("let " + item.name.text + " = " + item.value.text + ";", item.comments.after, 0);
    }
    for (const ast::Group& item : map.groups) group(item);
    before(map.end_comments, 0);
    return std::move(out_);
  }

 private:
  void line(std::string_view text, const std::string& comment, std::size_t depth) {
    out_.append(depth * 2, ' ');
    out_ += text;
    if (!comment.empty()) out_ += " // " + comment;
    out_ += '\n';
  }

  void before(const std::vector<std::string>& comments, std::size_t depth) {
    for (const std::string& comment : comments) {
      std::size_t at = 0;
      while (at <= comment.size()) {
        const std::size_t end = std::min(comment.find('\n', at), comment.size());
        std::string_view one(comment.data() + at, end - at);
        while (!one.empty() && (one.front() == ' ' || one.front() == '*')) one.remove_prefix(1);
        out_.append(depth * 2, ' ');
        out_ += one.empty() ? std::string("//") : "// " + std::string(one);
        out_ += '\n';
        at = end + 1;
      }
    }
  }

  void header(const ast::Map& map) {
    before(map.header_comments.before, 0);
    if (map.header == ast::Map::Header::kMap) {
      line("/// url = " + quoted(map.url.text, '\''), {}, 0);
      line("/// name = " + quoted(map.name.text, '\''), {}, 0);
    }
    for (const ast::Metadata& item : map.metadata) {
      before(item.comments.before, 0);
      std::string text = "/// " + path(item.name) + " =";
      if (item.value && item.is_markdown) {
        text += " \"\"\"\n" + item.value->text + "\n\"\"\"";
      } else if (item.value) {
        text += " " + literal(*item.value);
      }
      line(text, {}, 0);
    }
  }

  void concept_map(const ast::ConceptMap& item) {
    out_ += '\n';
    before(item.comments.before, 0);
    line("conceptmap " + quoted(item.url.text, '"') + " {", {}, 0);
    for (const auto& prefix : item.prefixes) {
      line("prefix " + prefix.name.text + " = " + quoted(prefix.url.text, '"'), {}, 1);
    }
    for (const ast::Name& prefix : item.unmapped_provided) {
      line("unmapped for " + prefix.text + " = provided", {}, 1);
    }
    const auto code = [](const ast::Name& prefix, const ast::Name& value) {
      const bool plain = std::isalpha(static_cast<unsigned char>(value.text.front())) != 0 &&
                         std::ranges::all_of(value.text, [](char c) {
                           return std::isalnum(static_cast<unsigned char>(c)) != 0;
                         });
      return prefix.text + ":" + (plain ? value.text : quoted(value.text, '"'));
    };
    for (const auto& one : item.lines) {
      std::string text = code(one.source_prefix, one.source_code) + " " + one.relation.text;
      if (one.target_code) text += " " + code(*one.target_prefix, *one.target_code);
      line(text, {}, 1);
    }
    line("}", item.comments.after, 0);
  }

  void structure(const ast::Structure& item) {
    static constexpr std::array<std::string_view, 4> kModes = {"source", "queried", "target",
                                                               "produced"};
    before(item.comments.before, 0);
    std::string text = "uses " + quoted(item.url.text, '"');
    if (item.alias) text += " alias " + name(item.alias->text);
    text += fmt::format(" as {}", kModes[static_cast<std::size_t>(item.mode)]);
    line(text, item.comments.after, 0);
  }

  void group(const ast::Group& item) {
    out_ += '\n';
    before(item.comments.before, 0);
    std::string text = "group " + item.name.text + "(";
    for (const ast::Parameter& parameter : item.parameters) {
      if (!text.ends_with('(')) text += ", ";
      text += parameter.mode == ast::Parameter::Mode::kSource ? "source " : "target ";
      text += parameter.name.text;
      if (parameter.type) text += " : " + name(parameter.type->text);
    }
    text += ")";
    if (item.extends) text += " extends " + item.extends->text;
    if (item.default_for == ast::Group::Default::kTypes) text += " <<types>>";
    if (item.default_for == ast::Group::Default::kTypePlus) text += " <<type+>>";
    line(text + " {", item.comments.after, 0);
    for (const ast::Rule& one : item.rules) rule(one, 1);
    before(item.end_comments, 1);
    line("}", {}, 0);
  }

  void rule(const ast::Rule& item, std::size_t depth) {
    before(item.comments.before, depth);
    std::string text;
    for (const ast::Source& one : item.sources) text += (text.empty() ? "" : ", ") + source(one);
    for (std::size_t i = 0; i < item.targets.size(); ++i) {
      text += (i == 0 ? " -> " : ", ") + target(item.targets[i]);
    }
    for (std::size_t i = 0; i < item.calls.size(); ++i) {
      text += (i == 0 ? " then " : ", ") + call(item.calls[i]);
    }
    const std::string end = (item.name ? " " + quoted(item.name->text, '"') : std::string()) + ";";
    if (!item.has_block) {
      line(text + end, item.comments.after, depth);
      return;
    }
    line(text + (item.calls.empty() ? " then {" : " {"), {}, depth);
    for (const ast::Rule& one : item.rules) rule(one, depth + 1);
    before(item.end_comments, depth + 1);
    line("}" + end, item.comments.after, depth);
  }

  std::string out_;
};

}  // namespace

std::string print_map(const ast::Map& map) { return Printer().run(map); }

}  // namespace kap::mappings
