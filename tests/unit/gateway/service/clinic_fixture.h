#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/clock.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/record_mapper.h"
#include "gateway/service/resources.h"
#include "gateway/service/submit_stream.h"
#include "gateway/service/worker_pool.h"
#include "gateway/store/sqlite/sqlite_store.h"

namespace kap::gateway::service {

/// A mapper whose records are JSON and already hold the FHIR they yield:
/// `{"clinic","kind","id","revision","requires":[{"kind","id","path"}],"resources":[…],
/// "retracts":{"kind","id","reason"},"merges":[surviving, duplicate],"breaks":[path, …]}`.
class JsonMapper final : public RecordMapper {
 public:
  [[nodiscard]] Result<RecordHeader> read_header(std::string_view bytes) const override;
  [[nodiscard]] Result<MappedRecord> map(std::string_view bytes) const override;
  [[nodiscard]] Result<std::vector<fhir::search::IndexEntry>> index(
      std::string_view type, std::string_view json) const override;
};

[[nodiscard]] security::Permit make_permit(
    std::string_view scopes, std::initializer_list<std::string> clinics,
    security::Sensitivity denied = {},
    security::IdAssignment ids = security::IdAssignment::kServer);

/// Of an EHR's client by its id.
[[nodiscard]] security::Permit make_client_permit(std::string client, std::string_view scopes,
                                                  std::initializer_list<std::string> clinics);

/// A store on disk, a pool, the clinic `east`, and a reader with every scope.
class ClinicTest : public ::testing::Test {
 public:
  ~ClinicTest() override;

 protected:
  ClinicTest();

  /// Submits in one stream and waits for all receipts.
  std::vector<Receipt> submit(const std::vector<std::string>& records);
  Receipt submit_one(const std::string& record) { return submit({record}).front(); }
  /// Waits until nothing is parked at the clinic; false when that does not come about.
  bool wait_for_none_pending();

  std::filesystem::path directory_;
  ManualClock clock_{Instant(std::chrono::milliseconds(1'780'000'000'000))};
  std::unique_ptr<store::Store> store_;
  JsonMapper mapper_;
  std::unique_ptr<WorkerPool> pool_ = std::make_unique<WorkerPool>(3);
  std::unique_ptr<Intake> intake_;
  security::Permit clinic_ = make_permit("", {"east"});
  security::Permit reader_permit_ = make_permit("system/*.rs", {"east"});
  std::unique_ptr<Reader> reader_;
};

/// Records of the mapper above.
[[nodiscard]] std::string patient(std::string_view id, int revision = 1,
                                  std::string_view family = "Muster");
[[nodiscard]] std::string observations(std::string_view id, int revision, std::string_view patient,
                                       std::initializer_list<std::string_view> suffixes);

}  // namespace kap::gateway::service
