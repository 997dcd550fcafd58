#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/store/sqlite/dictionary.h"
#include "gateway/store/sqlite/encrypted_vfs.h"
#include "gateway/store/sqlite/reader_pool.h"
#include "gateway/store/sqlite/sqlite_store.h"
#include "gateway/store/sqlite/writer.h"
#include "gateway/store/store.h"

namespace kap::gateway::store::sqlite {

class Backend final : public Store {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const SqliteOptions& options);

  using Store::submit;
  void submit(WriteUnit unit, Completion done) override;

  Result<StoredResource> read(const security::Permit& permit, std::string_view type,
                              const ResourceId& id) const override;
  Result<StoredResource> vread(const security::Permit& permit, std::string_view type,
                               const ResourceId& id, Version version) const override;
  Result<HistoryPage> history(const HistoryQuery& query) const override;
  Result<SearchPage> search(const Query& query) const override;

  std::unique_ptr<Scan> scan(ScanQuery query) const override;
  Result<Sequence> sequence_at(Instant instant) const override;
  Result<ChangePage> changes(const security::Permit& permit,
                             const ChangeOptions& options) const override;
  std::string encode_place(Sequence place) const override;
  Result<Sequence> parse_place(std::string_view text) const override;
  std::shared_ptr<void> on_commit(Wake wake) override;
  Result<CommitMark> mark() override;

  Result<std::optional<ExportJob>> put_export_job(ExportJob job, Instant now,
                                                  std::size_t most_open) override;
  Result<bool> finish_export_job(ExportJob job) override;
  Result<std::optional<ExportJob>> export_job(std::string_view id) const override;
  Result<std::vector<ExportJob>> running_export_jobs() const override;
  Result<bool> remove_export_job(std::string_view id) override;

  Result<std::optional<RecordState>> record(const RecordKey& key) const override;
  Result<std::optional<RevisionState>> revision(const RecordKey& key,
                                                Revision revision) const override;
  Result<std::optional<PendingRecord>> pending_record(const RecordKey& key,
                                                      Revision revision) const override;
  Result<std::vector<RecordRevision>> ready_records(std::size_t count) const override;
  Result<std::vector<PendingRecord>> pending_records(const ClinicId& clinic,
                                                     ListPage page) const override;

  Result<std::int64_t> put_dead_letter(DeadLetter letter) override;
  Result<std::vector<DeadLetter>> dead_letters(const ClinicId& clinic,
                                               ListPage page) const override;
  Result<std::optional<DeadLetter>> dead_letter(std::int64_t number) const override;
  Result<bool> remove_dead_letter(std::int64_t number) override;

  Status put_client(RegisteredClient client) override;
  Result<std::optional<RegisteredClient>> client(const ClientId& id) const override;
  Result<std::vector<RegisteredClient>> clients() const override;
  Result<bool> remove_client(const ClientId& id) override;
  Result<bool> use_assertion(const ClientId& client, std::string_view jti, Instant expires,
                             Instant now) override;

  Health health() const override;

 private:
  Backend(const SqliteOptions& options, std::unique_ptr<EncryptedVfs> vfs);
  [[nodiscard]] Status start();

  SqliteOptions options_;
  std::unique_ptr<EncryptedVfs> vfs_;  // outlives every connection; nullptr: none is used
  std::string secret_;                 // of this database, for cursors
  Dictionary dictionary_;
  mutable ReaderPool
      point_readers_;  // look-ups by key: quick, so that they never wait for a search
  mutable ReaderPool search_readers_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace kap::gateway::store::sqlite
