// http://hl7.org/fhir/R4/structuremap-operation-transform.html
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "fhir/base/limits.h"
#include "fhir/json/print.h"
#include "gateway/service/operations/operations.h"
#include "mappings/engine/mapping.h"

namespace kap::gateway::service {
namespace {

using fhir::json::Value;

constexpr std::array<std::string_view, 1> kTypes{"StructureMap"};

constexpr std::array kParameters{
    OperationParameterDef{.name = "source",
                          .type = "uri",
                          .documentation = "The map's canonical; not for an instance."},
    OperationParameterDef{.name = "content",
                          .min = 1,
                          .type = "Resource",
                          .documentation = "What to transform: a resource, or a record of the "
                                           "clinic contract as protobuf JSON, either as it is in "
                                           "the body or in a Binary."},
    OperationParameterDef{.name = "return",
                          .use = ParameterUse::kOut,
                          .min = 1,
                          .type = "Resource",
                          .documentation = "What the map yields. Ids are those the map writes, not "
                                           "those the gateway would give."},
};

/// RFC 4648, section 4; white space is passed over. Nothing for another character.
std::optional<std::string> decode_base64(std::string_view text) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=' || c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
  }
  return out;
}

Result<std::string> find_map(const mappings::Mapper& maps, const OperationCall& call) {
  const auto source = call.parameters.text("source");
  if (source.has_value() == (call.id != nullptr))
    return fail(Category::kInvalidRequest, IssueType::kRequired,
                call.id != nullptr ? "an instance is named already; leave source off"
                                   : "source must name the map",
                "source");
  const auto urls = maps.map_urls();
  const auto found = std::ranges::find_if(urls, [&](std::string_view url) {
    if (source.has_value()) return url == *source;
    return url.substr(url.rfind('/') + 1) == call.id->text();
  });
  if (found == urls.end())
    return fail(Category::kNotFound, IssueType::kNotFound, "no StructureMap of that name is here",
                "source");
  return *found;
}

/// The text of a clinic's record, where the content is one.
Result<std::optional<std::string>> record_text(const Value& content) {
  const std::string_view type = content.string("resourceType");
  if (type.empty()) return fhir::json::to_text(content);
  if (type != "Binary") return std::optional<std::string>();
  auto bytes = decode_base64(content.string("data"));
  if (!bytes.has_value() || bytes->empty())
    return fail(Category::kInvalidRequest, IssueType::kValue,
                "a Binary must hold the record's JSON as base64", "content.data");
  return std::move(bytes);
}

/// Faults of the content, under the name of the parameter.
std::unexpected<Outcome> of_content(const Outcome& outcome) {
  std::vector<Issue> issues = outcome.issues();
  for (Issue& issue : issues)
    issue.expression = issue.expression.empty() ? "content" : "content." + issue.expression;
  return std::unexpected(Outcome(outcome.category(), std::move(issues)));
}

Result<OperationAnswer> run(const security::Permit&, const OperationContext& context,
                            const OperationCall& call) {
  const mappings::Mapper& maps = *context.maps;
  KAP_TRY(const std::string url, find_map(maps, call));
  const Value& content = *call.parameters.value("content");
  KAP_TRY(const auto text, record_text(content));
  const mappings::MapOptions options{.clock = &context.reader.clock};
  if (!text.has_value()) {
    auto result = maps.map_resource(url, content, options);
    if (!result.has_value()) return of_content(result.error());
    return OperationAnswer{.json = *std::move(result)};
  }
  if (text->size() > limits::kRecordBytes)
    return fail(Category::kTooLarge, IssueType::kTooLong,
                fmt::format("a record may have {} bytes", limits::kRecordBytes), "content");
  const auto record = mappings::record_from_json(*text);
  if (!record.has_value()) return of_content(record.error());
  auto result = maps.map_to_bundle(url, *record, options);
  if (!result.has_value()) return of_content(result.error());
  return OperationAnswer{.json = *std::move(result)};
}

}  // namespace

const OperationDef kTransform{
    .code = "transform",
    .id = "StructureMap-transform",
    .canonical = "http://hl7.org/fhir/OperationDefinition/StructureMap-transform",
    .name = "ModelInstanceTransformation",
    .title = "Model Instance Transformation",
    .description = "What a record becomes by the maps that the gateway maps records with.",
    .levels = {.type = true, .instance = true},
    .types = kTypes,
    .access = OperationAccess::kAnyToken,
    .body = OperationBody::kAnyObject,
    .parameters = kParameters,
    .run = &run,
};

}  // namespace kap::gateway::service
