#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "fhir/base/result.h"
#include "gateway/service/operation.h"

namespace kap::gateway::service {

/// The types of resources that are made of the program's own tables. They cannot be written.
inline constexpr std::array<std::string_view, 2> kDefinitionTypes{"OperationDefinition",
                                                                  "SearchParameter"};

/// The OperationDefinitions of the operations and the SearchParameters of the search engine, told
/// from the tables they run on. R4's own keep their canonical URLs. Holds nothing about anybody.
class DefinitionResources {
 public:
  /// `base_url` as of Reader.
  DefinitionResources(OperationTable operations, std::string base_url)
      : operations_(operations), base_url_(std::move(base_url)) {}

  /// The resource as JSON, or kNotFound. `type` is one of kDefinitionTypes.
  [[nodiscard]] Result<std::string> read(std::string_view type, std::string_view id) const;

  using Parameters = std::span<const std::pair<std::string, std::string>>;
  /// A searchset as JSON. Parameters: `_id`, `url`, `name`, `code`, `base` (of SearchParameter),
  /// `_count`, `_summary=count` and kCursorParameter; anything else is refused.
  [[nodiscard]] Result<std::string> search(std::string_view type, Parameters parameters) const;

 private:
  OperationTable operations_;
  std::string base_url_;
};

[[nodiscard]] std::string encode_operation_definition(const OperationDef& operation);

}  // namespace kap::gateway::service
