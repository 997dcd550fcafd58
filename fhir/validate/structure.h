#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "fhir/base/limits.h"
#include "fhir/base/result.h"
#include "fhir/definitions/types.h"
#include "fhir/json/value.h"

namespace kap::fhir::validate {

/// Whether a reference to `#id` must find its contained resource. A part of a resource that is
/// checked on its own does not know its container.
enum class LocalReferences : std::uint8_t { kResolve, kIgnore };

struct Options {
  /// Checking stops once so many were found; the last one then says so.
  std::size_t max_issues = 50;
  std::size_t depth = limits::kJsonDepth;
  LocalReferences local_references = LocalReferences::kResolve;
  /// The JSON text that the tree was parsed from; then each issue has its line and
  /// column, unless the text is over 1 MiB.
  std::string_view source = {};
};

/// Checks a resource against the R4 definitions of its type and of all it holds: members, JSON
/// types, cardinality, choice elements, formats of primitives, `_name` siblings, required bindings,
/// the types of references, contained resources, ele-1, dom-2, ext-1 and the XHTML of narratives
/// (http://hl7.org/fhir/R4/json.html, http://hl7.org/fhir/R4/datatypes.html). Empty when nothing is
/// wrong; allocates nothing then. Every issue has the FHIRPath of the element and says what would
/// be right, and none quotes a value. Codes: kStructure, kRequired, kValue, kCodeInvalid, kInvalid
/// (a reference to a wrong type), kNotFound (`#id`), kInvariant, kDuplicate, kTooCostly (depth).
[[nodiscard]] std::vector<Issue> validate_structure(const json::Value& resource,
                                                    const Options& options = {});
/// The same for an instance of a complex, backbone or primitive type that stands alone; paths begin
/// with the name of the type.
[[nodiscard]] std::vector<Issue> validate_structure(const json::Value& value,
                                                    const definitions::TypeDef& type,
                                                    const Options& options = {});

}  // namespace kap::fhir::validate
