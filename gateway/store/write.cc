#include "gateway/store/write.h"

#include <fmt/format.h>

#include <iterator>

namespace kap::gateway::store {

void append_stored_body(std::string_view body, std::size_t meta_offset, Version version,
                        Instant last_updated, std::string& out) {
  const auto rest = body.substr(meta_offset);
  out.append(body.substr(0, meta_offset));
  fmt::format_to(std::back_inserter(out), R"("versionId":"{}","lastUpdated":"{}")", version,
                 to_fhir_instant(last_updated));
  if (!rest.starts_with('}')) out += ',';
  out.append(rest);
}

}  // namespace kap::gateway::store
