#include "gateway/clinic_client/record_source.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "fhir/json/locate.h"
#include "fhir/json/parse.h"
#include "gateway/clinic_client/journal.h"

namespace kap::gateway::clinic_client {
namespace {

std::string to_where(const RecordText& text, std::uint32_t line) {
  return fmt::format("{}:{}", text.file.string(), text.line + line - 1);
}

/// Two runs over the same file send the same bytes, or a replay would look like a change.
std::string serialize(const clinic::v1::Record& record) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream out(&stream);
    out.SetSerializationDeterministic(true);
    record.SerializeToCodedStream(&out);
  }
  return bytes;
}

/// protobuf says which field it did not like and not where; the member's name leads there.
std::uint32_t line_of(const RecordText& text, std::string_view message) {
  const auto open = message.rfind(") ");
  const auto colon = message.find(": ", open == std::string_view::npos ? 0 : open);
  auto name = message.substr(0, colon == std::string_view::npos ? message.size() : colon);
  if (const auto space = name.rfind(' '); space != std::string_view::npos)
    name.remove_prefix(space + 1);
  const auto place = text.text.find(fmt::format("\"{}\"", name));
  if (name.empty() || place == std::string::npos) return 1;
  return fhir::json::locate(text.text, place).line;
}

std::string kind_of(const clinic::v1::Record& record) {
  const auto* oneof = clinic::v1::Record::descriptor()->FindOneofByName("body");
  const auto* field = record.GetReflection()->GetOneofFieldDescriptor(record, oneof);
  return field == nullptr ? std::string() : field->name();
}

}  // namespace

Result<SourceRecord> parse_record(const RecordText& text, const std::string& clinic_id) {
  // Our parser first: it knows lines and refuses what protobuf's would let pass (a name twice).
  if (const auto document = fhir::json::parse(text.text); !document) {
    const auto& issue = document.error().issues().front();
    return fail(Category::kInvalidRequest, issue.code,
                fmt::format("{}: {}", to_where(text, issue.position ? issue.position->line : 1),
                            issue.diagnostics));
  }
  SourceRecord source;
  const auto status = google::protobuf::util::JsonStringToMessage(text.text, &source.record);
  if (!status.ok()) {
    const std::string message(status.message());
    return fail(Category::kInvalidRequest, IssueType::kStructure,
                fmt::format("{}: {}", to_where(text, line_of(text, message)), message));
  }
  if (source.record.clinic_id().empty()) source.record.set_clinic_id(clinic_id);
  source.where = to_where(text, 1);
  source.kind = kind_of(source.record);
  source.digest = digest_of(serialize(source.record));
  return source;
}

std::uint64_t RecordSource::total_bytes() const {
  std::uint64_t total = 0;
  for (const auto& file : files_) total += file.bytes;
  return total;
}

std::optional<RecordSource::Item> RecordSource::next() {
  while (text_ == texts_.size()) {
    if (file_ == files_.size()) return std::nullopt;
    const auto& file = files_[file_++];
    auto texts = read_record_file(file.path);
    text_ = 0;
    texts_.clear();
    if (!texts) {
      bytes_read_ += file.bytes;
      return RefusedRecord{.where = file.path.string(),
                           .kind = {},
                           .violations = {{"", texts.error().issues().front().diagnostics}}};
    }
    texts_ = std::move(*texts);
  }
  const auto& text = texts_[text_++];
  bytes_read_ += text.text.size();
  auto record = parse_record(text, clinic_id_);
  if (record) return std::move(*record);
  const auto& diagnostics = record.error().issues().front().diagnostics;
  // The diagnostics open with the place.
  const auto where = diagnostics.find(": ");
  return RefusedRecord{.where = diagnostics.substr(0, where),
                       .kind = {},
                       .violations = {{"", diagnostics.substr(where + 2)}}};
}

}  // namespace kap::gateway::clinic_client
