#include <algorithm>

#include "fhir/definitions/generator/tables.h"

namespace kap::fhir::definitions::generator {
namespace {

void append_codes(const json::Value& concepts, std::string& row) {
  for (const json::Value& item : concepts.items()) {
    row.append("\t").append(item.string("code"));
    if (const json::Value* below = item.find("concept")) append_codes(*below, row);
  }
}

bool is_case_sensitive(const json::Value& system) {
  const json::Value* flag = system.find("caseSensitive");
  return flag != nullptr && flag->kind() == json::Kind::kTrue;
}

}  // namespace

std::string code_systems_table(const Package& package) {
  std::string table =
      table_head(package, "a code system with all its codes: url, exact or any (case), its codes");
  for (const json::Value* system : package.resources("CodeSystem")) {
    const json::Value* concepts = system->find("concept");
    if (system->string("content") != "complete" || concepts == nullptr) continue;
    const std::string_view url = system->string("url");
    if (url.find('|') != std::string_view::npos) continue;  // an old version under its own URL
    std::string row(url);
    row.append(is_case_sensitive(*system) ? "\texact" : "\tany");
    append_codes(*concepts, row);
    std::ranges::replace_if(row, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    table.append(row).append("\n");
  }
  return table;
}

}  // namespace kap::fhir::definitions::generator
