#include "gateway/clinic_client/submit_command.h"

#include <utility>

#include "gateway/clinic_client/journal.h"
#include "gateway/clinic_client/progress.h"
#include "gateway/clinic_client/record_files.h"
#include "gateway/clinic_client/record_source.h"
#include "gateway/clinic_client/summary.h"

namespace kap::gateway::clinic_client {
namespace {

using Clock = std::chrono::steady_clock;

Result<int> submit(const SubmitOptions& options, std::ostream& out) {
  KAP_TRY(auto files, find_record_files(options.paths));
  Journal journal;
  if (!options.resume.empty()) {
    KAP_TRY(journal, Journal::open(options.resume));
  }
  KAP_TRY(const auto channel, connect(options.connection));
  RecordSource source(std::move(files), options.clinic);
  Progress progress(out, options.display, source.total_bytes(), Clock::now());
  Submission submission(channel, source, journal, options.retry,
                        [&progress](std::uint64_t bytes, const Tally& tally) {
                          progress.update(bytes, tally, Clock::now());
                        });
  const auto status = submission.run();
  if (status) progress.finish(submission.tally(), Clock::now());
  print_summary(out, submission.tally(), submission.refused());
  KAP_CHECK_OK(status);
  const auto& tally = submission.tally();
  return tally.refused + tally.pending == 0 ? 0 : 1;
}

}  // namespace

int run_submit(const SubmitOptions& options, std::ostream& out, std::ostream& err) {
  const auto code = submit(options, out);
  if (code) return *code;
  err << "kap-clinic: " << code.error().issues().front().diagnostics << '\n';
  return 2;
}

}  // namespace kap::gateway::clinic_client
