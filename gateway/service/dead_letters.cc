#include "gateway/service/dead_letters.h"

#include <algorithm>
#include <future>
#include <limits>
#include <utility>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "gateway/service/submit_stream.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;

constexpr std::size_t kReplayPage = 100;

IssueType to_issue_type(std::string_view code) {
  constexpr auto kLast = static_cast<int>(IssueType::kInformational);
  for (int i = 0; i <= kLast; ++i)
    if (kap::to_code(static_cast<IssueType>(i)) == code) return static_cast<IssueType>(i);
  return IssueType::kInvalid;
}

std::string encode_reasons(const Receipt& refusal) {
  std::string out = R"({"verdict":")";
  out += to_code(refusal.verdict);
  out += R"(","violations":[)";
  bool is_first = true;
  for (const auto& issue : refusal.violations) {
    out += is_first ? R"({"path":)" : R"(,{"path":)";
    is_first = false;
    json::print_string(issue.expression, out);
    out += R"(,"code":")";
    out += kap::to_code(issue.code);
    out += R"(","reason":)";
    json::print_string(issue.diagnostics, out);
    out += '}';
  }
  out += "]}";
  return out;
}

Receipt decode_reasons(const store::DeadLetter& letter) {
  Receipt refusal{.record = {letter.key, letter.revision}, .verdict = Verdict::kInvalid};
  const auto document = json::parse(letter.violations);
  if (!document) return refusal;
  refusal.verdict = to_verdict(document->root.string("verdict"));
  const auto* violations = document->root.find("violations");
  if (violations == nullptr) return refusal;
  for (const auto& violation : violations->items())
    refusal.violations.push_back({.code = to_issue_type(violation.string("code")),
                                  .diagnostics = std::string(violation.string("reason")),
                                  .expression = std::string(violation.string("path")),
                                  .position = {}});
  return refusal;
}

Status check_clinic(const security::Permit& permit, const ClinicId& clinic) {
  const auto& clinics = permit.predicates().clinics;
  if (std::ranges::find(clinics, clinic) != clinics.end()) return {};
  return fail(Category::kForbidden, IssueType::kForbidden,
              "the certificate does not cover this clinic", "clinic_id");
}

/// One record through the whole pipeline, waited for.
Receipt submit_and_wait(Intake& intake, const security::Permit& permit, std::string bytes) {
  auto promise = std::make_shared<std::promise<Receipt>>();
  auto future = promise->get_future();
  SubmitStream::open(intake, permit, [promise](Receipt receipt) {
    promise->set_value(std::move(receipt));
  })->submit(std::move(bytes));
  return future.get();
}

Result<std::vector<store::DeadLetter>> letters_of(const Intake& intake, const ClinicId& clinic,
                                                  const std::vector<std::int64_t>& numbers) {
  std::vector<store::DeadLetter> letters;
  for (const auto number : numbers) {
    KAP_TRY(auto letter, intake.store.dead_letter(number));
    if (!letter || letter->key.clinic != clinic)
      return fail(Category::kNotFound, IssueType::kNotFound,
                  "no dead letter of that id at this clinic", "dead_letter_ids");
    letters.push_back(std::move(*letter));
  }
  if (!numbers.empty()) return letters;
  store::ListPage page{.after = 0, .count = kReplayPage};
  while (true) {
    KAP_TRY(auto some, intake.store.dead_letters(clinic, page));
    if (some.empty()) return letters;
    page.after = some.back().number;
    std::ranges::move(some, std::back_inserter(letters));
  }
}

}  // namespace

bool is_kept(Verdict verdict) {
  switch (verdict) {
    case Verdict::kInvalid:
    case Verdict::kNotMappable:
    case Verdict::kRevisionConflict:
    case Verdict::kStaleRevision:
    case Verdict::kRetracted:
      return true;
    case Verdict::kAccepted:
    case Verdict::kDuplicate:
    case Verdict::kMissingRecord:
    case Verdict::kForbiddenClinic:
    case Verdict::kTooLarge:
    case Verdict::kUnavailable:
      return false;
  }
  return false;
}

store::DeadLetter to_dead_letter(const Receipt& refusal, const ClinicId& clinic,
                                 std::string_view bytes, Instant received) {
  store::DeadLetter letter{.key = refusal.record.key,
                           .revision = refusal.record.revision,
                           .serialized = std::string(bytes),
                           .violations = encode_reasons(refusal),
                           .received = received};
  if (letter.key.clinic.empty()) letter.key.clinic = clinic;
  return letter;
}

Result<std::vector<RefusedRecord>> list_dead_letters(const Intake& intake,
                                                     const security::Permit& permit,
                                                     const ClinicId& clinic, store::ListPage page) {
  KAP_CHECK_OK(check_clinic(permit, clinic));
  KAP_TRY(auto letters, intake.store.dead_letters(clinic, page));
  std::vector<RefusedRecord> records;
  for (auto& letter : letters) {
    auto refusal = decode_reasons(letter);
    records.push_back({std::move(letter), std::move(refusal)});
  }
  return records;
}

Result<std::vector<RefusedRecord>> list_waiting(const Intake& intake,
                                                const security::Permit& permit,
                                                const ClinicId& clinic, store::ListPage page) {
  KAP_CHECK_OK(check_clinic(permit, clinic));
  KAP_TRY(auto waiting, intake.store.pending_records(clinic, page));
  std::vector<RefusedRecord> records;
  for (auto& record : waiting) {
    store::WriteOutcome outcome;
    outcome.status = store::WriteStatus::kParked;
    outcome.missing = std::move(record.missing);
    auto refusal = to_receipt({record.key, record.revision}, outcome);
    records.push_back({{.key = record.key,
                        .revision = record.revision,
                        .serialized = std::move(record.serialized),
                        .violations = {},
                        .received = record.received},
                       std::move(refusal)});
  }
  return records;
}

Status replay_dead_letters(Intake& intake, const security::Permit& permit, const ClinicId& clinic,
                           const std::vector<std::int64_t>& numbers,
                           const std::function<void(const Receipt&)>& sink) {
  KAP_CHECK_OK(check_clinic(permit, clinic));
  KAP_TRY(auto letters, letters_of(intake, clinic, numbers));
  for (auto& letter : letters) {
    auto receipt = submit_and_wait(intake, permit, std::move(letter.serialized));
    receipt.ordinal = static_cast<std::uint64_t>(letter.number);
    // A new refusal is in the list under a number of its own.
    if (is_acceptance(receipt.verdict) || receipt.verdict == Verdict::kMissingRecord ||
        is_kept(receipt.verdict))
      KAP_CHECK_OK(intake.store.remove_dead_letter(letter.number));
    sink(receipt);
  }
  return {};
}

}  // namespace kap::gateway::service
