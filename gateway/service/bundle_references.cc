// http://hl7.org/fhir/R4/http.html#trules, http://hl7.org/fhir/R4/bundle.html#references
#include "gateway/service/bundle_references.h"

#include <fmt/format.h>

#include <array>

#include "fhir/definitions/types.h"

namespace kap::gateway::service {

namespace json = fhir::json;
namespace definitions = fhir::definitions;

struct BundleReferences::Walk {
  const BundleEntry& entry;
  const Resolve& resolve;
  /// What a relative reference of the entry is relative to: `http://example.org/fhir/`; empty where
  /// its fullUrl is none of a REST server.
  std::string_view base;
  std::vector<Step> path;
};

namespace {

bool is_urn(std::string_view text) {
  return text.starts_with("urn:uuid:") || text.starts_with("urn:oid:");
}

/// `http://example.org/fhir/` of `http://example.org/fhir/Patient/1`.
std::string_view base_of(const BundleEntry& entry) {
  const auto url = entry.full_url;
  if (is_urn(url)) return {};
  const auto last = url.rfind('/');
  if (last == std::string_view::npos || last == 0) return {};
  const auto type = url.rfind('/', last - 1);
  if (type == std::string_view::npos) return {};
  const auto name = url.substr(type + 1, last - type - 1);
  return definitions::find_resource_type(name) == nullptr ? std::string_view{}
                                                          : url.substr(0, type + 1);
}

std::string describe(const BundleEntry& entry, const auto& path) {
  auto out = path_of(entry) + ".resource";
  for (const auto& step : path) {
    if (step.name.empty()) continue;
    out.append(1, '.').append(step.name);
  }
  return out;
}

/// The primitive type of the element at the end of a path from a resource; kNone: unknown.
definitions::Primitive primitive_at(const auto& path) {
  const definitions::TypeDef* type = nullptr;
  for (const auto& step : path) {
    // A resource, also one inside another, says itself what it is.
    if (type == nullptr || type->name == "Resource" || type->name == "DomainResource")
      type = definitions::find_resource_type(step.object->string("resourceType"));
    if (type == nullptr) return definitions::Primitive::kNone;
    const auto* member = definitions::resolve_member(*type, step.name);
    if (member == nullptr || member->type == nullptr || member->type->type == nullptr)
      return definitions::Primitive::kNone;
    type = member->type->type;
  }
  return type == nullptr ? definitions::Primitive::kNone : type->primitive;
}

bool is_rewritten(definitions::Primitive primitive) {
  using definitions::Primitive;
  return primitive == Primitive::kUri || primitive == Primitive::kUrl ||
         primitive == Primitive::kOid || primitive == Primitive::kUuid;
}

}  // namespace

void BundleReferences::add(std::string_view full_url, std::string name) {
  if (!full_url.empty()) names_.emplace(full_url, std::move(name));
}

std::optional<std::string> BundleReferences::find(std::string_view url) const {
  const auto mark = url.find('#');
  const auto found = names_.find(url.substr(0, mark));
  if (found == names_.end()) return std::nullopt;
  auto out = found->second;
  if (mark != std::string_view::npos) out += url.substr(mark);
  return out;
}

void BundleReferences::replace(json::Value& value, std::string_view text) {
  replaced_.emplace_back(&value, value);
  value = document_.string(text);
}

void BundleReferences::undo() {
  for (auto& [place, value] : replaced_) *place = value;
  replaced_.clear();
  names_.clear();
}

Status BundleReferences::visit_reference(Walk& walk, json::Value& value) {
  const auto text = value.text();
  if (const auto found = find(text)) {
    replace(value, *found);
    return {};
  }
  if (is_urn(text))
    return fail(Category::kUnprocessable, IssueType::kNotFound,
                "the reference names no entry of the Bundle: none has this fullUrl",
                describe(walk.entry, walk.path));
  if (text.contains('?')) {
    auto match = walk.resolve(text);
    if (!match) {
      auto issues = match.error().issues();
      for (auto& issue : issues) {
        issue.diagnostics = "a conditional reference: " + issue.diagnostics;
        issue.expression = describe(walk.entry, walk.path);
      }
      return std::unexpected(Outcome(match.error().category(), std::move(issues)));
    }
    replace(value, *match);
    return {};
  }
  if (walk.base.empty() || text.contains(':')) return {};
  if (const auto found = find(fmt::format("{}{}", walk.base, text))) replace(value, *found);
  return {};
}

void BundleReferences::visit_narrative(json::Value& value) {
  static constexpr std::array<std::string_view, 2> kAttributes = {"href=", "src="};
  const auto text = value.text();
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t begin = std::string_view::npos;
    for (const auto attribute : kAttributes) {
      const auto found = text.find(attribute, at);
      if (found != std::string_view::npos) begin = std::min(begin, found + attribute.size());
    }
    if (begin >= text.size()) break;
    at = begin + 1;
    const char quote = text[begin];
    const auto end = text.find(quote, at);
    if ((quote != '"' && quote != '\'') || end == std::string_view::npos) continue;
    const auto found = find(text.substr(at, end - at));
    if (!found) continue;
    out.append(text.substr(copied, at - copied)).append(*found);
    copied = end;
    at = end;
  }
  if (copied == 0) return;
  out.append(text.substr(copied));
  replace(value, out);
}

Status BundleReferences::visit_text(Walk& walk, json::Value& value) {
  const auto name = walk.path.back().name;
  const auto text = value.text();
  if (name == "reference") return visit_reference(walk, value);
  if (name == "div") {
    visit_narrative(value);
    return {};
  }
  if (!is_urn(text) && !text.starts_with("http")) return {};
  const auto found = find(text);
  if (found && is_rewritten(primitive_at(walk.path))) replace(value, *found);
  return {};
}

Status BundleReferences::visit(Walk& walk, json::Value& value) {
  if (value.is_string()) return visit_text(walk, value);
  for (auto& item : value.items()) KAP_CHECK_OK(visit(walk, item));
  for (auto& member : value.members()) {
    if (!member.value.is_string() && !member.value.is_array() && !member.value.is_object())
      continue;
    walk.path.push_back({.object = &value, .name = member.name});
    KAP_CHECK_OK(visit(walk, member.value));
    walk.path.pop_back();
  }
  return {};
}

Status BundleReferences::rewrite(BundleEntry& entry, const Resolve& resolve) {
  Walk walk{.entry = entry, .resolve = resolve, .base = base_of(entry), .path = {}};
  return visit(walk, *entry.resource);
}

}  // namespace kap::gateway::service
