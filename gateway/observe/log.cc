#include "gateway/observe/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <mutex>
#include <utility>

#include "fhir/base/clock.h"

namespace kap::gateway::observe {
namespace {

void append_escaped(std::string_view text, std::string& out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    } else {
      out += c;
    }
  }
}

std::string_view to_text(Level level) {
  static constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

spdlog::level::level_enum to_spdlog(Level level) {
  static constexpr std::array kLevels = {spdlog::level::debug, spdlog::level::info,
                                         spdlog::level::warn, spdlog::level::err};
  return kLevels[static_cast<std::size_t>(level)];
}

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(Log::Sink to) : to_(std::move(to)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    to_(std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  Log::Sink to_;
};

}  // namespace

Line::Line(Level level, std::string_view event) : level_(level) {
  json_ = R"({"ts":")";
  json_ += to_fhir_instant(SystemClock().now());
  json_ += R"(","level":")";
  json_ += to_text(level);
  json_ += '"';
  field("event", event);
}

Line& Line::field(std::string_view name, std::string_view text) {
  json_ += ",\"";
  json_ += name;
  json_ += "\":\"";
  append_escaped(text, json_);
  json_ += '"';
  return *this;
}

Line& Line::literal(std::string_view name, std::string_view json_value) {
  json_ += ",\"";
  json_ += name;
  json_ += "\":";
  json_ += json_value;
  return *this;
}

struct Log::State {
  std::unique_ptr<spdlog::logger> logger;
};

Log::Log(Level least) : least_(least), state_(std::make_unique<State>()) {
  state_->logger =
      std::make_unique<spdlog::logger>("kap", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  state_->logger->set_level(spdlog::level::trace);
  state_->logger->set_pattern("%v");
  state_->logger->flush_on(spdlog::level::warn);
}

Log::Log(Level least, Sink sink) : least_(least), state_(std::make_unique<State>()) {
  state_->logger =
      std::make_unique<spdlog::logger>("kap", std::make_shared<FunctionSink>(std::move(sink)));
  state_->logger->set_level(spdlog::level::trace);
}

Log::~Log() = default;

void Log::write(const Line& line) {
  if (!is_on(line.level())) return;
  const std::string text = line.json() + "}";
  state_->logger->log(to_spdlog(line.level()), spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace kap::gateway::observe
