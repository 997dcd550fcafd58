#include "mappings/engine/explain.h"

#include <unordered_map>

#include <fmt/format.h>

namespace kap::mappings {
namespace {

struct Line {
  std::string path;
  std::string origin;
  std::string source;
};

class Explainer {
 public:
  Explainer(const plan::Program& program, const std::vector<TraceEntry>& trace)
      : program_(program) {
    for (const TraceEntry& entry : trace) by_node_[entry.node] = &entry;
  }

  void walk(const OutNode& node, const std::string& path) {
    const auto found = by_node_.find(&node);
    if (found != by_node_.end()) add(path, *found->second);
    if (node.extra != nullptr) walk(*node.extra, path);
    if (node.kind != OutNode::Kind::kObject) return;
    std::size_t index = 0;
    const MemberSlot* before = nullptr;
    for (const OutNode* child = node.first; child != nullptr; child = child->next) {
      index = child->slot == before ? index + 1 : 0;
      before = child->slot;
      std::string step = path.empty() ? child->slot->name : path + "." + child->slot->name;
      if (child->slot->is_list) step += fmt::format("[{}]", index);
      if (child->is_resource) step += fmt::format("({})", child->type->name);
      walk(*child, step);
    }
  }

  [[nodiscard]] std::string text() const {
    std::size_t path = 0;
    std::size_t origin = 0;
    for (const Line& line : lines_) {
      path = std::max(path, line.path.size());
      origin = std::max(origin, line.origin.size());
    }
    std::string out;
    for (const Line& line : lines_) {
      out += fmt::format("{:<{}}  <-  {:<{}}", line.path, path, line.origin, origin);
      if (!line.source.empty()) out += "  <-  " + line.source;
      while (out.ends_with(' ')) out.pop_back();
      out += '\n';
    }
    return out;
  }

 private:
  void add(const std::string& path, const TraceEntry& entry) {
    const plan::Origin& origin = entry.target->origin;
    const std::string& file = program_.files[origin.map].name;
    lines_.push_back({.path = path,
                      .origin = fmt::format("{}:{}:{}", file.substr(file.find_last_of('/') + 1),
                                            origin.span.at.line, origin.span.at.column),
                      .source = entry.source});
  }

  const plan::Program& program_;
  std::unordered_map<const OutNode*, const TraceEntry*> by_node_;
  std::vector<Line> lines_;
};

}  // namespace

std::string explain_trace(const plan::Program& program, const OutNode& root,
                          const std::vector<TraceEntry>& trace) {
  Explainer explainer(program, trace);
  explainer.walk(root, {});
  return explainer.text();
}

}  // namespace kap::mappings
