#include "fhir/search/subset.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "fhir/definitions/types.h"
#include "fhir/json/parse.h"
#include "fhir/json/print.h"

namespace kap::fhir::search {
namespace {

using definitions::ElementDef;
using definitions::TypeDef;
using json::Document;
using json::Member;
using json::Value;

constexpr std::string_view kTagSystem = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
constexpr std::string_view kTagCode = "SUBSETTED";

/// What `_elements` says about one type: names of elements or of JSON members.
using Names = std::set<std::string_view>;

std::optional<Names> names_for(std::string_view type, std::span<const std::string> elements) {
  Names out;
  bool applies = false;
  for (const std::string_view element : elements) {
    const std::size_t dot = element.find('.');
    if (dot != std::string_view::npos && element.substr(0, dot) != type) continue;
    applies = true;
    out.insert(dot == std::string_view::npos ? element : element.substr(dot + 1));
  }
  return applies ? std::optional(std::move(out)) : std::nullopt;
}

class Subset {
 public:
  Subset(const SubsetOptions& options, const std::optional<Names>& names)
      : options_(options), names_(names) {}

  std::string make(const Value& resource, const TypeDef& type) {
    out_.root = Document::object();
    bool has_meta = false;
    for (const Member& member : resource.members()) {
      if (member.name == "meta") {
        has_meta = true;
        Value meta = out_.clone(member.value);
        tag(meta);
        out_.add(out_.root, "meta", meta);
      } else if (member.name == "resourceType" || member.name == "id") {
        out_.add(out_.root, member.name, out_.clone(member.value));
      } else {
        add(member, type);
      }
    }
    if (!has_meta) {
      Value meta = Document::object();
      tag(meta);
      out_.add(out_.root, "meta", meta);
    }
    return json::to_text(out_.root);
  }

 private:
  void tag(Value& meta) {
    if (!meta.is_object()) return;
    Value* tags = meta.find("tag");
    if (tags == nullptr) tags = &out_.add_borrowed(meta, "tag", Document::array());
    const bool is_there = std::ranges::any_of(std::as_const(*tags).items(), [](const Value& one) {
      return one.string("code") == kTagCode;
    });
    if (is_there) return;
    Value tag = Document::object();
    out_.add_borrowed(tag, "system", Document::borrowed_string(kTagSystem));
    out_.add_borrowed(tag, "code", Document::borrowed_string(kTagCode));
    out_.append(*tags, tag);
  }

  /// An element of the resource itself.
  void add(const Member& member, const TypeDef& type) {
    std::string_view name = member.name;
    if (name.starts_with('_')) name.remove_prefix(1);
    const auto* known = definitions::resolve_member(type, name);
    if (known == nullptr) return;
    const ElementDef& element = *known->element;
    const bool is_wanted =
        names_ ? element.is_modifier || names_->contains(name) || names_->contains(element.name)
               : is_in_summary(element);
    if (!is_wanted && element.min == 0) return;
    const bool is_whole = names_ || options_.summary != Summary::kTrue;
    out_.add(out_.root, member.name,
             is_whole ? out_.clone(member.value) : summary(member.value, known->type->type));
  }

  bool is_in_summary(const ElementDef& element) const {
    if (options_.summary == Summary::kText) return element.name == "text";
    if (options_.summary == Summary::kData) return element.name != "text";
    return element.is_summary;
  }

  /// What the definitions mark as summary inside of a value; all of it where they mark nothing.
  Value summary(const Value& value, const TypeDef* type) {
    if (value.is_array()) {
      Value out = Document::array();
      for (const Value& item : value.items()) out_.append(out, summary(item, type));
      return out;
    }
    if (!value.is_object() || type == nullptr) return out_.clone(value);
    Value out = Document::object();
    for (const Member& member : value.members()) {
      std::string_view name = member.name;
      if (name.starts_with('_')) name.remove_prefix(1);
      const auto* known = definitions::resolve_member(*type, name);
      if (known == nullptr || (!known->element->is_summary && known->element->min == 0)) continue;
      out_.add(out, member.name, summary(member.value, known->type->type));
    }
    return out.members().empty() ? out_.clone(value) : out;
  }

  const SubsetOptions& options_;
  const std::optional<Names>& names_;
  Document out_;
};

}  // namespace

bool is_subset(const SubsetOptions& options) {
  return !options.elements.empty() ||
         (options.summary != Summary::kFalse && options.summary != Summary::kCount);
}

Result<std::string> to_subset(std::string_view json, const SubsetOptions& options) {
  if (!is_subset(options)) return std::string(json);
  KAP_TRY(const Document document, json::parse(json));
  const std::string_view type = document.root.string("resourceType");
  const auto* definition = definitions::find_resource_type(type);
  if (definition == nullptr)
    return fail(Category::kUnprocessable, IssueType::kStructure, "this is no R4 resource",
                "resourceType");
  const auto names = names_for(type, options.elements);
  if (!options.elements.empty() && !names) return std::string(json);
  return Subset(options, names).make(document.root, *definition);
}

}  // namespace kap::fhir::search
