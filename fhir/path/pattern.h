#pragma once

#include <memory>
#include <string_view>

#include <re2/re2.h>

namespace kap::fhir::path {

/// A regular expression as matches() means it: case matters, `.` takes line ends too. RE2 runs in
/// linear time; backreferences and look-around are refused. Ask ok() before use.
[[nodiscard]] std::shared_ptr<const re2::RE2> compile_regex(std::string_view pattern);

}  // namespace kap::fhir::path
