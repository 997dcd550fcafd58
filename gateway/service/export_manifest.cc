#include "gateway/service/export_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>

#include "fhir/json/print.h"
#include "gateway/service/export_file.h"

namespace kap::gateway::service {
namespace {

constexpr std::string_view kIssuesFile = "errors.ndjson";

/// Calls `use(part, name)` for every part.
template <class Use>
void for_each_part(const store::ExportJob& job, Use use) {
  std::map<std::pair<store::ExportPart::Kind, std::string_view>, int> numbers;
  for (const auto& part : job.parts) {
    const int number = ++numbers[{part.kind, part.type}];
    const auto* prefix = part.kind == store::ExportPart::Kind::kDeleted ? "deleted-" : "";
    use(part, fmt::format("{}{}-{}.ndjson", prefix, part.type, number));
  }
}

class ListWriter {
 public:
  ListWriter(std::string& out, std::string_view name) : out_(out) {
    fmt::format_to(std::back_inserter(out_), R"(,"{}":[)", name);
  }
  ~ListWriter() { out_ += ']'; }
  ListWriter(const ListWriter&) = delete;
  ListWriter& operator=(const ListWriter&) = delete;

  void add(std::string_view type, std::string_view url, std::uint64_t count) {
    if (!is_first_) out_ += ',';
    is_first_ = false;
    out_.append(R"({"type":")").append(type).append(R"(","url":)");
    fhir::json::print_string(url, out_);
    fmt::format_to(std::back_inserter(out_), R"(,"count":{}}})", count);
  }

 private:
  std::string& out_;
  bool is_first_ = true;
};

}  // namespace

std::string encode_export_manifest(const store::ExportJob& job, std::string_view job_url) {
  std::string out =
      fmt::format(R"({{"transactionTime":"{}","request":)", to_fhir_instant(job.transaction_time));
  fhir::json::print_string(job.request, out);
  out += R"(,"requiresAccessToken":true)";
  const auto url = [&](std::string_view name) { return fmt::format("{}/{}", job_url, name); };
  {
    ListWriter list(out, "output");
    for_each_part(job, [&](const store::ExportPart& part, const std::string& name) {
      if (part.kind == store::ExportPart::Kind::kOutput) list.add(part.type, url(name), part.count);
    });
  }
  {
    ListWriter list(out, "deleted");
    for_each_part(job, [&](const store::ExportPart& part, const std::string& name) {
      if (part.kind == store::ExportPart::Kind::kDeleted)
        list.add("Bundle", url(name), deletion_bundles(part.count));
    });
  }
  {
    ListWriter list(out, "error");
    const auto lines = static_cast<std::uint64_t>(std::ranges::count(job.issues, '\n'));
    if (lines > 0) list.add("OperationOutcome", url(kIssuesFile), lines);
  }
  out += '}';
  return out;
}

std::optional<ExportFileName> find_export_file(const store::ExportJob& job, std::string_view name) {
  if (name == kIssuesFile && !job.issues.empty())
    return ExportFileName{.kind = ExportFileName::Kind::kIssues};
  std::optional<ExportFileName> found;
  for_each_part(job, [&](const store::ExportPart& part, const std::string& of_part) {
    if (of_part == name) found = ExportFileName{.part = part};
  });
  return found;
}

}  // namespace kap::gateway::service
