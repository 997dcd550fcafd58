#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fhir/definitions/search_parameters.h"
#include "fhir/definitions/types.h"
#include "fhir/path/expression.h"
#include "fhir/path/json_model.h"
#include "fhir/search/alternatives.h"
#include "fhir/search/convert.h"
#include "fhir/search/index_entry.h"

namespace kap::fhir::search {
namespace {

using definitions::SearchParameterDef;
using definitions::SearchType;

struct Component {
  SearchType type;
  path::Expression expression;
};

/// One bit for each element of a type, by ElementDef::index.
using Elements = std::uint64_t;
constexpr Elements kAnyElement = ~Elements{0};

struct Extractor {
  const SearchParameterDef* parameter;
  /// Where the resource has none of these elements, the parameter finds nothing in it.
  Elements elements;
  path::Expression expression;
  std::vector<Component> components;
};

/// Tells the type of a reference's target from its text; contained resources are looked up.
class ReferenceHost final : public path::Host {
 public:
  explicit ReferenceHost(const json::Value& resource) : resource_(resource) {}

  std::optional<path::Element> resolve(const path::Item& reference) const override {
    if (!reference.is(path::ItemKind::kElement)) return std::nullopt;
    const json::Value* value = path::json_value(reference.as_element());
    if (value == nullptr) return std::nullopt;
    const std::string_view text = value->is_string() ? value->text() : value->string("reference");
    if (text.starts_with('#')) return contained(text.substr(1));
    std::string_view type = referenced_type(text);
    if (type.empty() && value->is_object()) type = value->string("type");
    const auto* definition = definitions::find_resource_type(type);
    if (definition == nullptr) return std::nullopt;
    return path::json_stub(*definition);
  }

 private:
  std::optional<path::Element> contained(std::string_view id) const {
    const json::Value* list = resource_.find("contained");
    if (list == nullptr) return std::nullopt;
    for (const json::Value& candidate : list->items())
      if (candidate.string("id") == id) return path::json_element(candidate);
    return std::nullopt;
  }

  const json::Value& resource_;
};

bool is_column(std::string_view code) { return code == "_id" || code == "_lastUpdated"; }

Result<path::Expression> compile(std::string_view text, std::string_view type) {
  return path::Expression::compile(
      text, path::CompileOptions{.model = &path::json_model(),
                                 .context_type = type,
                                 .variables = {},
                                 .as_function = path::CompileOptions::As::kFilter});
}

Outcome with_parameter(const Outcome& outcome, const SearchParameterDef& parameter) {
  return Outcome(Category::kInternal, IssueType::kException,
                 fmt::format("search parameter {}: {}", parameter.url, outcome.summary()));
}

Elements bit(const definitions::ElementDef* element) {
  return element == nullptr || element->index >= 64 ? kAnyElement : Elements{1} << element->index;
}

Elements first_elements(const path::Expression& expression, std::string_view type) {
  const auto names = expression.first_elements();
  const auto* definition = definitions::find_resource_type(type);
  if (!names.has_value() || definition == nullptr) return kAnyElement;
  Elements out = 0;
  for (const std::string_view name : *names)
    out |= bit(definitions::find_element(*definition, name));
  return out;
}

Elements present_elements(const json::Value& resource) {
  const auto* type = definitions::find_resource_type(resource.string("resourceType"));
  Elements out = 0;
  for (const json::Member& member : resource.members()) {
    std::string_view name = member.name;
    if (name == "resourceType") continue;
    if (name.starts_with('_')) name.remove_prefix(1);
    const auto* known = type == nullptr ? nullptr : definitions::resolve_member(*type, name);
    if (known != nullptr) out |= bit(known->element);
  }
  return out;
}

/// The package swaps the expressions of one parameter's two components: it says that `relatesto`,
/// a reference, is the code and that `relation`, a token, is the target.
std::string_view component_expression(const SearchParameterDef& parameter, std::size_t place) {
  constexpr std::string_view kSwapped =
      "http://hl7.org/fhir/SearchParameter/DocumentReference-relationship";
  const std::size_t from = parameter.url == kSwapped ? 1 - place : place;
  return parameter.components[from].expression;
}

Result<std::optional<Extractor>> make_extractor(const SearchParameterDef& parameter,
                                                std::string_view type) {
  const std::string text = alternatives_for(parameter.expression, type);
  if (text.empty() || is_column(parameter.code) || parameter.type == SearchType::kSpecial)
    return std::optional<Extractor>();
  auto expression = compile(text, type);
  if (!expression.has_value())
    return std::unexpected(with_parameter(expression.error(), parameter));
  const Elements elements = first_elements(*expression, type);
  Extractor out{.parameter = &parameter,
                .elements = elements,
                .expression = std::move(*expression),
                .components = {}};
  for (std::size_t i = 0; i < parameter.components.size(); ++i) {
    const auto& component = parameter.components[i];
    auto part = compile(component_expression(parameter, i), {});
    if (!part.has_value()) return std::unexpected(with_parameter(part.error(), parameter));
    out.components.push_back(
        Component{.type = component.parameter->type, .expression = std::move(*part)});
  }
  return std::optional<Extractor>(std::move(out));
}

/// The extractors of one resource type, made at its first use.
class TypeExtractors {
 public:
  explicit TypeExtractors(std::string_view type) : type_(type) {}

  const Result<std::vector<Extractor>>& get() {
    std::call_once(once_, [this] { extractors_ = make(); });
    return extractors_;
  }

 private:
  Result<std::vector<Extractor>> make() const {
    std::vector<Extractor> out;
    for (const SearchParameterDef* parameter : definitions::search_parameters(type_)) {
      KAP_TRY(auto extractor, make_extractor(*parameter, type_));
      if (extractor.has_value()) out.push_back(std::move(*extractor));
    }
    return out;
  }

  std::string_view type_;
  std::once_flag once_;
  Result<std::vector<Extractor>> extractors_;
};

using Table = std::unordered_map<std::string_view, std::unique_ptr<TypeExtractors>>;

const Table& table() {
  static const Table kTable = [] {
    Table out;
    for (const auto* type : definitions::resource_types())
      out.emplace(type->name, std::make_unique<TypeExtractors>(type->name));
    return out;
  }();
  return kTable;
}

class Extraction {
 public:
  Extraction(const json::Value& resource, Composites composites)
      : host_(resource), element_(path::json_element(resource)), composites_(composites) {
    context_.host = &host_;
    out_.reserve(kUsual);
    context_.resource = element_;
  }

  Status add(const Extractor& extractor) {
    const bool composite = extractor.parameter->type == SearchType::kComposite;
    if (composite && composites_ == Composites::kOmit) return {};
    KAP_TRY(const path::Collection items, extractor.expression.evaluate(element_, context_));
    if (composite) return add_groups(extractor, items);
    values_.clear();
    for (const path::Item& item : items) convert(item, extractor.parameter->type, values_);
    make_distinct();
    for (EntryValue& value : values_)
      out_.push_back(IndexEntry{.parameter = extractor.parameter->id, .value = std::move(value)});
    return {};
  }

  std::vector<IndexEntry> take() { return std::move(out_); }

 private:
  /// Entries of a resource, as a rule.
  static constexpr std::size_t kUsual = 32;
  /// Up to this many values of a parameter keep their order; more are sorted.
  static constexpr std::size_t kFew = 32;

  void make_distinct() {
    if (values_.size() > kFew) {
      std::ranges::sort(values_, std::less<>());
      const auto repeated = std::ranges::unique(values_);
      values_.erase(repeated.begin(), repeated.end());
      return;
    }
    auto end = values_.begin();
    for (auto it = values_.begin(); it != values_.end(); ++it) {
      if (std::find(values_.begin(), end, *it) != end) continue;
      if (it != end) *end = std::move(*it);
      ++end;
    }
    values_.erase(end, values_.end());
  }

  Status add_groups(const Extractor& extractor, const path::Collection& items) {
    std::uint16_t group = 0;
    for (const path::Item& item : items) {
      if (!item.is(path::ItemKind::kElement)) continue;
      ++group;
      for (std::size_t i = 0; i < extractor.components.size(); ++i) {
        const Component& component = extractor.components[i];
        KAP_TRY(const path::Collection found,
                component.expression.evaluate(item.as_element(), context_));
        values_.clear();
        for (const path::Item& part : found) convert(part, component.type, values_);
        for (EntryValue& value : values_)
          out_.push_back(IndexEntry{.parameter = extractor.parameter->id,
                                    .component = static_cast<std::uint8_t>(i + 1),
                                    .group = group,
                                    .value = std::move(value)});
      }
    }
    return {};
  }

  ReferenceHost host_;
  path::Element element_;
  path::Context context_;
  Composites composites_;
  std::vector<EntryValue> values_;
  std::vector<IndexEntry> out_;
};

}  // namespace

Result<std::vector<IndexEntry>> extract(const json::Value& resource, Composites composites) {
  const auto found = table().find(resource.string("resourceType"));
  if (found == table().end())
    return fail(Category::kUnprocessable, IssueType::kStructure,
                "this is no R4 resource: resourceType must name one", "resourceType");
  const auto& extractors = found->second->get();
  if (!extractors.has_value()) return std::unexpected(extractors.error());
  Extraction extraction(resource, composites);
  const Elements present = present_elements(resource);
  for (const Extractor& extractor : *extractors) {
    // A resource of no elements at all still answers what asks for their absence.
    if (extractor.elements != kAnyElement && (extractor.elements & present) == 0) continue;
    KAP_CHECK_OK(extraction.add(extractor));
  }
  return extraction.take();
}

Status load() {
  for (const auto& [type, extractors] : table())
    if (!extractors->get().has_value()) return std::unexpected(extractors->get().error());
  return {};
}

}  // namespace kap::fhir::search
