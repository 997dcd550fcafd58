#include "mappings/engine/builtin.h"

#include <string_view>
#include <utility>

#include "fhir/base/embedded.h"
#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "mappings/engine/parser.h"
#include "mappings/engine/print_map.h"

KAP_EMBEDDED_DECLARE(builtin_maps);

namespace kap::mappings {
namespace {

/// One file of the archive that CMake makes: a line `== path size`, then its bytes and a newline.
bool next_file(std::string_view& rest, std::string_view& path, std::string_view& bytes) {
  if (!rest.starts_with("== ")) return false;
  const std::size_t line = rest.find('\n');
  const std::string_view head = rest.substr(3, line - 3);
  const std::size_t space = head.rfind(' ');
  path = head.substr(0, space);
  std::size_t size = 0;
  for (const char c : head.substr(space + 1)) size = size * 10 + static_cast<std::size_t>(c - '0');
  bytes = rest.substr(line + 1, size);
  rest.remove_prefix(line + 1 + size + 1);
  return true;
}

}  // namespace

Result<MapFiles> builtin_files() {
  MapFiles out;
  std::string_view rest = KAP_EMBEDDED(builtin_maps);
  std::string_view path;
  std::string_view bytes;
  while (next_file(rest, path, bytes)) {
    if (path.ends_with(".json")) {
      KAP_CHECK_OK(out.terminology.add(bytes, path));
    } else {
      out.maps.push_back({.file = std::string(path), .text = std::string(bytes)});
    }
  }
  KAP_CHECK_OK(out.terminology.check());
  return out;
}

Result<std::vector<BuiltinStructureMap>> builtin_structure_maps() {
  KAP_TRY(const MapFiles files, builtin_files());
  std::vector<BuiltinStructureMap> out;
  for (const MapText& file : files.maps) {
    Diagnostics diagnostics;
    const auto map = parse_map(file.text, file.file, diagnostics);
    if (!map.has_value()) return std::unexpected(diagnostics.to_outcome());
    KAP_TRY(fhir::json::Document document, fhir::json::parse(to_structure_map(*map)));
    const std::string url(document.root.string("url"));
    const std::string name(document.root.string("name"));
    fhir::json::Value root = fhir::json::Document::object();
    document.add(root, "resourceType", document.string("StructureMap"));
    document.add(root, "id", document.string(std::string_view(url).substr(url.rfind('/') + 1)));
    for (const auto& member : document.root.members())
      if (member.name != "resourceType") document.add(root, member.name, member.value);
    out.push_back({.url = url, .name = name, .json = fhir::json::to_text(root)});
  }
  return out;
}

std::optional<Mapper> builtin_mapper(Diagnostics& diagnostics) {
  auto files = builtin_files();
  if (!files.has_value()) {
    diagnostics.add({.code = Code::kConceptMapSyntax,
                     .file = "mappings/terminology",
                     .span = {},
                     .message = files.error().summary(),
                     .hint = {},
                     .source_line = {}});
    return std::nullopt;
  }
  return Mapper::make(std::move(files->maps), std::move(files->terminology), {}, diagnostics);
}

}  // namespace kap::mappings
