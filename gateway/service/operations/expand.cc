// http://hl7.org/fhir/R4/valueset-operation-expand.html
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "fhir/json/print.h"
#include "fhir/path/unicode.h"
#include "gateway/service/operations/coded_parameters.h"
#include "gateway/service/operations/operations.h"
#include "mappings/engine/mapping.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;
using fhir::definitions::kUnbounded;
using fhir::terminology::Concept;
using fhir::terminology::Terminology;
using json::Document;
using json::Value;

constexpr std::array<std::string_view, 1> kTypes{"ValueSet"};

constexpr std::size_t kMaxCodes = 5'000;  // in one answer

constexpr std::array kParameters{
    OperationParameterDef{.name = "url",
                          .type = "uri",
                          .documentation = "The canonical of a value set that is here."},
    OperationParameterDef{.name = "valueSet",
                          .type = "ValueSet",
                          .documentation = "Not taken: only value sets that are here."},
    OperationParameterDef{.name = "valueSetVersion",
                          .type = "string",
                          .documentation = "The version that the value set must have."},
    OperationParameterDef{.name = "context", .type = "uri", .documentation = "Not taken."},
    OperationParameterDef{
        .name = "contextDirection", .type = "code", .documentation = "Not taken."},
    OperationParameterDef{.name = "filter",
                          .type = "string",
                          .documentation = "Words that must all occur in a code or its display, "
                                           "whatever their case."},
    OperationParameterDef{.name = "date", .type = "dateTime", .documentation = "Not taken."},
    OperationParameterDef{.name = "offset",
                          .type = "integer",
                          .documentation = "How many codes to leave out in front."},
    OperationParameterDef{.name = "count",
                          .type = "integer",
                          .documentation = "How many codes to give; 0 asks for the total alone."},
    OperationParameterDef{.name = "includeDesignations",
                          .type = "boolean",
                          .documentation = "Whether to give designations, where there are any."},
    OperationParameterDef{
        .name = "designation", .max = kUnbounded, .type = "string", .documentation = "Not taken."},
    OperationParameterDef{.name = "includeDefinition",
                          .type = "boolean",
                          .documentation = "Whether to give the definition too, of value sets that "
                                           "are here with it."},
    OperationParameterDef{.name = "activeOnly",
                          .type = "boolean",
                          .documentation = "All codes that are here are active."},
    OperationParameterDef{.name = "excludeNested",
                          .type = "boolean",
                          .documentation = "Expansions are always flat; false is not taken."},
    OperationParameterDef{.name = "excludeNotForUI",
                          .type = "boolean",
                          .documentation = "No code that is here is abstract."},
    OperationParameterDef{.name = "excludePostCoordinated",
                          .type = "boolean",
                          .documentation = "No code that is here is post-coordinated."},
    OperationParameterDef{.name = "displayLanguage",
                          .type = "code",
                          .documentation = "`en`: displays are in English."},
    OperationParameterDef{.name = "exclude-system",
                          .max = kUnbounded,
                          .type = "canonical",
                          .documentation = "Leaves out the codes of this system."},
    OperationParameterDef{.name = "system-version",
                          .max = kUnbounded,
                          .type = "canonical",
                          .documentation = "Not taken."},
    OperationParameterDef{.name = "check-system-version",
                          .max = kUnbounded,
                          .type = "canonical",
                          .documentation = "Not taken."},
    OperationParameterDef{.name = "force-system-version",
                          .max = kUnbounded,
                          .type = "canonical",
                          .documentation = "Not taken."},
    OperationParameterDef{.name = "return",
                          .use = ParameterUse::kOut,
                          .min = 1,
                          .type = "ValueSet",
                          .documentation = "The expanded value set."},
};

/// What of the expansion is asked for.
struct Slice {
  std::size_t offset = 0;
  std::optional<std::size_t> count{};
  std::vector<std::string> words{};  // in lower case
};

Result<std::size_t> read_number(const OperationParameters& parameters, std::string_view name) {
  const std::string_view text = parameters.text(name).value_or("");
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  return fail(Category::kInvalidRequest, IssueType::kValue,
              fmt::format("{} must be a whole number from 0 on", name), std::string(name));
}

Result<Slice> read_slice(const OperationParameters& parameters) {
  Slice out;
  if (parameters.find("offset") != nullptr) {
    KAP_TRY(out.offset, read_number(parameters, "offset"));
  }
  if (parameters.find("count") != nullptr) {
    KAP_TRY(out.count, read_number(parameters, "count"));
  }
  std::string word;
  for (const char c : fhir::path::to_lower(parameters.text("filter").value_or(""))) {
    if (c != ' ') {
      word += c;
    } else if (!word.empty()) {
      out.words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) out.words.push_back(std::move(word));
  return out;
}

bool has_words(const Concept& item, const std::vector<std::string>& words) {
  const std::string code = fhir::path::to_lower(item.code);
  const std::string display = fhir::path::to_lower(item.display);
  return std::ranges::all_of(words, [&](const std::string& word) {
    return code.find(word) != std::string::npos || display.find(word) != std::string::npos;
  });
}

Status check_supported(const OperationParameters& parameters) {
  KAP_CHECK_OK(
      refuse_given(parameters, {"valueSet", "context", "contextDirection", "date", "designation",
                                "system-version", "check-system-version", "force-system-version"}));
  if (parameters.text("excludeNested") == "false")
    return fail(Category::kInvalidRequest, IssueType::kNotSupported, "expansions are always flat",
                "excludeNested");
  for (const std::string_view system : parameters.texts("exclude-system"))
    if (system.find('|') != std::string_view::npos)
      return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                  "systems are here in one version; name the system without one", "exclude-system");
  return check_language(parameters);
}

/// The parameters that shaped the expansion, as ValueSet.expansion.parameter.
Value used_parameters(Document& document, const OperationParameters& parameters) {
  Value out = Document::array();
  for (const OperationParameter& given : parameters.all()) {
    if (given.name == "url" || given.name == "valueSetVersion") continue;
    Value item = Document::object();
    document.add(item, "name", document.string(given.name));
    if (given.def->type == "boolean")
      document.add(item, "valueBoolean", Value(given.text == "true"));
    else if (given.def->type == "integer")
      document.add(item, "valueInteger", document.number(given.text));
    else if (given.def->type == "canonical")
      document.add(item, "valueUri", document.string(given.text));
    else if (given.def->type == "code")
      document.add(item, "valueCode", document.string(given.text));
    else
      document.add(item, "valueString", document.string(given.text));
    document.append(out, item);
  }
  return out;
}

void add_designations(Document& document, Value& item, const Terminology& terminology,
                      const Concept& found) {
  const Value* system = terminology.find_resource("CodeSystem", found.system);
  if (system == nullptr) return;
  const auto defined = find_in_hierarchy(*system, found.code);
  const Value* designations = defined.item == nullptr ? nullptr : defined.item->find("designation");
  if (designations != nullptr) document.add(item, "designation", document.clone(*designations));
}

Value to_contains(Document& document, const Terminology& terminology, const Concept& found,
                  bool with_designations) {
  Value out = Document::object();
  if (!found.system.empty()) document.add(out, "system", document.string(found.system));
  document.add(out, "code", document.string(found.code));
  if (!found.display.empty()) document.add(out, "display", document.string(found.display));
  if (with_designations) add_designations(document, out, terminology, found);
  return out;
}

/// The ValueSet without its expansion. Of one that is here as a table only its name is known.
Value head(Document& document, const Artifact& artifact, bool with_definition) {
  if (artifact.resource != nullptr && with_definition) return document.clone(*artifact.resource);
  Value out = Document::object();
  document.add(out, "resourceType", document.string("ValueSet"));
  document.add(out, "url", document.string(artifact.url));
  if (!artifact.version.empty()) document.add(out, "version", document.string(artifact.version));
  if (artifact.resource != nullptr)
    for (const std::string_view name : {"id", "name", "title"})
      if (const auto text = artifact.resource->string(name); !text.empty())
        document.add(out, name, document.string(text));
  const std::string_view status =
      artifact.resource == nullptr ? "unknown" : artifact.resource->string("status");
  document.add(out, "status", document.string(status));
  return out;
}

Result<std::vector<Concept>> select(const Terminology& terminology, const std::string& url,
                                    const OperationParameters& parameters, const Slice& slice) {
  auto all = terminology.expand(url);
  if (!all.has_value())
    return fail(Category::kUnprocessable, IssueType::kNotSupported,
                "the value set holds codes of systems that are not here, so it cannot be expanded");
  const auto excluded = parameters.texts("exclude-system");
  std::erase_if(*all, [&](const Concept& item) {
    return std::ranges::find(excluded, item.system) != excluded.end() ||
           !has_words(item, slice.words);
  });
  return all;
}

Result<OperationAnswer> run(const security::Permit&, const OperationContext& context,
                            const OperationCall& call) {
  const OperationParameters& parameters = call.parameters;
  KAP_CHECK_OK(check_supported(parameters));
  const Terminology& terminology = context.maps->terminology();
  KAP_TRY(const Artifact artifact, find_artifact(terminology, call, "valueSetVersion"));
  const bool with_definition = parameters.is_true("includeDefinition");
  if (with_definition && artifact.resource == nullptr)
    return fail(Category::kInvalidRequest, IssueType::kNotSupported,
                "of this value set the codes are here, not the definition", "includeDefinition");
  KAP_TRY(const Slice slice, read_slice(parameters));
  KAP_TRY(const auto concepts, select(terminology, artifact.url, parameters, slice));
  const std::size_t first = std::min(slice.offset, concepts.size());
  const std::size_t given =
      std::min(slice.count.value_or(concepts.size()), concepts.size() - first);
  if (given > kMaxCodes)
    return fail(Category::kUnprocessable, IssueType::kTooCostly,
                fmt::format("the expansion has {} codes; ask for at most {} with count and offset",
                            concepts.size(), kMaxCodes),
                "count");
  Document document;
  document.root = head(document, artifact, with_definition);
  Value expansion = Document::object();
  document.add(expansion, "timestamp",
               document.string(to_fhir_instant(context.reader.clock.now())));
  document.add(expansion, "total", document.number(static_cast<std::int64_t>(concepts.size())));
  if (parameters.find("offset") != nullptr || slice.count.has_value())
    document.add(expansion, "offset", document.number(static_cast<std::int64_t>(slice.offset)));
  const Value used = used_parameters(document, parameters);
  if (!used.items().empty()) document.add(expansion, "parameter", used);
  Value contains = Document::array();
  for (std::size_t i = first; i < first + given; ++i)
    document.append(contains, to_contains(document, terminology, concepts[i],
                                          parameters.is_true("includeDesignations")));
  if (!contains.items().empty()) document.add(expansion, "contains", contains);
  document.set(document.root, "expansion", expansion);
  return OperationAnswer{.json = json::to_text(document.root)};
}

}  // namespace

const OperationDef kExpand{
    .code = "expand",
    .id = "ValueSet-expand",
    .canonical = "http://hl7.org/fhir/OperationDefinition/ValueSet-expand",
    .name = "ValueSetExpansion",
    .title = "Value Set Expansion",
    .description = "All codes of a value set of the shipped terminology or of FHIR R4.",
    .levels = {.type = true, .instance = true},
    .types = kTypes,
    .access = OperationAccess::kAnyToken,
    .parameters = kParameters,
    .run = &run,
};

}  // namespace kap::gateway::service
