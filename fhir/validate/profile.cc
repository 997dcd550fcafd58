#include "fhir/validate/profile.h"

#include <algorithm>
#include <array>
#include <string>

#include "fhir/definitions/constraints.h"
#include "fhir/definitions/table_reader.h"
#include "fhir/json/parse.h"

namespace kap::fhir::validate {
namespace {

using definitions::broken_table;
using definitions::take;
using definitions::TypeDef;

std::vector<std::string_view> split(std::string_view list, char separator) {
  std::vector<std::string_view> parts;
  while (!list.empty()) parts.push_back(take(list, separator));
  return parts;
}

/// What stands between two brackets, empty without them.
std::string_view between(std::string_view word, char open, char close) {
  const std::size_t begin = word.find(open);
  if (begin == std::string_view::npos) return {};
  return word.substr(begin + 1, word.find(close, begin) - begin - 1);
}

/// A profile that another one names: a type of R4 by its name, others by their URL.
const definitions::ProfileDef* named_profile(std::string_view name,
                                             const definitions::ProfileDef& by) {
  constexpr std::string_view kBase = "http://hl7.org/fhir/StructureDefinition/";
  if (name.starts_with("http")) return definitions::find_profile(name, by);
  return definitions::find_profile(std::string(kBase).append(name), by);
}

TypeRule to_type_rule(std::string_view word, const definitions::ProfileDef& by) {
  TypeRule rule;
  rule.code = word.substr(0, word.find_first_of("({"));
  for (const std::string_view name : split(between(word, '{', '}'), ',')) {
    rule.profiles.push_back(named_profile(name, by));
  }
  for (const std::string_view name : split(between(word, '(', ')'), '|')) {
    const definitions::ProfileDef* profile = named_profile(name, by);
    rule.targets.push_back(
        {.type = definitions::find_resource_type(profile == nullptr ? name : profile->type),
         .profile = profile});
  }
  return rule;
}

definitions::BindingStrength to_strength(std::string_view word) {
  if (word == "required") return definitions::BindingStrength::kRequired;
  if (word == "extensible") return definitions::BindingStrength::kExtensible;
  if (word == "preferred") return definitions::BindingStrength::kPreferred;
  broken_table(word);
}

void read_binding(std::string_view cell, ProfileNode& node) {
  while (!cell.empty()) {
    const std::string_view word = take(cell, ' ');
    const std::string_view url = take(cell, ' ');
    if (word == "max") {
      node.max_value_set = url;
    } else {
      node.strength = to_strength(word);
      node.value_set = url;
    }
  }
}

std::vector<DiscriminatorStep> to_steps(std::string_view path) {
  using Kind = DiscriminatorStep::Kind;
  std::vector<DiscriminatorStep> steps;
  while (!path.empty()) {
    const std::size_t open = path.find('(');
    const std::size_t dot = path.find('.');
    if (open < dot) {  // a call; the url of an extension holds dots
      const std::size_t close = path.find(')', open);
      const std::string_view name = path.substr(0, open);
      std::string_view argument = path.substr(open + 1, close - open - 1);
      if (argument.size() > 1 && argument.front() == '\'') {
        argument = argument.substr(1, argument.size() - 2);
      }
      const Kind kind = name == "ofType"    ? Kind::kOfType
                        : name == "resolve" ? Kind::kResolve
                        : name == "extension"
                            ? Kind::kExtension
                            : throw std::logic_error("discriminator: " + std::string(path));
      steps.push_back({.kind = kind, .text = argument});
      path.remove_prefix(std::min(close + 2, path.size()));
    } else {
      const std::string_view name = take(path, '.');
      if (name != "$this") steps.push_back({.kind = Kind::kMember, .text = name});
    }
  }
  return steps;
}

Discriminator to_discriminator(std::string_view word) {
  using Kind = Discriminator::Kind;
  const std::string_view kind = take(word, ':');
  const std::vector<DiscriminatorStep> steps = to_steps(word);
  if (kind == "value") return {.kind = Kind::kValue, .steps = steps};
  if (kind == "pattern") return {.kind = Kind::kPattern, .steps = steps};
  if (kind == "exists") return {.kind = Kind::kExists, .steps = steps};
  if (kind == "type") return {.kind = Kind::kType, .steps = steps};
  if (kind == "profile") return {.kind = Kind::kProfile, .steps = steps};
  broken_table(kind);
}

Slicing to_slicing(std::string_view cell) {
  Slicing slicing;
  const std::string_view rules = take(cell, ' ');
  if (rules == "closed") slicing.rules = Slicing::Rules::kClosed;
  if (rules == "openAtEnd") slicing.rules = Slicing::Rules::kOpenAtEnd;
  for (const std::string_view word : split(cell, ' ')) {
    if (word == "ordered") {
      slicing.is_ordered = true;
    } else {
      slicing.discriminators.push_back(to_discriminator(word));
    }
  }
  return slicing;
}

/// The type that the children of an element have, where it has one only.
const TypeDef* type_of(const TypeDef* parent, const ProfileNode& node) {
  const definitions::ElementDef* element =
      parent == nullptr ? nullptr : definitions::find_element(*parent, node.name);
  if (element == nullptr) return nullptr;
  if (element->types.size() == 1) return element->types.front().type;
  if (node.types.size() != 1) return nullptr;
  for (const definitions::TypeRef& ref : element->types) {
    if (ref.code == node.types.front().code) return ref.type;
  }
  return nullptr;
}

class Reader {
 public:
  explicit Reader(const definitions::ProfileDef& def)
      : def_(def), profile_(std::make_unique<Profile>()) {
    profile_->def = &def;
    type_ = definitions::find_type(def.type);
  }

  std::unique_ptr<const Profile> read() {
    definitions::for_each_row(def_.rules, [&](std::string_view line) { row(line); });
    return std::move(profile_);
  }

 private:
  void row(std::string_view line) {
    const std::string_view first = take(line, '\t');
    if (first == "?") {
      const definitions::ConstraintDef rule{
          .key = "context", .expression = line, .human = "the extension does not belong here"};
      static const std::array<std::string, 1> kVariables = {"extension"};
      profile_->context_rules.push_back(make_constraint(rule, nullptr, kVariables));
    } else if (first == "!") {
      const definitions::ConstraintDef constraint = definitions::parse_constraint(line);
      last_->constraints.push_back(make_constraint(constraint, last_type_));
    } else {
      find(first);
      cells(line);
    }
  }

  /// To the node of that id, made where it is not there yet.
  void find(std::string_view id) {
    last_ = &profile_->root;
    last_type_ = type_;
    if (id == ".") return;
    while (!id.empty()) {
      std::string_view step = take(id, '.');
      std::string_view name = take(step, ':');
      if (name.ends_with("[x]")) name.remove_suffix(3);
      last_ = &below(last_->children, name, {});
      if (!step.empty()) last_ = &below(last_->slices, name, step);
      last_type_ = type_of(last_type_, *last_);
    }
  }

  static ProfileNode& below(std::vector<ProfileNode>& nodes, std::string_view name,
                            std::string_view slice) {
    const auto found = std::ranges::find_if(
        nodes, [&](const ProfileNode& node) { return node.name == name && node.slice == slice; });
    if (found != nodes.end()) return *found;
    ProfileNode node;
    node.name = name;
    node.slice = slice;
    return nodes.emplace_back(std::move(node));
  }

  void cells(std::string_view line) {
    const std::string_view min = take(line, '\t');
    const std::string_view max = take(line, '\t');
    if (!min.empty()) last_->min = definitions::to_number(min);
    if (!max.empty()) {
      last_->max = max == "*" ? definitions::kUnbounded : definitions::to_number(max);
    }
    for (const std::string_view word : split(take(line, '\t'), ' ')) {
      last_->types.push_back(to_type_rule(word, def_));
    }
    read_binding(take(line, '\t'), *last_);
    std::string_view value = take(line, '\t');
    if (!value.empty()) {
      last_->value_rule =
          take(value, ' ') == "fixed" ? ProfileNode::Value::kFixed : ProfileNode::Value::kPattern;
      const auto parsed = json::parse(value);
      if (!parsed) broken_table(value);
      last_->value = profile_->values.clone(parsed->root);
    }
    if (!line.empty()) last_->slicing = to_slicing(line);
  }

  const definitions::ProfileDef& def_;
  std::unique_ptr<Profile> profile_;
  const TypeDef* type_ = nullptr;
  ProfileNode* last_ = nullptr;  // until the next row
  const TypeDef* last_type_ = nullptr;
};

}  // namespace

const ProfileNode* ProfileNode::child(std::string_view of_name) const {
  const auto found = std::ranges::find(children, of_name, &ProfileNode::name);
  return found == children.end() ? nullptr : &*found;
}

std::unique_ptr<const Profile> read_profile(const definitions::ProfileDef& def) {
  return Reader(def).read();
}

const Profile& ProfileTables::of(const definitions::ProfileDef& def) const {
  {
    const std::shared_lock lock(mutex_);
    const auto found = read_.find(&def);
    if (found != read_.end()) return *found->second;
  }
  std::unique_ptr<const Profile> made = read_profile(def);
  const std::unique_lock lock(mutex_);
  // Another thread may have been first.
  return *read_.emplace(&def, std::move(made)).first->second;
}

}  // namespace kap::fhir::validate
