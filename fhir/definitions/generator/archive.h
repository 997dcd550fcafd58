#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "fhir/base/result.h"

namespace kap::fhir::definitions::generator {

/// Calls `visit` with the path and the bytes of each file of a gzipped tar, in its order; stops at
/// the first error.
[[nodiscard]] Status for_each_file(
    const std::string& tgz_path,
    const std::function<Status(std::string_view path, std::string_view bytes)>& visit);

}  // namespace kap::fhir::definitions::generator
