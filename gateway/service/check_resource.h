#pragma once

#include <vector>

#include "fhir/base/result.h"
#include "gateway/service/incoming_resource.h"
#include "gateway/service/write_context.h"

namespace kap::gateway::service {

/// Judges content before it is stored: kUnprocessable with every issue there is where one of them
/// is an error, else the warnings and the information, to be told to the client.
[[nodiscard]] Result<std::vector<Issue>> check_resource(const Writer& writer,
                                                        const IncomingResource& incoming);

}  // namespace kap::gateway::service
