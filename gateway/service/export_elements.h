#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"

namespace kap::gateway::service {

/// `_elements` of an export, for one type.
class ElementFilter {
 public:
  /// `elements` as in ExportRequest::elements.
  ElementFilter(std::string_view type, std::span<const std::string> elements);

  /// False: nothing is left out of this type.
  [[nodiscard]] bool is_active() const { return is_active_; }
  /// Appends the resource without its other root elements, except mandatory ones, id and meta, and
  /// with the tag SUBSETTED, so that nobody takes it for the whole.
  [[nodiscard]] Status append(std::string_view body, std::string& out) const;

 private:
  std::string type_;
  std::vector<std::string> kept_;
  bool is_active_ = false;
};

}  // namespace kap::gateway::service
