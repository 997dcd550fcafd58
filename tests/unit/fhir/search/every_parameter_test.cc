// Every search parameter of every type: resources made from the definitions, with each type of a
// choice, each code of a binding and each target of a reference in turn, are found again by what
// the parameter extracts from them.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fhir/definitions/types.h"
#include "fhir/definitions/value_sets.h"
#include "fhir/json/parse.h"
#include "fhir/search/match.h"

namespace kap::fhir::search {
namespace {

using definitions::ElementDef;
using definitions::Primitive;
using definitions::SearchParameterDef;
using definitions::SearchType;
using definitions::TypeDef;
using definitions::TypeRef;

/// Writes the resources of one turn.
class Maker {
 public:
  explicit Maker(std::size_t turn) : turn_(turn) {}

  std::string resource(const TypeDef& type) {
    return fmt::format(R"({{"resourceType":"{}","id":"example"{}}})", type.name,
                       members(type, 0, ","));
  }

 private:
  static constexpr int kDepth = 6;

  template <class List>
  const auto& pick(const List& list) const {
    return list[turn_ % list.size()];
  }

  std::string members(const TypeDef& type, int depth, std::string_view separator) {
    std::string out;
    for (const ElementDef& element : type.elements) {
      static const std::set<std::string_view> kLeftOut{
          "id", "extension", "modifierExtension", "contained", "text", "implicitRules"};
      const bool is_text_element = element.name == "text" && element.types[0].code == "Narrative";
      if ((kLeftOut.contains(element.name) && (element.name != "text" || is_text_element)) ||
          element.types.empty())
        continue;
      const TypeRef& ref = pick(element.types);
      const auto value = this->value(ref, element, depth + 1);
      if (!value) continue;
      std::string name(element.name);
      if (element.is_choice) {
        std::string code(ref.code);
        code[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(code[0])));
        name += code;
      }
      out += out.empty() ? separator : ",";
      out += fmt::format(R"("{}":{})", name, element.is_list() ? "[" + *value + "]" : *value);
    }
    return out;
  }

  std::optional<std::string> value(const TypeRef& ref, const ElementDef& element, int depth) {
    if (ref.code == "Reference") {
      static const std::vector<std::string_view> kAny = [] {
        std::vector<std::string_view> out;
        for (const auto* type : definitions::resource_types()) out.push_back(type->name);
        return out;
      }();
      const auto any = turn_ % 2 == 0 ? std::string_view("Patient") : pick(kAny);
      const auto target = ref.targets.empty() ? any : pick(ref.targets)->name;
      return fmt::format(R"({{"reference":"{}/example"}})", target);
    }
    if (ref.code == "Resource") {
      static const std::vector<std::string_view> kInside{"Composition", "MessageHeader", "Patient"};
      return fmt::format(R"({{"resourceType":"{}","id":"example"}})", pick(kInside));
    }
    if (ref.type == nullptr || ref.code == "Extension" || ref.code == "Narrative")
      return std::nullopt;
    if (ref.type->primitive != Primitive::kNone) return primitive(ref.type->primitive, element);
    if (depth > kDepth) return std::nullopt;
    const auto inside = members(*ref.type, depth, "");
    return inside.empty() ? std::nullopt : std::optional("{" + inside + "}");
  }

  std::string primitive(Primitive type, const ElementDef& element) const {
    switch (type) {
      case Primitive::kBoolean:
        return turn_ % 2 == 0 ? "true" : "false";
      case Primitive::kDecimal:
      case Primitive::kInteger:
      case Primitive::kPositiveInt:
      case Primitive::kUnsignedInt:
        return "5";
      case Primitive::kDate:
        return R"("2024-03-01")";
      case Primitive::kDateTime:
      case Primitive::kInstant:
        return R"("2024-03-01T10:00:00Z")";
      case Primitive::kTime:
        return R"("10:00:00")";
      case Primitive::kCanonical:
        return R"("http://example.org/canonical|1.0")";
      case Primitive::kUri:
      case Primitive::kUrl:
      case Primitive::kOid:
      case Primitive::kUuid:
        return R"("http://example.org/uri")";
      case Primitive::kCode:
        if (element.binding != nullptr && element.binding->value_set != nullptr &&
            !element.binding->value_set->codes.empty())
          return fmt::format(R"("{}")", pick(element.binding->value_set->codes).code);
        return R"("code")";
      default:
        return R"("Example")";
    }
  }

  std::size_t turn_;
};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(",|$\\").contains(c)) out += '\\';
    out += c;
  }
  return out;
}

using Asked = std::pair<std::string, std::string>;  // modifier, value

/// A search value that what was extracted must match.
struct Asker {
  Asked operator()(const StringEntry& entry) const { return {":exact", escaped(entry.exact)}; }
  Asked operator()(const TokenEntry& entry) const {
    return {"", escaped(entry.system) + "|" + escaped(entry.code)};
  }
  Asked operator()(const ReferenceEntry& entry) const {
    if (entry.url.empty()) return {"", entry.type + "/" + entry.id};
    return {"", escaped(entry.url) + (entry.version.empty() ? "" : "|" + entry.version)};
  }
  Asked operator()(const DateEntry&) const { return {"", "ap2024-03-01"}; }
  Asked operator()(const NumberEntry&) const { return {"", "ap5"}; }
  Asked operator()(const QuantityEntry& entry) const {
    return {"", "ap5|" + escaped(entry.system) + "|" + escaped(entry.code)};
  }
  Asked operator()(const UriEntry& entry) const { return {"", escaped(entry.value)}; }
  Asked operator()(const TextEntry& entry) const { return {":text", escaped(entry.normalized)}; }
  Asked operator()(const TypedIdentifierEntry& entry) const {
    return {":of-type",
            escaped(entry.system) + "|" + escaped(entry.code) + "|" + escaped(entry.value)};
  }
};

/// The value of a composite from the entries of its first group; empty: not all components.
std::string composite_value(const SearchParameterDef& parameter,
                            const std::vector<IndexEntry>& entries) {
  std::string out;
  for (std::size_t i = 0; i < parameter.components.size(); ++i) {
    const IndexEntry* found = nullptr;
    for (const IndexEntry& entry : entries)
      if (entry.parameter == parameter.id && entry.group == 1 && entry.component == i + 1 &&
          !std::holds_alternative<TextEntry>(entry.value))
        found = found == nullptr ? &entry : found;
    if (found == nullptr) return {};
    out += (i == 0 ? "" : "$") + std::visit(Asker{}, found->value).second;
  }
  return out;
}

class EveryParameter : public testing::Test {
 protected:
  void check(const TypeDef& type, const std::string& text) {
    const auto document = json::parse(text);
    ASSERT_TRUE(document.has_value()) << text;
    const auto entries = extract(document->root, Composites::kExtract);
    ASSERT_TRUE(entries.has_value()) << type.name << ": " << entries.error().summary();
    for (const SearchParameterDef* parameter : definitions::search_parameters(type.name)) {
      if (parameter->type == SearchType::kComposite) {
        const auto value = composite_value(*parameter, *entries);
        if (!value.empty()) ask(type, *parameter, {"", value}, *entries);
        continue;
      }
      for (const IndexEntry& entry : *entries)
        if (entry.parameter == parameter->id && entry.component == 0 && may_ask(*parameter, entry))
          ask(type, *parameter, std::visit(Asker{}, entry.value), *entries);
    }
  }

  /// What the turn put there may be of a type that the parameter does not point to.
  static bool may_ask(const SearchParameterDef& parameter, const IndexEntry& entry) {
    const auto* reference = std::get_if<ReferenceEntry>(&entry.value);
    return reference == nullptr || parameter.targets.empty() || !reference->url.empty() ||
           std::ranges::find(parameter.targets, reference->type) != parameter.targets.end();
  }

  void ask(const TypeDef& type, const SearchParameterDef& parameter, const Asked& asked,
           const std::vector<IndexEntry>& entries) {
    const std::string name = std::string(parameter.code) + asked.first;
    const std::vector<std::pair<std::string, std::string>> pairs{{name, asked.second}};
    const auto query = parse_query(type.name, pairs, {.handling = Handling::kStrict});
    ASSERT_TRUE(query.has_value())
        << type.name << "?" << name << "=" << asked.second << ": " << query.error().summary();
    EXPECT_TRUE(matches(Candidate{.id = "example", .entries = entries}, *query))
        << type.name << "?" << name << "=" << asked.second;
    found_.insert(fmt::format("{}.{}", type.name, parameter.code));
  }

  std::set<std::string> found_;
};

TEST_F(EveryParameter, FindsWhatItExtracts) {
  constexpr std::size_t kTurns = 40;
  for (const TypeDef* type : definitions::resource_types())
    for (std::size_t turn = 0; turn < kTurns && !HasFatalFailure(); ++turn)
      check(*type, Maker(turn).resource(*type));
  std::vector<std::string> nothing;
  std::size_t parameters = 0;
  for (const TypeDef* type : definitions::resource_types()) {
    for (const SearchParameterDef* parameter : definitions::search_parameters(type->name)) {
      const bool is_searchable = !parameter->expression.empty() &&
                                 parameter->type != SearchType::kSpecial &&
                                 parameter->code != "_id" && parameter->code != "_lastUpdated";
      if (!is_searchable) continue;
      ++parameters;
      const auto name = fmt::format("{}.{}", type->name, parameter->code);
      if (!found_.contains(name)) nothing.push_back(name);
    }
  }
  EXPECT_GT(parameters, 1'900U);
  // These look into extensions, which the definitions of the types do not name.
  const std::set<std::string> in_extensions{
      "Device.din",
      "DiagnosticReport.assessed-condition",
      "Observation.amino-acid-change",
      "Observation.dna-variant",
      "Observation.gene-amino-acid-change",
      "Observation.gene-dnavariant",
      "Observation.gene-identifier",
      "Patient.mothersMaidenName",
      "QuestionnaireResponse.item-subject",
  };
  std::erase_if(nothing, [&](const std::string& name) { return in_extensions.contains(name); });
  EXPECT_THAT(nothing, testing::IsEmpty());
}

}  // namespace
}  // namespace kap::fhir::search
