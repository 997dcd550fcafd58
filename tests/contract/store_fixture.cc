#include "tests/contract/store_fixture.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "gateway/store/sqlite/sqlite_store.h"

namespace kap::gateway::security {

/// Stands in for gateway/security's, which alone can make a Permit.
class Authorizer {
 public:
  static Permit permit(Predicates predicates) {
    return {Principal{.kind = Principal::Kind::kClient, .id = "test"}, std::move(predicates),
            *parse_scopes("system/*.cruds")};
  }
};

}  // namespace kap::gateway::security

namespace kap::gateway::store::contract {
namespace {

class SqliteBackend final : public Backend {
 public:
  enum class Encryption : std::uint8_t { kOff, kOn };

  explicit SqliteBackend(Encryption encryption) {
    std::string pattern = (std::filesystem::temp_directory_path() / "kap-store-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    if (encryption == Encryption::kOff) return;
    const auto master = crypto::load_key(folder_ / "master.key", crypto::Absent::kCreate);
    keys_ = std::make_shared<crypto::KeyRing>(
        crypto::KeyRing::load_or_create(folder_ / "keys.json", *master).value());
  }
  ~SqliteBackend() override {
    restore_space();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::unique_ptr<Store> open(const Clock& clock) override {
    auto store = open_sqlite({.path = folder_ / "store.db", .clock = &clock, .keys = keys_});
    if (!store.has_value()) {
      ADD_FAILURE() << store.error().summary();
      return nullptr;
    }
    return std::move(*store);
  }
  bool exhaust_space() override {
    // No file may grow: what a full disk does to the log, without needing one.
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = 64U << 10U;
    return setrlimit(RLIMIT_FSIZE, &limit) == 0;
  }
  void restore_space() override {
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
  }

 private:
  std::filesystem::path folder_;
  std::shared_ptr<const crypto::KeyRing> keys_;
};

}  // namespace

std::vector<BackendFactory> backends() {
  using Encryption = SqliteBackend::Encryption;
  return {
      {.name = "Sqlite", .make = [] { return std::make_unique<SqliteBackend>(Encryption::kOff); }},
      {.name = "SqliteEncrypted",
       .make = [] { return std::make_unique<SqliteBackend>(Encryption::kOn); }}};
}

security::Permit permit(Sight sight) {
  security::Predicates predicates;
  for (auto& clinic : sight.clinics) predicates.clinics.emplace_back(std::move(clinic));
  predicates.denied = sight.denied;
  if (sight.patient.has_value()) predicates.patient = ResourceId(*sight.patient);
  return security::Authorizer::permit(std::move(predicates));
}

void StoreContract::SetUp() {
  backend_ = GetParam().make();
  store_ = backend_->open(clock_);
  ASSERT_NE(store_, nullptr);
}

void StoreContract::reopen() {
  store_.reset();
  store_ = backend_->open(clock_);
  ASSERT_NE(store_, nullptr);
}

WriteOutcome StoreContract::submit(WriteUnit unit) {
  auto outcome = store_->submit(std::move(unit)).get();
  if (!outcome.has_value()) {
    ADD_FAILURE() << outcome.error().summary();
    return {};
  }
  return std::move(*outcome);
}

ResourceWrite put(std::string type, std::string id, const std::string& mark) {
  ResourceWrite write;
  write.body = R"({"resourceType":")" + type + R"(","id":")" + id + R"(","meta":{)";
  write.meta_offset = write.body.size();
  write.body += R"("source":"test"},"mark":")" + mark + "\"}";
  write.type = std::move(type);
  write.id = ResourceId(std::move(id));
  return write;
}

WriteUnit unit_of(std::vector<ResourceWrite> resources, std::string clinic) {
  return {.clinic = ClinicId(std::move(clinic)), .resources = std::move(resources)};
}

HistoryQuery history_of(std::string type, std::string id, PageOptions page,
                        const security::Permit& seen_by) {
  HistoryScope scope{.types = {{std::move(type)}}, .id = ResourceId(std::move(id))};
  return {seen_by, std::move(scope), std::move(page)};
}

WriteUnit record_unit(const std::string& id, Revision revision, std::string bytes,
                      std::vector<std::string> requires_notes) {
  WriteUnit unit = unit_of({put("Basic", id, bytes)});
  RecordWrite record{.key = {.clinic = unit.clinic, .name = {.kind = "NOTE", .id = RecordId(id)}},
                     .revision = revision};
  // Not SHA-256: the store only compares.
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    record.body_hash[i % 32] = static_cast<std::uint8_t>(record.body_hash[i % 32] * 31 + bytes[i]);
  }
  record.serialized = std::move(bytes);
  for (auto& name : requires_notes) {
    record.required.push_back(
        {.name = {.kind = "NOTE", .id = RecordId(std::move(name))}, .field_path = "note.about"});
  }
  unit.record = std::move(record);
  return unit;
}

}  // namespace kap::gateway::store::contract
