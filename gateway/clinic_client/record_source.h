#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/clinic_client/record_files.h"
#include "gateway/clinic_client/summary.h"
#include "kap/clinic/v1/record.pb.h"

namespace kap::gateway::clinic_client {

/// A record ready to be sent.
struct SourceRecord {
  clinic::v1::Record record;
  std::string where;   // `sessions/003.json:1`
  std::string kind;    // the name of the body's field, `treatment_session`
  std::string digest;  // of its serialized bytes
};

/// Reads one protobuf JSON text. The error holds file and line.
[[nodiscard]] Result<SourceRecord> parse_record(const RecordText& text,
                                                const std::string& clinic_id);

/// The records of the files, one file at a time in memory.
class RecordSource {
 public:
  /// `clinic_id` is put into a record that names none.
  RecordSource(std::vector<RecordFile> files, std::string clinic_id)
      : files_(std::move(files)), clinic_id_(std::move(clinic_id)) {}

  using Item = std::variant<SourceRecord, RefusedRecord>;
  /// The next record, or why it is none; nothing at the end.
  [[nodiscard]] std::optional<Item> next();

  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }
  [[nodiscard]] std::uint64_t total_bytes() const;

 private:
  std::vector<RecordFile> files_;
  std::string clinic_id_;
  std::size_t file_ = 0;
  std::vector<RecordText> texts_;
  std::size_t text_ = 0;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace kap::gateway::clinic_client
