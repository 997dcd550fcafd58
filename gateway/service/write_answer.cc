#include "gateway/service/write_answer.h"

#include <string_view>

#include "gateway/service/operation_outcome.h"

namespace kap::gateway::service {
namespace {

std::string_view words_for(WriteResult result) {
  switch (result) {
    case WriteResult::kCreated:
      return "created";
    case WriteResult::kUpdated:
      return "updated";
    case WriteResult::kUnchanged:
      return "nothing to change: this is the content already";
    case WriteResult::kFound:
      return "nothing created: the criteria match this resource";
    case WriteResult::kDeleted:
      return "deleted";
    case WriteResult::kAbsent:
      return "nothing to delete";
  }
  return "done";
}

}  // namespace

std::string encode_operation_outcome(const WriteAnswer& answer) {
  std::vector<Issue> issues{{.severity = IssueSeverity::kInformation,
                             .code = IssueType::kInformational,
                             .diagnostics = std::string(words_for(answer.result)),
                             .expression = {},
                             .position = {}}};
  issues.insert(issues.end(), answer.notes.begin(), answer.notes.end());
  return encode_operation_outcome(issues);
}

}  // namespace kap::gateway::service
