#include "mappings/engine/predicate.h"

#include "mappings/engine/wire.h"

namespace kap::mappings {

namespace plan {
struct Predicate {};
}  // namespace plan

std::shared_ptr<const plan::Predicate> parse_predicate(std::string_view, const ClinicMessage&) {
  return nullptr;
}

Truth evaluate(const plan::Predicate&, const WireMessage&) { return Truth::kEmpty; }

}  // namespace kap::mappings
