#pragma once

#include <optional>
#include <string_view>

namespace kap::fhir::validate {

/// What is wrong with the XHTML of a narrative, or nothing: one `div` in the XHTML namespace, tags
/// closed in their order, only the elements of http://hl7.org/fhir/R4/narrative.html#xhtml, no
/// event handlers, no script URLs, some content (txt-1, txt-2). Says what would be right, to stand
/// after "the narrative".
[[nodiscard]] std::optional<std::string_view> find_narrative_fault(std::string_view xhtml);

}  // namespace kap::fhir::validate
