#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "fhir/base/limits.h"
#include "fhir/base/result.h"
#include "fhir/base/strong.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/resources.h"

namespace kap::gateway::service {

struct HistoryRequest {
  std::string_view type;
  const ResourceId& id;
  std::size_t count = limits::kSearchDefaultCount;  // `_count`; more than the maximum means that
  std::string_view cursor = {};  // of the `next` link (kCursorParameter); empty on the first page
};

/// A Bundle of type `history`, newest version first, with `total` and paging links. Errors as of
/// read(), but a deleted resource has a history.
[[nodiscard]] Result<std::string> history_instance(const security::Permit& permit,
                                                   const Reader& reader,
                                                   const HistoryRequest& request);

}  // namespace kap::gateway::service
