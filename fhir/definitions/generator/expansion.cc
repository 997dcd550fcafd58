#include "fhir/definitions/generator/expansion.h"

#include <algorithm>
#include <set>
#include <utility>

#include "fhir/definitions/generator/tables.h"

namespace kap::fhir::definitions::generator {
namespace {

constexpr int kMaxImports = 16;

std::span<const json::Value> items(const json::Value& object, std::string_view name) {
  const json::Value* list = object.find(name);
  return list == nullptr ? std::span<const json::Value>() : list->items();
}

struct Node {
  ExpandedCode code;
  std::vector<std::string> ancestors;  // from the hierarchy and from `subsumedBy`
};

void flatten(std::span<const json::Value> concepts, std::string_view system,
             const std::vector<std::string>& ancestors, std::vector<Node>& nodes) {
  for (const json::Value& item : concepts) {
    Node node{.code = {std::string(system), std::string(item.string("code")),
                       std::string(item.string("display"))},
              .ancestors = ancestors};
    for (const json::Value& property : items(item, "property")) {
      if (property.string("code") == "subsumedBy") {
        node.ancestors.emplace_back(property.string("valueCode"));
      }
    }
    std::vector<std::string> below = node.ancestors;
    below.push_back(node.code.code);
    nodes.push_back(std::move(node));
    flatten(items(item, "concept"), system, below, nodes);
  }
}

std::optional<std::vector<Node>> all_concepts(const Package& package, std::string_view system) {
  const json::Value* code_system = package.find("CodeSystem", without_version(system));
  if (code_system == nullptr || code_system->string("content") != "complete") return std::nullopt;
  std::vector<Node> nodes;
  flatten(items(*code_system, "concept"), system, {}, nodes);
  if (nodes.empty()) return std::nullopt;
  return nodes;
}

/// The codes below `root` through any number of steps.
std::set<std::string> descendants(const std::vector<Node>& nodes, const std::string& root) {
  std::set<std::string> found = {root};
  for (bool grown = true; grown;) {
    grown = false;
    for (const Node& node : nodes) {
      const bool below = std::ranges::any_of(
          node.ancestors, [&](const std::string& code) { return found.contains(code); });
      if (below && found.insert(node.code.code).second) grown = true;
    }
  }
  return found;
}

bool apply_filter(const json::Value& filter, std::vector<Node>& nodes) {
  const std::string_view op = filter.string("op");
  const std::string root(filter.string("value"));
  if (op != "is-a" && op != "descendent-of" && op != "is-not-a") return false;
  std::set<std::string> below = descendants(nodes, root);
  if (op == "descendent-of") below.erase(root);
  std::erase_if(nodes, [&](const Node& node) {
    return below.contains(node.code.code) == (op == "is-not-a");
  });
  return true;
}

std::optional<Expansion> enumerated(const Package& package, const json::Value& include) {
  const std::string system(include.string("system"));
  const auto nodes = all_concepts(package, system);
  Expansion expansion;
  for (const json::Value& item : items(include, "concept")) {
    ExpandedCode code{system, std::string(item.string("code")),
                      std::string(item.string("display"))};
    if (code.display.empty() && nodes) {
      const auto known = std::ranges::find(*nodes, code, &Node::code);
      if (known != nodes->end()) code.display = known->code.display;
    }
    expansion.push_back(std::move(code));
  }
  return expansion;
}

std::optional<Expansion> from_system(const Package& package, const json::Value& include) {
  if (include.find("concept") != nullptr) return enumerated(package, include);
  auto nodes = all_concepts(package, include.string("system"));
  if (!nodes) return std::nullopt;
  for (const json::Value& filter : items(include, "filter")) {
    if (!apply_filter(filter, *nodes)) return std::nullopt;
  }
  Expansion expansion;
  for (Node& node : *nodes) expansion.push_back(std::move(node.code));
  return expansion;
}

void intersect(Expansion& with, const Expansion& other) {
  std::erase_if(with, [&](const ExpandedCode& code) {
    return std::ranges::find(other, code) == other.end();
  });
}

std::optional<Expansion> expand(const Package& package, std::string_view url, int depth);

std::optional<Expansion> from_include(const Package& package, const json::Value& include,
                                      int depth) {
  std::optional<Expansion> result;
  if (include.find("system") != nullptr) {
    result = from_system(package, include);
    if (!result) return std::nullopt;
  }
  for (const json::Value& import : items(include, "valueSet")) {
    auto imported = expand(package, without_version(import.text()), depth + 1);
    if (!imported) return std::nullopt;
    if (result) {
      intersect(*result, *imported);
    } else {
      result = std::move(imported);
    }
  }
  return result;
}

std::optional<Expansion> expand(const Package& package, std::string_view url, int depth) {
  const json::Value* value_set = package.find("ValueSet", url);
  const json::Value* compose = value_set == nullptr ? nullptr : value_set->find("compose");
  if (compose == nullptr || depth > kMaxImports) return std::nullopt;
  Expansion expansion;
  for (const json::Value& include : items(*compose, "include")) {
    const auto part = from_include(package, include, depth);
    if (!part) return std::nullopt;
    expansion.insert(expansion.end(), part->begin(), part->end());
  }
  for (const json::Value& exclude : items(*compose, "exclude")) {
    const auto part = from_include(package, exclude, depth);
    if (!part) return std::nullopt;
    std::erase_if(expansion, [&](const ExpandedCode& code) {
      return std::ranges::find(*part, code) != part->end();
    });
  }
  std::set<std::pair<std::string, std::string>> seen;
  std::erase_if(expansion, [&](const ExpandedCode& code) {
    return !seen.emplace(code.system, code.code).second;
  });
  return expansion;
}

void add_part(const Package& package, const json::Value& include, int depth, PartialExpansion& to) {
  if (const auto part = from_include(package, include, depth)) {
    to.codes.insert(to.codes.end(), part->begin(), part->end());
    return;
  }
  if (include.find("system") != nullptr) {
    to.open_systems.emplace(without_version(include.string("system")));
    return;
  }
  for (const json::Value& import : items(include, "valueSet")) {
    const json::Value* value_set = package.find("ValueSet", without_version(import.text()));
    const json::Value* compose = value_set == nullptr ? nullptr : value_set->find("compose");
    if (compose == nullptr || depth > kMaxImports) {
      to.any_system = true;
      continue;
    }
    for (const json::Value& each : items(*compose, "include")) {
      add_part(package, each, depth + 1, to);
    }
  }
}

}  // namespace

PartialExpansion expand_partly(const Package& package, std::string_view url) {
  PartialExpansion expansion;
  const json::Value* value_set = package.find("ValueSet", url);
  const json::Value* compose = value_set == nullptr ? nullptr : value_set->find("compose");
  if (compose == nullptr) {
    expansion.any_system = true;
    return expansion;
  }
  for (const json::Value& include : items(*compose, "include")) {
    add_part(package, include, 0, expansion);
  }
  for (const json::Value& exclude : items(*compose, "exclude")) {
    const auto part = from_include(package, exclude, 0);
    if (part) {
      std::erase_if(expansion.codes, [&](const ExpandedCode& code) {
        return std::ranges::find(*part, code) != part->end();
      });
    }
  }
  std::erase_if(expansion.codes, [&](const ExpandedCode& code) {
    return expansion.open_systems.contains(code.system);
  });
  std::set<std::pair<std::string, std::string>> seen;
  std::erase_if(expansion.codes, [&](const ExpandedCode& code) {
    return !seen.emplace(code.system, code.code).second;
  });
  return expansion;
}

std::optional<Expansion> expand(const Package& package, std::string_view url) {
  auto expansion = expand(package, url, 0);
  if (expansion && expansion->empty()) return std::nullopt;
  return expansion;
}

}  // namespace kap::fhir::definitions::generator
