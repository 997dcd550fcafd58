#include <memory>

#include <google/protobuf/util/json_util.h>

#include "fhir/base/limits.h"
#include "kap/clinic/v1/record.pb.h"
#include "mappings/engine/mapping.h"

namespace kap::mappings {

Result<std::string> record_from_json(std::string_view json) {
  if (json.size() > limits::kJsonBytes) {
    return fail(Category::kTooLarge, IssueType::kTooLong, "the record is larger than the limit");
  }
  kap::clinic::v1::Record record;
  const auto status = google::protobuf::util::JsonStringToMessage(
      {json.data(), json.size()}, &record, google::protobuf::util::JsonParseOptions{});
  if (!status.ok()) {
    return fail(Category::kInvalidRequest, IssueType::kStructure,
                "not a Record in protobuf JSON: " + std::string(status.message()));
  }
  return record.SerializeAsString();
}

Result<std::string> record_to_json(std::string_view bytes) {
  kap::clinic::v1::Record record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return fail(Category::kInvalidRequest, IssueType::kStructure, "not a serialized Record");
  }
  std::string out;
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  const auto status = google::protobuf::util::MessageToJsonString(record, &out, options);
  if (!status.ok()) {
    return fail(Category::kInternal, IssueType::kException, std::string(status.message()));
  }
  return out;
}

}  // namespace kap::mappings
