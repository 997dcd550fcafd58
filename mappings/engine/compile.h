#pragma once

#include <memory>
#include <span>
#include <string>

#include "fhir/terminology/terminology.h"
#include "mappings/engine/diagnostics.h"

namespace kap::mappings {

namespace plan {
struct Program;
}

/// The text of one map file.
struct MapText {
  std::string file;
  std::string text;
};

struct CompileOptions {
  /// Where translate() finds ConceptMaps; must outlive the program. nullptr: embedded ones alone.
  const fhir::terminology::Terminology* terminology = nullptr;
  /// kStrict refuses what would be an error for some input: a list into an element that holds one
  /// value, a ConceptMap that lacks a code of the source's enum. kSpecification leaves that to the
  /// run, as other engines do.
  enum class Strictness : std::uint8_t { kStrict, kSpecification } strictness = Strictness::kStrict;
};

/// Parses and checks the maps together (they may import each other) and makes their plan; nullptr
/// where one has an error. Warnings may stand in `diagnostics` beside a program.
[[nodiscard]] std::shared_ptr<const plan::Program> compile(std::span<const MapText> maps,
                                                           const CompileOptions& options,
                                                           Diagnostics& diagnostics);

}  // namespace kap::mappings
