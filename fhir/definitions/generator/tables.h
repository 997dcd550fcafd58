#pragma once

#include <set>
#include <string>

#include "fhir/definitions/generator/package.h"

/// Each function yields the whole text of one data file; the format stands in its first lines and
/// in fhir/definitions/data/README.md. The same package always gives the same bytes.
namespace kap::fhir::definitions::generator {

[[nodiscard]] std::string types_table(const Package& core);
[[nodiscard]] std::string search_parameters_table(const Package& core);
[[nodiscard]] std::string compartments_table(const Package& core);
[[nodiscard]] std::string value_sets_table(const Package& core);
/// The value sets bound in `package` and its profiles that value_sets_table(core) does not hold.
[[nodiscard]] std::string open_value_sets_table(const Package& core, const Package& package);
[[nodiscard]] std::string code_systems_table(const Package& package);
[[nodiscard]] std::string constraints_table(const Package& core);
[[nodiscard]] std::string profiles_table(const Package& core, const Package& package);

/// `head`, key, level, expression and human text of an ElementDefinition.constraint.
[[nodiscard]] std::string constraint_row(std::string_view head, const json::Value& constraint);

/// The first lines of a table.
[[nodiscard]] std::string table_head(const Package& package, std::string_view columns);
/// The canonical URL without `|version`.
[[nodiscard]] std::string_view without_version(std::string_view canonical);
/// The text after the last `/`.
[[nodiscard]] std::string_view last_segment(std::string_view url);
/// Runs of white space become one space: a cell holds no tab and no line break.
[[nodiscard]] std::string to_cell(std::string_view text);

/// The StructureDefinition defines a type of its own: no profile, no logical model.
[[nodiscard]] bool is_type_definition(const json::Value& structure);

}  // namespace kap::fhir::definitions::generator
