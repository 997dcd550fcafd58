#include "gateway/security/client_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gateway/security/jwk.h"
#include "gateway/security/permit/scope.h"
#include "gateway/security/scope_grant.h"
#include "gateway/security/token_request.h"

namespace kap::gateway::security {
namespace {

constexpr int kDone = 0;
constexpr int kRefused = 1;
constexpr int kWrongUse = 2;

struct Arguments {
  std::filesystem::path config;
  std::string id;
  std::string name;
  std::filesystem::path jwks;
  std::string scope;
  std::vector<std::string> clinics;
  bool replace = false;
  bool update_as_create = false;
  std::string token_url;
  std::filesystem::path jwk;
  std::filesystem::path ca;
};

std::unexpected<Outcome> refuse(std::string_view option, std::string why) {
  return fail(Category::kInvalidRequest, IssueType::kValue, std::move(why), std::string(option));
}

Result<std::string> read_file(const std::filesystem::path& file, std::string_view option) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream) return refuse(option, fmt::format("{} cannot be read", file.string()));
  return text.str();
}

/// An id travels in tokens, logs and command lines: no spaces, no control characters.
bool is_plain_id(std::string_view id) {
  return !id.empty() && id.size() <= 128 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~:/").find(c) != std::string_view::npos;
  });
}

Status check_scopes(const std::string& text) {
  KAP_TRY(const auto scopes, parse_scopes(text));
  if (scopes.empty()) return refuse("--scope", "no scope; expected for example system/*.rs");
  for (const Scope& scope : scopes) {
    if (scope.context != Scope::Context::kSystem)
      return refuse("--scope", "a backend service has system/ scopes alone");
    if (!scope.query.empty()) return refuse("--scope", "scopes with ?query are not supported");
  }
  return {};
}

Status register_client(const Arguments& arguments, const ClientCommandOptions& options) {
  if (!is_plain_id(arguments.id))
    return refuse("--id", "expected 1 to 128 of A-Z a-z 0-9 - . _ ~ : /");
  for (const std::string& clinic : arguments.clinics)
    if (!is_plain_id(clinic)) return refuse("--clinic", "expected a clinic id");
  KAP_CHECK_OK(check_scopes(arguments.scope));
  KAP_TRY(std::string jwks, read_file(arguments.jwks, "--jwks"));
  KAP_TRY(const auto keys, parse_jwks(jwks));
  KAP_TRY(const auto registry, options.open(arguments.config));
  const ClientId id(arguments.id);
  KAP_TRY(const auto earlier, registry->find(id));
  if (earlier && !arguments.replace)
    return refuse("--id", "a client of this id is registered; --replace replaces it");
  store::RegisteredClient client{
      .id = id,
      .name = arguments.name.empty() ? arguments.id : arguments.name,
      .jwks = std::move(jwks),
      .scopes = arguments.scope,
      .clinics = {},
      .id_assignment = arguments.update_as_create ? IdAssignment::kClient : IdAssignment::kServer,
      .created = earlier ? earlier->created : options.clock.now()};
  for (const std::string& clinic : arguments.clinics) client.clinics.emplace_back(clinic);
  KAP_CHECK_OK(registry->put(client));
  options.out << fmt::format("{} {} with {} key{}\n", earlier ? "replaced" : "registered",
                             arguments.id, keys.size(), keys.size() == 1 ? "" : "s");
  return {};
}

std::string clinics_of(const store::RegisteredClient& client) {
  std::string text;
  for (const ClinicId& clinic : client.clinics) text += (text.empty() ? "" : ",") + clinic.text();
  return text;
}

Status list_clients(const Arguments& arguments, const ClientCommandOptions& options) {
  KAP_TRY(const auto registry, options.open(arguments.config));
  KAP_TRY(const auto clients, registry->list());
  for (const auto& client : clients)
    options.out << fmt::format("{}\t{}\t{}\t{}\n", client.id.text(), client.name,
                               clinics_of(client), client.scopes);
  return {};
}

Status show_client(const Arguments& arguments, const ClientCommandOptions& options) {
  KAP_TRY(const auto registry, options.open(arguments.config));
  KAP_TRY(const auto client, registry->find(ClientId(arguments.id)));
  if (!client) return refuse("--id", "no client of this id is registered");
  options.out << fmt::format(
      "id:      {}\nname:    {}\nclinics: {}\nscopes:  {}\ncreated: {}\n"
      "new ids: {}\n",
      client->id.text(), client->name, clinics_of(*client), client->scopes,
      to_fhir_instant(client->created),
      client->id_assignment == IdAssignment::kClient ? "the client's, too (update as create)"
                                                     : "the gateway's");
  KAP_TRY(const auto keys, parse_jwks(client->jwks));
  for (const PublicKey& key : keys)
    options.out << fmt::format("key:     {} {}\n", key.kid, to_text(key.algorithm));
  return {};
}

Status remove_client(const Arguments& arguments, const ClientCommandOptions& options) {
  KAP_TRY(const auto registry, options.open(arguments.config));
  KAP_TRY(const bool was_there, registry->remove(ClientId(arguments.id)));
  if (!was_there) return refuse("--id", "no client of this id is registered");
  options.out << fmt::format("removed {}; its tokens end within a minute\n", arguments.id);
  return {};
}

Status print_token(const Arguments& arguments, const ClientCommandOptions& options) {
  KAP_TRY(std::string jwk, read_file(arguments.jwk, "--jwk"));
  KAP_TRY(const BearerToken token, request_token({.token_url = arguments.token_url,
                                                  .client_id = arguments.id,
                                                  .private_jwk = std::move(jwk),
                                                  .ca = arguments.ca,
                                                  .scope = arguments.scope},
                                                 options.clock));
  options.out << token.text() << '\n';
  return {};
}

using Action = Status (*)(const Arguments&, const ClientCommandOptions&);

void add_commands(CLI::App& app, Arguments& arguments, Action& action) {
  const auto add = [&](const char* name, const char* help, Action run) {
    CLI::App* command = app.add_subcommand(name, help);
    command->callback([&action, run] { action = run; });
    return command;
  };
  const auto add_config = [&](CLI::App* command) {
    command->add_option("--config", arguments.config, "The gateway's settings file")->required();
  };
  const auto add_id = [&](CLI::App* command, const char* name) {
    command->add_option(name, arguments.id, "The client's id")->required();
  };
  CLI::App* enroll = add("register", "Register a client's public keys", &register_client);
  add_config(enroll);
  add_id(enroll, "--id");
  enroll->add_option("--name", arguments.name, "A name for people");
  enroll->add_option("--jwks", arguments.jwks, "JWK Set file of public keys")->required();
  enroll->add_option("--scope", arguments.scope, "The most it may be granted: \"system/*.rs\"")
      ->required();
  enroll->add_option("--clinic", arguments.clinics, "A clinic whose records it may see; repeatable")
      ->required();
  enroll->add_flag("--update-as-create", arguments.update_as_create,
                   "It may create resources under ids of its own, by PUT");
  enroll->add_flag("--replace", arguments.replace, "Replace a client of this id");
  add_config(add("list", "List the clients", &list_clients));
  CLI::App* show = add("show", "Show one client", &show_client);
  add_config(show);
  add_id(show, "--id");
  CLI::App* remove = add("remove", "Remove a client", &remove_client);
  add_config(remove);
  add_id(remove, "--id");
  CLI::App* token = add("token", "Print a fresh access token, as a client", &print_token);
  add_id(token, "--client-id");
  token->add_option("--token-url", arguments.token_url, "The token endpoint")->required();
  token->add_option("--jwk", arguments.jwk, "File of the client's private JWK")->required();
  token->add_option("--ca", arguments.ca, "PEM file of the authorities to trust");
  token->add_option("--scope", arguments.scope, "The scopes to ask for")->required();
  app.require_subcommand(1);
}

}  // namespace

int run_client_command(int argc, const char* const* argv, const ClientCommandOptions& options) {
  CLI::App app{"Registers EHR systems (SMART backend services)", "kap-gateway client"};
  Arguments arguments;
  Action action = nullptr;
  add_commands(app, arguments, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, options.out, options.err) == 0 ? kDone : kWrongUse;
  }
  const Status status = action(arguments, options);
  if (status) return kDone;
  options.err << "kap-gateway client: " << status.error().summary() << '\n';
  return kRefused;
}

}  // namespace kap::gateway::security
