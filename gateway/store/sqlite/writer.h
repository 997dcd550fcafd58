#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "gateway/store/sqlite/commit_listeners.h"
#include "gateway/store/sqlite/database.h"
#include "gateway/store/sqlite/dictionary.h"
#include "gateway/store/sqlite/sqlite_store.h"
#include "gateway/store/sqlite/unit_writer.h"

namespace kap::gateway::store::sqlite {

/// The one thread that writes. It takes what is queued, applies it in one transaction, commits, and
/// completes each job. A job that the database cannot take fails alone, unless the disk is full.
class Writer {
 public:
  /// A small write beside the units. Runs in the transaction, more than once if that is lost.
  using Task = std::function<Status(Database&, Dictionary&)>;

  Writer(std::unique_ptr<Database> database, Dictionary& dictionary, const SqliteOptions& options);
  /// Writes what is queued, then ends.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  [[nodiscard]] Status start();
  void submit(WriteUnit unit, Store::Completion done);
  /// Waits until the task is on disk.
  [[nodiscard]] Status run(Task task);
  /// A task that is given a mark in the commit sequence.
  using MarkedTask = std::function<Status(Database&, const CommitMark&)>;
  [[nodiscard]] Status run_marked(MarkedTask task);

  /// Calls it after each commit, on this thread, until the handle is gone.
  [[nodiscard]] std::shared_ptr<void> on_commit(Store::Wake wake) {
    return listeners_->add(std::move(wake));
  }

  struct State {
    bool writable = false;
    std::string reason;
    Sequence last;
    std::size_t queued = 0;
  };
  [[nodiscard]] State state() const;

 private:
  struct Job {
    std::size_t size = 0;
    std::optional<WriteUnit> unit;  // or:
    Task task;
    Store::Completion done;
    Result<WriteOutcome> outcome = WriteOutcome{};
  };

  void enqueue(Job job);
  void loop();
  /// Waits for jobs; empty when the writer ends.
  [[nodiscard]] std::vector<Job> take();
  void process(std::span<Job> jobs);
  [[nodiscard]] Status commit(std::span<Job> jobs);
  [[nodiscard]] Status apply(Job& job);
  void note(const Status& status);
  void probe();

  std::unique_ptr<Database> database_;
  Dictionary& dictionary_;
  SqliteOptions options_;
  UnitWriter units_;
  std::shared_ptr<CommitListeners> listeners_ = std::make_shared<CommitListeners>();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  std::size_t queued_bytes_ = 0;
  std::size_t in_commit_ = 0;
  bool stopping_ = false;
  bool writable_ = true;
  std::string reason_;
  Sequence last_;

  std::thread thread_;
};

}  // namespace kap::gateway::store::sqlite
