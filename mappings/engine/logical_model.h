#pragma once

#include <string>
#include <string_view>

#include "fhir/base/result.h"
#include "mappings/engine/clinic_schema.h"

namespace kap::mappings {

/// The comments of the contract, by full protobuf name; from a FileDescriptorSet with source info.
class ContractComments {
 public:
  [[nodiscard]] static Result<ContractComments> read(std::string_view descriptor_set);
  /// The comment above or behind a message, field or enum value, on one line; empty if none.
  [[nodiscard]] std::string_view find(std::string_view full_name) const;

 private:
  std::unordered_map<std::string, std::string> by_name_;
};

/// The StructureDefinition (kind logical, R4) of one message of the contract, compact JSON with one
/// element a line, so that a change of the contract is a readable difference.
[[nodiscard]] std::string logical_model(const ClinicMessage& message,
                                        const ContractComments& comments);

}  // namespace kap::mappings
