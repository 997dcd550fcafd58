#pragma once

#include "fhir/base/strong.h"
#include "gateway/service/resources.h"

namespace kap::fhir::validate {
class Validator;
}  // namespace kap::fhir::validate

namespace kap::gateway::service {

/// Where the ids of new resources come from. Safe from every thread.
class IdSource {
 public:
  virtual ~IdSource() = default;
  /// One that was never given before: FHIR R4 `id`, as long and of the same letters as the ids of
  /// what the clinics' records yield.
  [[nodiscard]] virtual ResourceId next() const = 0;
};

/// 128 random bits, as 26 letters of RFC 4648 base32 in lower case.
class RandomIds final : public IdSource {
 public:
  [[nodiscard]] ResourceId next() const override;
};

/// What the write interactions stand on. They block the calling thread until what they wrote is on
/// disk, so they belong on a pool of their own.
struct Writer {
  const Reader& reader;
  const IdSource& ids;
  /// What content must meet; without one, its structure alone is checked.
  const fhir::validate::Validator* validator = nullptr;
};

}  // namespace kap::gateway::service
