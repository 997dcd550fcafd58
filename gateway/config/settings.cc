#include "gateway/config/settings.h"

#include <fmt/format.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "gateway/config/keys.h"

namespace kap::gateway::config {
namespace {

/// Collects the faults of one reading and what has been set.
class Reading {
 public:
  Reading(std::string_view file, Settings& settings) : file_(file), settings_(settings) {
    folder_ = std::filesystem::absolute(std::filesystem::path(file)).parent_path();
  }

  void refuse(std::string key, std::string_view why, const toml::source_position& at) {
    issues_.push_back(
        Issue{.code = IssueType::kInvalid,
              .diagnostics = fmt::format("{}:{}:{}: {}{}{}", file_, at.line, at.column, key,
                                         key.empty() ? "" : ": ", why),
              .expression = std::move(key),
              .position = SourcePosition{at.line, at.column}});
  }
  void refuse(std::string_view source, std::string key, std::string_view why,
              IssueType code = IssueType::kInvalid) {
    issues_.push_back(Issue{.code = code,
                            .diagnostics = fmt::format("{}: {}: {}", source, key, why),
                            .expression = std::move(key),
                            .position = {}});
  }

  void read_table(const toml::table& table, const std::string& prefix);
  void read_environment(const Environment& environment);
  void check_required();

  [[nodiscard]] std::string_view file() const { return file_; }
  [[nodiscard]] std::vector<Issue>& issues() { return issues_; }

 private:
  void read_value(const Key& key, const toml::node& node);

  std::string_view file_;
  Settings& settings_;
  std::filesystem::path folder_;
  std::vector<std::string_view> set_;
  std::vector<Issue> issues_;
};

bool is_section(std::string_view path) {
  return std::ranges::any_of(keys(), [&](const Key& key) {
    return key.path.size() > path.size() && key.path.starts_with(path) &&
           key.path[path.size()] == '.';
  });
}

std::string known_below(const std::string& prefix) {
  std::string text;
  for (const Key& key : keys()) {
    if (!key.path.starts_with(prefix)) continue;
    std::string_view name = key.path.substr(prefix.size());
    if (const auto dot = name.find('.'); dot != std::string_view::npos) {
      name = key.path.substr(prefix.size(), dot);
      if (text.ends_with(fmt::format("[{}]", name))) continue;
      text += fmt::format("{}[{}]", text.empty() ? "" : ", ", name);
    } else {
      text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
    }
  }
  return text;
}

void Reading::read_value(const Key& key, const toml::node& node) {
  std::optional<std::string> fault;
  if (is_integer(key)) {
    const auto* integer = node.as_integer();
    fault = integer != nullptr ? set_integer(key, settings_, integer->get())
                               : std::optional<std::string>("expected an integer without quotes");
  } else {
    const auto* text = node.as_string();
    fault = text != nullptr ? set_text(key, settings_, text->get(), folder_)
                            : std::optional<std::string>("expected text in quotes");
  }
  set_.push_back(key.path);
  if (fault) refuse(std::string(key.path), *fault, node.source().begin);
}

void Reading::read_table(const toml::table& table, const std::string& prefix) {
  for (const auto& [name, node] : table) {
    const std::string path = prefix + std::string(name.str());
    if (const Key* key = find_key(path)) {
      read_value(*key, node);
    } else if (is_section(path)) {
      if (const auto* section = node.as_table()) {
        read_table(*section, path + ".");
      } else {
        refuse(path, fmt::format("expected a section [{}]", path), node.source().begin);
      }
    } else {
      refuse(path, fmt::format("unknown key; known here: {}", known_below(prefix)),
             name.source().begin);
    }
  }
}

void Reading::read_environment(const Environment& environment) {
  for (const Key& key : keys()) {
    const std::string variable = to_variable(key.path);
    const auto at = environment.find(variable);
    if (at == environment.end()) continue;
    const std::string& text = at->second;
    std::optional<std::string> fault;
    if (is_integer(key)) {
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      fault = error == std::errc{} && end == text.data() + text.size() && !text.empty()
                  ? set_integer(key, settings_, value)
                  : std::optional<std::string>("expected an integer");
    } else {
      fault = set_text(key, settings_, text, std::filesystem::current_path());
    }
    set_.push_back(key.path);
    if (fault) refuse(variable, std::string(key.path), *fault);
  }
  for (const auto& [variable, text] : environment) {
    const bool known = std::ranges::any_of(
        keys(), [&](const Key& key) { return to_variable(key.path) == variable; });
    const bool looks_like_ours = std::ranges::any_of(keys(), [&](const Key& key) {
      const auto dot = key.path.find('.');
      return dot != std::string_view::npos &&
             variable.starts_with(to_variable(key.path.substr(0, dot)) + "_");
    });
    if (!known && looks_like_ours)
      refuse("environment", variable, "no key has this variable; `serve --help` lists them");
  }
}

void Reading::check_required() {
  for (const Key& key : keys()) {
    if (key.need == Need::kRequired && std::ranges::find(set_, key.path) == set_.end()) {
      refuse(file_, std::string(key.path),
             fmt::format("missing; set it here or as {}: {}", to_variable(key.path), key.meaning),
             IssueType::kRequired);
    }
  }
}

std::optional<std::string_view> fault_of_url(std::string_view url) {
  static constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme)) return "expected https://host[:port]";
  const std::string_view authority = url.substr(kScheme.size());
  if (authority.empty()) return "the host is missing; expected https://host[:port]";
  if (authority.ends_with('/')) return "expected no slash at the end";
  if (authority.find_first_of("/?#@ \t\"\\<>") != std::string_view::npos)
    return "expected https://host[:port] without path, query or user: the FHIR base is /fhir below";
  return std::nullopt;
}

void complete(Settings& settings) {
  if (settings.grpc.tls.certificate.empty())
    settings.grpc.tls.certificate = settings.http.tls.certificate;
  if (settings.grpc.tls.key.empty()) settings.grpc.tls.key = settings.http.tls.key;
  if (settings.store.path.empty()) settings.store.path = settings.state_dir / "kap.db";
  if (settings.store.master_key.empty())
    settings.store.master_key = settings.state_dir / "master.key";
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry = *at;
    const auto equals = entry.find('=');
    if (entry.starts_with("KAP_") && equals != std::string_view::npos)
      environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return environment;
}

Result<Settings> parse_settings(std::string_view toml, std::string_view file,
                                const Environment& environment) {
  Settings settings;
  Reading reading(file, settings);
  try {
    const toml::table table = toml::parse(toml, file);
    reading.read_table(table, "");
  } catch (const toml::parse_error& error) {
    reading.refuse("", error.description(), error.source().begin);
    return fail(Category::kInvalidRequest, std::move(reading.issues()));
  }
  reading.read_environment(environment);
  reading.check_required();
  if (const auto fault = fault_of_url(settings.public_url); fault && !settings.public_url.empty())
    reading.refuse(file, "public_url", *fault);
  if (!reading.issues().empty())
    return fail(Category::kInvalidRequest, std::move(reading.issues()));
  complete(settings);
  return settings;
}

Result<Settings> load_settings(const std::filesystem::path& file, const Environment& environment) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream) {
    return fail(Category::kInvalidRequest, IssueType::kNotFound,
                fmt::format("{}: the settings file cannot be read", file.string()), "--config");
  }
  return parse_settings(text.str(), file.string(), environment);
}

Status check_files(const Settings& settings) {
  const std::array<std::pair<std::string_view, const std::filesystem::path*>, 6> files = {
      {{"http.certificate", &settings.http.tls.certificate},
       {"http.key", &settings.http.tls.key},
       {"http.client_ca", &settings.http.tls.client_ca},
       {"grpc.certificate", &settings.grpc.tls.certificate},
       {"grpc.key", &settings.grpc.tls.key},
       {"grpc.client_ca", &settings.grpc.tls.client_ca}}};
  std::vector<Issue> issues;
  const auto refuse = [&](std::string_view key, const std::filesystem::path& path,
                          std::string_view why) {
    issues.push_back(Issue{.code = IssueType::kNotFound,
                           .diagnostics = fmt::format("{}: {}: {}", key, path.string(), why),
                           .expression = std::string(key),
                           .position = {}});
  };
  for (const auto& [key, path] : files)
    if (!path->empty() && access(path->c_str(), R_OK) != 0)
      refuse(key, *path, "the file is not there or may not be read");
  std::error_code error;
  if (!std::filesystem::is_directory(settings.state_dir, error))
    refuse("state_dir", settings.state_dir,
           "is not a folder; make it, owned by the gateway's user");
  else if (access(settings.state_dir.c_str(), W_OK | X_OK) != 0)
    refuse("state_dir", settings.state_dir, "the gateway may not write there");
  if (!issues.empty()) return fail(Category::kInvalidRequest, std::move(issues));
  return {};
}

std::string describe_settings() {
  Settings defaults;
  std::string text;
  std::string section;
  for (const Key& key : keys()) {
    const auto dot = key.path.find('.');
    const std::string now(dot == std::string_view::npos ? "" : key.path.substr(0, dot));
    if (now != section) text += fmt::format("\n[{}]\n", now);
    section = now;
    const auto name = dot == std::string_view::npos ? key.path : key.path.substr(dot + 1);
    text += fmt::format("# {} ({}{})\n{}{} = {}\n", key.meaning, to_variable(key.path),
                        key.need == Need::kRequired ? ", required" : "",
                        key.need == Need::kRequired ? "" : "# ", name, to_toml(key, defaults));
  }
  return text;
}

}  // namespace kap::gateway::config
