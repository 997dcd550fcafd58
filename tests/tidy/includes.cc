#include <algorithm>
#include <functional>

#include "tests/tidy/lexer.h"
#include "tests/tidy/rules.h"

namespace kap::tidy {
namespace {

bool is_test(std::string_view path) { return path.starts_with("tests/"); }

const Layer* find_layer(std::span<const Layer> layers, std::string_view folder) {
  const auto found = std::ranges::find(layers, folder, &Layer::folder);
  return found == layers.end() ? nullptr : &*found;
}

/// The longest row that the include's folder is or lies below: generated headers of gateway/proto
/// stand in folders of their own.
std::string layer_of_target(std::span<const Layer> layers, std::string_view target) {
  std::string folder = folder_of(target);
  for (std::string at = folder; !at.empty(); at = folder_of(at)) {
    if (find_layer(layers, at) != nullptr && at != "gateway") return at;
  }
  return folder;
}

bool may_include(const Layer& layer, std::string_view target) {
  return layer.folder == target ||
         std::ranges::any_of(layer.may_include, [&](std::string_view allowed) {
           if (!allowed.ends_with("/*")) return allowed == target;
           return target.starts_with(allowed.substr(0, allowed.size() - 1));
         });
}

bool is_ours(std::string_view target) {
  return target.starts_with("fhir/") || target.starts_with("mappings/") ||
         target.starts_with("gateway/") || target.starts_with("tests/");
}

using Graph = std::map<std::string, std::set<std::string>>;

/// Every node that lies on a cycle found by a depth-first walk, as `a -> b -> a`.
std::vector<std::string> cycles_in(const Graph& graph) {
  enum class State : std::uint8_t { kNew, kOpen, kDone };
  std::map<std::string, State> states;
  std::vector<std::string> path;
  std::vector<std::string> cycles;
  std::function<void(const std::string&)> visit = [&](const std::string& node) {
    states[node] = State::kOpen;
    path.push_back(node);
    const auto edges = graph.find(node);
    for (const auto& next : edges == graph.end() ? std::set<std::string>{} : edges->second) {
      if (states[next] == State::kNew) visit(next);
      if (states[next] != State::kOpen) continue;
      std::string cycle;
      for (auto at = std::ranges::find(path, next); at != path.end(); ++at) cycle += *at + " -> ";
      cycles.push_back(cycle + next);
    }
    path.pop_back();
    states[node] = State::kDone;
  };
  for (const auto& [node, edges] : graph) {
    if (states[node] == State::kNew) visit(node);
  }
  return cycles;
}

std::vector<Finding> to_findings(const std::vector<std::string>& cycles, std::string_view what) {
  std::vector<Finding> findings;
  for (const std::string& cycle : cycles) {
    findings.push_back({cycle.substr(0, cycle.find(' ')), 0, std::string(what) + ": " + cycle});
  }
  return findings;
}

}  // namespace

std::vector<Include> includes_of(const SourceFile& file) {
  std::vector<Include> includes;
  const std::string_view text = file.text;
  for (std::size_t start = 0, line = 1; start < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    std::string_view row = text.substr(start, end - start);
    start = end + 1;
    if (!row.starts_with("#include")) continue;
    const auto open = row.find_first_of("\"<");
    const auto close = row.find_first_of("\">", open + 1);
    if (open == std::string_view::npos || close == std::string_view::npos) continue;
    includes.push_back({line, std::string(row.substr(open + 1, close - open - 1))});
  }
  return includes;
}

std::vector<Finding> check_layers(std::span<const SourceFile> files,
                                  std::span<const Layer> layers) {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!is_cpp(file.path) || is_test(file.path)) continue;
    const Layer* layer = find_layer(layers, folder_of(file.path));
    if (layer == nullptr) {
      findings.push_back({file.path, 0, "its folder has no row in tests/tidy/layers.cc"});
      continue;
    }
    for (const Include& include : includes_of(file)) {
      if (!is_ours(include.target)) continue;
      const std::string target = layer_of_target(layers, include.target);
      if (!may_include(*layer, target)) {
        findings.push_back({file.path, include.line,
                            std::string(layer->folder) + " may not include " + include.target});
      }
    }
  }
  return findings;
}

std::vector<Finding> check_libraries(std::span<const SourceFile> files,
                                     std::span<const LibraryRule> rules) {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (!is_cpp(file.path) || is_test(file.path)) continue;
    const std::string folder = folder_of(file.path);
    for (const Include& include : includes_of(file)) {
      for (const LibraryRule& rule : rules) {
        if (!include.target.starts_with(rule.prefix)) continue;
        if (std::ranges::find(rule.folders, folder) != rule.folders.end()) continue;
        findings.push_back({file.path, include.line,
                            include.target + " belongs only in " + std::string(rule.folders[0]) +
                                (rule.folders.size() > 1 ? " and its like" : "")});
      }
    }
  }
  return findings;
}

std::vector<Finding> check_header_cycles(std::span<const SourceFile> files) {
  Graph graph;
  for (const SourceFile& file : files) {
    if (!file.path.ends_with(".h")) continue;
    for (const Include& include : includes_of(file)) {
      if (is_ours(include.target)) graph[file.path].insert(include.target);
    }
  }
  return to_findings(cycles_in(graph), "headers include each other");
}

std::vector<Finding> check_folder_cycles(std::span<const SourceFile> files) {
  Graph graph;
  for (const SourceFile& file : files) {
    if (!is_cpp(file.path) || is_test(file.path)) continue;
    const std::string folder = folder_of(file.path);
    for (const Include& include : includes_of(file)) {
      const std::string target = folder_of(include.target);
      if (is_ours(include.target) && target != folder) graph[folder].insert(target);
    }
  }
  return to_findings(cycles_in(graph), "folders include each other");
}

std::vector<Finding> check_dead_files(std::span<const SourceFile> files) {
  std::set<std::string> included;
  std::set<std::string> built;
  for (const SourceFile& file : files) {
    if (file.path.ends_with("/CMakeLists.txt")) built.insert(folder_of(file.path));
    if (!is_cpp(file.path)) continue;
    const std::string own = file.path.substr(0, file.path.rfind('.')) + ".h";
    for (const Include& include : includes_of(file)) {
      if (include.target != own) included.insert(include.target);
    }
  }
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (file.path.ends_with(".h") && !included.contains(file.path)) {
      findings.push_back({file.path, 0, "dead: nothing but its own .cc includes it"});
    }
    if (file.path.ends_with(".cc") && !built.contains(folder_of(file.path))) {
      findings.push_back({file.path, 0, "dead: no CMakeLists.txt stands beside it"});
    }
  }
  return findings;
}

std::vector<Finding> check_pragma_once(std::span<const SourceFile> files) {
  std::vector<Finding> findings;
  for (const SourceFile& file : files) {
    if (file.path.ends_with(".h") && !file.text.contains("#pragma once")) {
      findings.push_back({file.path, 1, "a header opens with #pragma once"});
    }
  }
  return findings;
}

}  // namespace kap::tidy
