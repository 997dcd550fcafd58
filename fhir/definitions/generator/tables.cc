#include "fhir/definitions/generator/tables.h"

namespace kap::fhir::definitions::generator {

std::string table_head(const Package& package, std::string_view columns) {
  std::string head = "# Made by definitions-generator from ";
  head.append(package.name()).append("#").append(package.version()).append("; do not edit.\n# ");
  return head.append(columns).append("\n");
}

std::string_view without_version(std::string_view canonical) {
  return canonical.substr(0, canonical.find('|'));
}

std::string_view last_segment(std::string_view url) { return url.substr(url.rfind('/') + 1); }

std::string to_cell(std::string_view text) {
  std::string cell;
  bool space = false;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      space = !cell.empty();
      continue;
    }
    if (space) cell.push_back(' ');
    space = false;
    cell.push_back(c);
  }
  return cell;
}

bool is_type_definition(const json::Value& structure) {
  return structure.string("kind") != "logical" && structure.string("derivation") != "constraint";
}

}  // namespace kap::fhir::definitions::generator
