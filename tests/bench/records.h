#pragma once

#include <string>
#include <vector>

#include "kap/clinic/v1/record.pb.h"

namespace kap::bench {

/// The records of every .ndjson file of a folder, in the order of the files.
[[nodiscard]] std::vector<clinic::v1::Record> read_clinic(const std::string& folder);
/// The first completed infusion: a session of 40 minutes with vital signs every five.
[[nodiscard]] const clinic::v1::Record& first_infusion(
    const std::vector<clinic::v1::Record>& records);

}  // namespace kap::bench
