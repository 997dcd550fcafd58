#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/json/value.h"
#include "fhir/path/expression.h"

namespace kap::fhir::patch {

/// A FHIRPath Patch, http://hl7.org/fhir/R4/fhirpatch.html: a Parameters resource whose paths are
/// compiled once for a resource type and applied to any number of resources.
class FhirPathPatch {
 public:
  /// Refused with kInvalidRequest and `Parameters.parameter[2].part[1]`: another resource, a
  /// parameter other than `operation`, a part that the type of operation lacks or does not take, a
  /// path that does not compile on `resource_type` (unknown elements included), more operations
  /// than limits::kPatchOperations.
  [[nodiscard]] static Result<FhirPathPatch> parse(json::Document parameters,
                                                   std::string_view resource_type);

  /// All operations in their order, or none: the answer is a new document or the first failure,
  /// kUnprocessable with the operation's place (`Parameters.parameter[2]`): nothing or several
  /// elements where one is asked for (kNotFound, kMultipleMatches), a value of a type the element
  /// does not take (kValue), `add` to an element that is there (kDuplicate), an index out of range
  /// (kValue), a path that leads to no element of the resource (kBusinessRule). `delete` of nothing
  /// is no failure. What is empty at the end is dropped. The caller validates the answer and checks
  /// that it still has its id.
  [[nodiscard]] Result<json::Document> apply(const json::Value& resource) const;

  enum class Kind : std::uint8_t { kAdd, kInsert, kDelete, kReplace, kMove };
  struct Operation {
    Kind kind = Kind::kDelete;
    std::optional<path::Expression> path;
    /// Of kInsert, where the path ends in a name: the owner of that list, for a list with no items.
    std::optional<path::Expression> owner;
    std::string_view name;               // of kAdd; of kInsert the name the path ends in
    const json::Value* value = nullptr;  // the part `value` of kAdd, kInsert and kReplace
    std::size_t index = 0;               // of kInsert; of kMove the source
    std::size_t destination = 0;         // of kMove
  };

 private:
  FhirPathPatch() = default;
  json::Document document_;  // holds names and values
  std::vector<Operation> operations_;
};

}  // namespace kap::fhir::patch
