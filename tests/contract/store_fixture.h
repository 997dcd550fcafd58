#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fhir/base/clock.h"
#include "gateway/security/permit/permit.h"
#include "gateway/store/store.h"

namespace kap::gateway::store::contract {

/// One backend under test, with a place of its own that is emptied when it ends.
class Backend {
 public:
  virtual ~Backend() = default;
  /// Opens what is there; may be called again after the store before was destroyed.
  [[nodiscard]] virtual std::unique_ptr<Store> open(const Clock& clock) = 0;
  /// Leaves no room for what is written next, or gives it back. False: cannot be done here.
  [[nodiscard]] virtual bool exhaust_space() { return false; }
  virtual void restore_space() {}
};

struct BackendFactory {
  std::string name;
  std::function<std::unique_ptr<Backend>()> make;
};
/// Every backend that this build knows.
[[nodiscard]] std::vector<BackendFactory> backends();

struct Sight {
  std::vector<std::string> clinics = {"clinic-a"};
  security::Sensitivity denied{};
  std::optional<std::string> patient{};
};
[[nodiscard]] security::Permit permit(Sight sight = {});

class StoreContract : public testing::TestWithParam<BackendFactory> {
 protected:
  void SetUp() override;
  void reopen();
  WriteOutcome submit(WriteUnit unit);
  Store& store() { return *store_; }

  ManualClock clock_{Instant(std::chrono::milliseconds(1'700'000'000'000))};
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Store> store_;
};

/// A minimal resource whose body names it; `mark` tells versions apart.
[[nodiscard]] ResourceWrite put(std::string type, std::string id, const std::string& mark = "a");
[[nodiscard]] WriteUnit unit_of(std::vector<ResourceWrite> resources,
                                std::string clinic = "clinic-a");
/// The history of one resource.
[[nodiscard]] HistoryQuery history_of(std::string type, std::string id, PageOptions page = {},
                                      const security::Permit& seen_by = permit());
/// A record of kind NOTE that yields one Basic resource of its id.
[[nodiscard]] WriteUnit record_unit(const std::string& id, Revision revision, std::string bytes,
                                    std::vector<std::string> requires_notes = {});

}  // namespace kap::gateway::store::contract

#define KAP_EVERY_BACKEND(suite)                                                     \
  INSTANTIATE_TEST_SUITE_P(Backends, suite, testing::ValuesIn(contract::backends()), \
                           [](const auto& backend) { return std::string(backend.param.name); })
