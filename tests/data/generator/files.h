#pragma once

#include <map>
#include <string>

namespace kap::synthetic {

/// Every file of tests/data by its path below it, with its content: records one a line in protobuf
/// JSON. The same on every machine and every day.
[[nodiscard]] std::map<std::string, std::string> synthetic_files();

}  // namespace kap::synthetic
