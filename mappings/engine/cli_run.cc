#include <filesystem>
#include <optional>
#include <ostream>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fhir/base/limits.h"
#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "mappings/engine/builtin.h"
#include "mappings/engine/cli_commands.h"
#include "mappings/engine/map_files.h"
#include "mappings/engine/mapping.h"

namespace kap::mappings {
namespace {

struct Arguments {
  std::vector<std::string> maps;
  std::string source;
  std::string url;
  fhir::json::Layout layout = fhir::json::Layout::kPretty;
  MapOptions options;
  CompileOptions compile;
};

std::optional<Arguments> parse(std::span<const std::string> arguments, std::string_view command,
                               std::ostream& err) {
  Arguments out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    std::string* value = nullptr;
    if (argument == "--map") value = &out.maps.emplace_back();
    if (argument == "--source") value = &out.source;
    if (argument == "--group") value = &out.url;
    if (value != nullptr) {
      if (i + 1 == arguments.size()) {
        err << fmt::format("map {}: {} wants a value\n", command, argument);
        return std::nullopt;
      }
      *value = arguments[++i];
    } else if (argument == "--compact") {
      out.layout = fhir::json::Layout::kCompact;
    } else if (argument == "--no-check") {
      out.options.rules = MapOptions::Rules::kTrust;
    } else if (argument == "--lenient") {
      out.compile.strictness = CompileOptions::Strictness::kSpecification;
    } else if (argument != "--all") {
      err << fmt::format("map {}: no option {}\n", command, argument);
      return std::nullopt;
    }
  }
  if (out.source.empty()) {
    err << fmt::format("map {}: --source FILE is missing\n", command);
    return std::nullopt;
  }
  return out;
}

/// The maps of the command line, or the built-in ones; and the first map's url where one file was
/// named.
std::optional<Mapper> load(Arguments& arguments, std::ostream& err) {
  Diagnostics diagnostics;
  std::optional<Mapper> mapper;
  if (arguments.maps.empty()) {
    mapper = builtin_mapper(diagnostics);
  } else {
    auto files = read_map_files(arguments.maps);
    if (!files.has_value()) {
      err << files.error().summary() << '\n';
      return std::nullopt;
    }
    mapper = Mapper::make(std::move(files->maps), std::move(files->terminology), arguments.compile,
                          diagnostics);
    if (mapper && arguments.url.empty() && !arguments.maps.empty() &&
        std::filesystem::is_regular_file(arguments.maps.front())) {
      const auto urls = mapper->map_urls();
      if (!urls.empty()) arguments.url = urls.front();
    }
  }
  err << diagnostics.render();
  return mapper;
}

void print_issues(const Outcome& outcome, std::ostream& err) {
  for (const Issue& issue : outcome.issues()) {
    err << (issue.expression.empty() ? std::string() : issue.expression + ": ") << issue.diagnostics
        << '\n';
  }
}

struct Source {
  std::optional<fhir::json::Document> resource;  // a FHIR resource
  std::string record;                            // a serialized Record
};

Result<Source> read_source(const std::string& path) {
  KAP_TRY(const std::string text, read_file(path, limits::kJsonBytes));
  KAP_TRY(fhir::json::Document document, fhir::json::parse(text));
  Source out;
  if (!document.root.string("resourceType").empty()) {
    out.resource = std::move(document);
    return out;
  }
  KAP_TRY(out.record, record_from_json(text));
  return out;
}

}  // namespace

int run_command(std::span<const std::string> arguments, std::ostream& out, std::ostream& err) {
  auto parsed = parse(arguments, "run", err);
  if (!parsed) return kWrongUse;
  const auto mapper = load(*parsed, err);
  if (!mapper) return kFailed;
  const auto source = read_source(parsed->source);
  if (!source.has_value()) {
    print_issues(source.error(), err);
    return kFailed;
  }
  const auto result =
      source->resource ? mapper->map_resource(parsed->url, source->resource->root, parsed->options)
                       : mapper->map_to_bundle(parsed->url, source->record, parsed->options);
  if (!result.has_value()) {
    print_issues(result.error(), err);
    return kFailed;
  }
  const auto document = fhir::json::parse(*result);
  out << (document.has_value() ? fhir::json::to_text(document->root, parsed->layout) : *result)
      << '\n';
  return kDone;
}

int explain_command(std::span<const std::string> arguments, std::ostream& out, std::ostream& err) {
  auto parsed = parse(arguments, "explain", err);
  if (!parsed) return kWrongUse;
  const auto mapper = load(*parsed, err);
  if (!mapper) return kFailed;
  const auto source = read_source(parsed->source);
  if (!source.has_value()) {
    print_issues(source.error(), err);
    return kFailed;
  }
  const auto result = mapper->explain(parsed->url, source->record,
                                      source->resource ? &source->resource->root : nullptr);
  if (!result.has_value()) {
    print_issues(result.error(), err);
    return kFailed;
  }
  out << *result;
  return kDone;
}

}  // namespace kap::mappings
