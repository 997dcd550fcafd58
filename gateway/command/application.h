#pragma once

#include <cstdint>
#include <memory>

#include "fhir/base/result.h"
#include "gateway/config/settings.h"

namespace kap::gateway::command {

/// The ports that listeners got; 0 where there is none.
struct Ports {
  std::uint16_t https = 0;
  std::uint16_t mtls = 0;
  std::uint16_t grpc = 0;
  std::uint16_t admin = 0;
};

/// The whole gateway: constructs its parts in the order in which they need each other, connects
/// them, and takes them down in the other order.
class Application {
 public:
  /// Returns once the store is open, the maps are compiled and every listener is bound.
  [[nodiscard]] static Result<std::unique_ptr<Application>> start(const config::Settings& settings);
  ~Application();

  [[nodiscard]] const Ports& ports() const;
  /// Takes nothing new, answers what it has taken, and closes the store.
  void drain();

 private:
  class Parts;
  explicit Application(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace kap::gateway::command
