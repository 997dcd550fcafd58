#include <array>
#include <map>
#include <set>
#include <utility>

#include "fhir/definitions/generator/base_elements.h"
#include "fhir/definitions/generator/tables.h"
#include "fhir/json/print.h"

namespace kap::fhir::definitions::generator {
namespace {

constexpr std::string_view kCoreTypes = "http://hl7.org/fhir/StructureDefinition/";
constexpr std::string_view kMaxValueSet =
    "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet";

std::span<const json::Value> items(const json::Value& object, std::string_view name) {
  const json::Value* list = object.find(name);
  return list == nullptr ? std::span<const json::Value>() : list->items();
}

/// The package forgets contexts in which it uses these extensions itself; R4B states them.
std::string_view forgotten_contexts(std::string_view url) {
  if (!url.starts_with(kCoreTypes)) return {};
  url.remove_prefix(kCoreTypes.size());
  if (url == "regex" || url == "structuredefinition-fhir-type") {
    return " element:ElementDefinition.type";
  }
  if (url == "structuredefinition-normative-version") {
    return " element:CodeSystem element:OperationDefinition element:ValueSet"
           " element:ElementDefinition element:ElementDefinition.type";
  }
  return {};
}

/// `{profile,profile}(target|target)`; the types of the core package by their names.
std::string type_word(const json::Value& type) {
  const auto short_name = [](std::string_view url) {
    return url.starts_with(kCoreTypes) ? url.substr(kCoreTypes.size()) : url;
  };
  std::string_view code = type.string("code");
  if (code.starts_with("http://hl7.org/fhirpath/System.")) code = "string";
  std::string word(code);
  for (const json::Value& target : items(type, "targetProfile")) {
    word.append(&target == items(type, "targetProfile").data() ? "(" : "|");
    word.append(short_name(target.text()));
  }
  if (!items(type, "targetProfile").empty()) word.append(")");
  for (const json::Value& profile : items(type, "profile")) {
    word.append(&profile == items(type, "profile").data() ? "{" : ",");
    word.append(short_name(profile.text()));
  }
  if (!items(type, "profile").empty()) word.append("}");
  return word;
}

std::string types_cell(const json::Value& element) {
  std::string cell;
  for (const json::Value& type : items(element, "type")) {
    cell.append(cell.empty() ? "" : " ").append(type_word(type));
  }
  return cell;
}

/// `required url`, with ` max url` where no code outside of that value set will do.
std::string binding_cell(const json::Value& element) {
  const json::Value* binding = element.find("binding");
  if (binding == nullptr) return {};
  std::string cell;
  const std::string_view url = without_version(binding->string("valueSet"));
  if (!url.empty() && binding->string("strength") != "example") {
    cell.append(binding->string("strength")).append(" ").append(url);
  }
  for (const json::Value& extension : items(*binding, "extension")) {
    if (extension.string("url") != kMaxValueSet) continue;
    std::string_view max = extension.string("valueCanonical");
    if (max.empty()) max = extension.string("valueUri");
    cell.append(cell.empty() ? "" : " ").append("max ").append(without_version(max));
  }
  return cell;
}

/// `fixed VALUE` or `pattern VALUE`, the value as JSON.
std::string value_cell(const json::Value& element) {
  for (const json::Member& member : element.members()) {
    if (member.name.starts_with("fixed")) return "fixed " + json::to_text(member.value);
    if (member.name.starts_with("pattern")) return "pattern " + json::to_text(member.value);
  }
  return {};
}

std::string slicing_cell(const json::Value& element) {
  const json::Value* slicing = element.find("slicing");
  if (slicing == nullptr) return {};
  std::string cell(slicing->string("rules"));
  const json::Value* ordered = slicing->find("ordered");
  if (ordered != nullptr && ordered->kind() == json::Kind::kTrue) cell.append(" ordered");
  for (const json::Value& discriminator : items(*slicing, "discriminator")) {
    cell.append(" ").append(discriminator.string("type"));
    cell.append(":").append(discriminator.string("path"));
  }
  return cell;
}

using Keys = std::set<std::string, std::less<>>;

void add_keys(const json::Value* element, Keys& keys) {
  if (element == nullptr) return;
  for (const json::Value& constraint : items(*element, "constraint")) {
    keys.emplace(constraint.string("key"));
  }
}

/// Writes one profile: what each element says beyond the type it is an element of.
class ProfileRows {
 public:
  ProfileRows(const BaseElements& base, const json::Value& structure)
      : base_(base), structure_(structure) {
    for (const json::Value& element : items(*structure.find("snapshot"), "element")) {
      by_id_.emplace(std::string(element.string("id")), &element);
    }
  }

  [[nodiscard]] std::string text() {
    std::string rows = head();
    for (const json::Value& element : items(*structure_.find("snapshot"), "element")) {
      add(element, rows);
    }
    return rows;
  }

 private:
  [[nodiscard]] std::string head() const {
    std::string row = "D\t";
    row.append(structure_.string("url")).append("\t").append(structure_.string("type"));
    row.append("\t").append(structure_.string("name")).append("\t");
    row.append(structure_.string("baseDefinition")).append("\t");
    bool is_first = true;
    for (const json::Value& context : items(structure_, "context")) {
      row.append(std::exchange(is_first, false) ? "" : " ").append(context.string("type"));
      row.append(":").append(context.string("expression"));
    }
    row.append(forgotten_contexts(structure_.string("url"))).append("\n");
    for (const json::Value& rule : items(structure_, "contextInvariant")) {
      row.append("?\t").append(to_cell(rule.text())).append("\n");
    }
    return row;
  }

  /// The last step of the id, and the element it is a slice of; an id like a slice's without a
  /// slicing is only a name.
  void add(const json::Value& element, std::string& rows) {
    const std::string_view id = element.string("id");
    const std::size_t dot = id.rfind('.');
    const std::string_view step = dot == std::string_view::npos ? id : id.substr(dot + 1);
    const std::size_t colon = step.find(':');
    const json::Value* unsliced = nullptr;
    if (colon != std::string_view::npos) {
      unsliced = profile_element(id.substr(0, id.size() - step.size() + colon));
    }
    const json::Value* base = nullptr;
    if (dot == std::string_view::npos) {
      base = base_.find(structure_.string("type"));
    } else if (const json::Value* parent = profile_element(id.substr(0, dot))) {
      base = base_.child(*parent, step.substr(0, colon));
    }
    const std::string cells = differences(element, base, unsliced);
    std::string own = constraints(element, base, unsliced);
    if (cells.empty() && own.empty()) return;
    const std::string_view name = dot == std::string_view::npos ? "." : id.substr(id.find('.') + 1);
    const std::size_t kept =
        colon == std::string_view::npos || unsliced != nullptr ? name.size() : name.rfind(':');
    rows.append(name.substr(0, kept)).append(cells.empty() ? "\t\t\t\t\t\t" : cells).append("\n");
    rows.append(own);
  }

  [[nodiscard]] const json::Value* profile_element(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
  }

  /// Empty when there are none.
  [[nodiscard]] std::string differences(const json::Value& element, const json::Value* base,
                                        const json::Value* unsliced) const {
    const auto differs = [&](const std::string& cell, const std::string& of_base) {
      return base != nullptr && cell == of_base ? std::string() : cell;
    };
    const bool is_slice = unsliced != nullptr;
    const auto limit = [&](std::string_view name) {
      const json::Value* own = element.find(name);
      const json::Value* other = base == nullptr ? nullptr : base->find(name);
      const bool same = !is_slice && other != nullptr && other->text() == own->text();
      return same ? std::string() : std::string(own->text());
    };
    const bool is_root = element.string("id").find('.') == std::string_view::npos;
    std::string slicing = slicing_cell(element);
    if (!has_slices(element.string("id"))) slicing.clear();
    const std::array<std::string, 6> cells = {
        is_root ? std::string() : limit("min"),
        is_root ? std::string() : limit("max"),
        is_root ? std::string()
                : differs(types_cell(element), base == nullptr ? "" : types_cell(*base)),
        differs(binding_cell(element), base == nullptr ? "" : binding_cell(*base)),
        value_cell(element),
        slicing,
    };
    std::string row;
    for (const std::string& cell : cells) row.append("\t").append(cell);
    return row.size() == cells.size() ? std::string() : row;
  }

  [[nodiscard]] bool has_slices(std::string_view id) const {
    const std::string prefix = std::string(id).append(":");
    const auto next = by_id_.lower_bound(prefix);
    return next != by_id_.end() && next->first.starts_with(prefix);
  }

  [[nodiscard]] std::string constraints(const json::Value& element, const json::Value* base,
                                        const json::Value* unsliced) const {
    Keys known;
    add_keys(base, known);
    add_keys(unsliced, known);
    for (const json::Value& type : items(element, "type")) {
      add_keys(base_.find(type.string("code")), known);
    }
    std::string rows;
    for (const json::Value& constraint : items(element, "constraint")) {
      if (known.contains(constraint.string("key"))) continue;
      rows.append(constraint_row("!", constraint));
    }
    return rows;
  }

  const BaseElements& base_;
  const json::Value& structure_;
  std::map<std::string, const json::Value*, std::less<>> by_id_;
};

}  // namespace

std::string profiles_table(const Package& core, const Package& package) {
  const BaseElements base(core);
  std::string table = table_head(
      package,
      "P, package, version; then for each profile: D, url, type, name, base, contexts (of an\n"
      "# extension); ? with a context invariant; a line for each element that says more than its\n"
      "# type: id, min, max, types, binding, value, slicing; ! with a constraint of the element\n"
      "# above: key, level, expression, human text");
  table.append("P\t").append(package.name()).append("#").append(package.version());
  table.append("\t").append(package.version()).append("\n");
  for (const json::Value* structure : package.resources("StructureDefinition")) {
    const bool is_profile =
        structure->string("derivation") == "constraint" && structure->find("snapshot") != nullptr;
    if (is_profile) table.append(ProfileRows(base, *structure).text());
  }
  return table;
}

}  // namespace kap::fhir::definitions::generator
