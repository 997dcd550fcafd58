#pragma once

#include <cstddef>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/json/value.h"
#include "fhir/patch/empties.h"
#include "fhir/patch/json_pointer.h"

namespace kap::fhir::patch {

/// A JSON Patch (RFC 6902), read once and applied to any number of documents.
class JsonPatch {
 public:
  /// Refused with kInvalidRequest and `patch[2].path`: what is no array of operations, an unknown
  /// `op`, a member that the operation needs and lacks, a pointer that is none, more operations
  /// than limits::kPatchOperations. Members that the operation does not know are ignored
  /// (RFC 6902, section 4).
  [[nodiscard]] static Result<JsonPatch> parse(json::Document patch);

  /// All operations in their order, or none: `target` stays as it is, the answer is a new document
  /// or the first failure. Failures are kUnprocessable with the operation (`patch[2].path`): a
  /// place that is not there (kNotFound), an index out of range (kValue), a `test` that does not
  /// hold (kConflict), a move into itself (kBusinessRule), too much work or depth (kTooCostly).
  /// Numbers compare by value and keep their text. The caller validates the answer and checks that
  /// it still has its resourceType and id.
  [[nodiscard]] Result<json::Document> apply(const json::Value& target,
                                             Empties empties = Empties::kDrop) const;

  enum class Kind : std::uint8_t { kAdd, kRemove, kReplace, kMove, kCopy, kTest };
  struct Operation {
    Kind kind = Kind::kTest;
    JsonPointer path;
    JsonPointer from;   // of kMove and kCopy
    json::Value value;  // of kAdd, kReplace and kTest
  };
  [[nodiscard]] const std::vector<Operation>& operations() const { return operations_; }

 private:
  JsonPatch() = default;
  json::Document document_;  // holds the values
  std::vector<Operation> operations_;
};

}  // namespace kap::fhir::patch
