#pragma once

#include <string>

#include "fhir/base/result.h"

namespace kap::gateway::transport::http {

/// A body that is made piece by piece while it is sent, so that its size costs no memory. The next
/// piece is asked for once the one before is written; a slow reader makes a slow source.
class BodySource {
 public:
  virtual ~BodySource() = default;

  /// The next piece; empty: the end. Runs on the pool of readers, one call at a time, and may wait
  /// for the disk. An error cuts the connection, because the status has been sent.
  [[nodiscard]] virtual Result<std::string> next() = 0;
};

}  // namespace kap::gateway::transport::http
