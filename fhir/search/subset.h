#pragma once

#include <span>
#include <string>
#include <string_view>

#include "fhir/base/result.h"
#include "fhir/search/query.h"

namespace kap::fhir::search {

/// Which elements of a resource are wanted: those of `_summary`, or of `_elements` where it names
/// any. `count` and `false` choose nothing.
struct SubsetOptions {
  Summary summary = Summary::kFalse;
  std::span<const std::string> elements{};  // as parse_elements gives them
};

[[nodiscard]] bool is_subset(const SubsetOptions& options);

/// The resource with those elements alone and `meta.tag` SUBSETTED, so that nobody takes it for the
/// whole (http://hl7.org/fhir/R4/search.html#summary). `id`, `meta`, mandatory and, for
/// `_elements`, modifier elements always stay. `true`: what the definitions mark as summary, in
/// datatypes and backbone elements too.
/// An element written with another type's name (`Patient.name`) says nothing about this one; a
/// resource about which nothing is said is returned whole.
[[nodiscard]] Result<std::string> to_subset(std::string_view json, const SubsetOptions& options);

}  // namespace kap::fhir::search
