#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/clock.h"
#include "gateway/command/command_line.h"
#include "gateway/command/commands.h"
#include "gateway/command/ingest.h"
#include "gateway/command/open_store.h"
#include "gateway/command/state_lock.h"
#include "gateway/service/dead_letters.h"
#include "mappings/engine/mapping.h"

namespace kap::gateway::command {
namespace {

struct DeadLetterOptions {
  std::filesystem::path config;
  std::string clinic;
  std::int64_t number = 0;
  std::vector<std::int64_t> numbers;
};

void print(const store::DeadLetter& letter) {
  std::cout << fmt::format("{}\t{}\t{}\t{}\t{}\t{}\n", letter.number,
                           to_fhir_instant(letter.received), letter.key.name.kind,
                           letter.key.name.id.text(), letter.revision, letter.violations);
}

Status list(const DeadLetterOptions& options) {
  const SystemClock clock;
  KAP_TRY(const auto settings, load(options.config));
  KAP_TRY(const auto store, open_store(settings, clock));
  store::ListPage page;
  std::cout << "number\treceived\tkind\trecord\trevision\treasons\n";
  while (true) {
    KAP_TRY(const auto letters, store->dead_letters(ClinicId(options.clinic), page));
    if (letters.empty()) return {};
    for (const auto& letter : letters) print(letter);
    page.after = letters.back().number;
  }
}

/// The record in protobuf JSON where it can be read, and its reasons.
Status show(const DeadLetterOptions& options) {
  const SystemClock clock;
  KAP_TRY(const auto settings, load(options.config));
  KAP_TRY(const auto store, open_store(settings, clock));
  KAP_TRY(const auto letter, store->dead_letter(options.number));
  if (!letter)
    return fail(Category::kNotFound, IssueType::kNotFound,
                fmt::format("no dead letter has the number {}", options.number));
  std::cout << letter->violations << '\n';
  if (const auto json = mappings::record_to_json(letter->serialized)) {
    std::cout << *json << '\n';
  } else {
    std::cout << fmt::format("{} bytes that are no record\n", letter->serialized.size());
  }
  return {};
}

Status replay(const DeadLetterOptions& options) {
  const SystemClock clock;
  KAP_TRY(const auto settings, load(options.config));
  // The writer of a running gateway would not see what another process writes.
  KAP_TRY(const auto lock, StateLock::acquire(settings.state_dir));
  KAP_TRY(const auto store, open_store(settings, clock));
  KAP_TRY(const auto ingest, Ingest::make(settings, *store, clock));
  const ClinicId clinic(options.clinic);
  const auto permit = ingest->permit(clinic);
  return service::replay_dead_letters(
      ingest->intake(), permit, clinic, options.numbers, [](const service::Receipt& receipt) {
        std::cout << fmt::format("{}\t{}\n", receipt.ordinal,
                                 service::is_acceptance(receipt.verdict) ? "accepted" : "refused");
      });
}

}  // namespace

int run_dead_letter(int argc, const char* const* argv) {
  CLI::App app{"Records that were refused and are kept", "kap-gateway dead-letter"};
  app.require_subcommand(1);
  DeadLetterOptions options;
  auto* list_command = app.add_subcommand("list", "The refused records of a clinic, oldest first");
  auto* show_command = app.add_subcommand("show", "One of them, with its reasons");
  auto* replay_command = app.add_subcommand(
      "replay",
      "Submit them again as they were received; only while the gateway is stopped (a "
      "running one replays over gRPC: ClinicRecords.Replay)");
  for (auto* command : {list_command, show_command, replay_command})
    add_config(*command, options.config);
  for (auto* command : {list_command, replay_command})
    command->add_option("--clinic", options.clinic, "Clinic id")->required();
  show_command->add_option("NUMBER", options.number, "Its number in the list")->required();
  replay_command->add_option("NUMBER", options.numbers, "Their numbers; all when none is given");
  if (const auto code = parse(app, argc, argv)) return *code;
  const auto status = list_command->parsed()   ? list(options)
                      : show_command->parsed() ? show(options)
                                               : replay(options);
  return status ? kOk : report(status.error());
}

}  // namespace kap::gateway::command
