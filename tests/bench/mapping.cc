// bench_mapping FOLDER ROUNDS: a session record from protobuf bytes to FHIR JSON bytes, beside a
// program that parses the same protobuf with the generated classes and writes the same bytes with
// RapidJSON's Writer. The baseline replays the tokens of the finished output, so it reads no field
// and decides nothing: it is quicker than any program that would really map by hand.

#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/parse.h"
#include "mappings/engine/builtin.h"
#include "mappings/engine/mapping.h"
#include "tests/bench/records.h"

namespace kap::bench {
namespace {

using Clock = std::chrono::steady_clock;
using fhir::json::Kind;
using fhir::json::Value;
constexpr int kIterations = 200;

struct Token {
  enum class Kind : std::uint8_t {
    kOpenObject,
    kCloseObject,
    kOpenArray,
    kCloseArray,
    kKey,
    kString,
    kRaw
  } kind;
  std::string text;
};

void flatten(const Value& value, std::vector<Token>& out) {
  switch (value.kind()) {
    case Kind::kObject:
      out.push_back({Token::Kind::kOpenObject, {}});
      for (const auto& member : value.members()) {
        out.push_back({Token::Kind::kKey, std::string(member.name)});
        flatten(member.value, out);
      }
      out.push_back({Token::Kind::kCloseObject, {}});
      break;
    case Kind::kArray:
      out.push_back({Token::Kind::kOpenArray, {}});
      for (const auto& item : value.items()) flatten(item, out);
      out.push_back({Token::Kind::kCloseArray, {}});
      break;
    case Kind::kString:
      out.push_back({Token::Kind::kString, std::string(value.text())});
      break;
    default:
      out.push_back({Token::Kind::kRaw, std::string(value.text())});
  }
}

void write(const std::vector<Token>& tokens, rapidjson::StringBuffer& buffer) {
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  for (const Token& token : tokens) {
    const auto size = static_cast<rapidjson::SizeType>(token.text.size());
    switch (token.kind) {
      case Token::Kind::kOpenObject:
        writer.StartObject();
        break;
      case Token::Kind::kCloseObject:
        writer.EndObject();
        break;
      case Token::Kind::kOpenArray:
        writer.StartArray();
        break;
      case Token::Kind::kCloseArray:
        writer.EndArray();
        break;
      case Token::Kind::kKey:
        writer.Key(token.text.data(), size);
        break;
      case Token::Kind::kString:
        writer.String(token.text.data(), size);
        break;
      case Token::Kind::kRaw:
        writer.RawValue(token.text.data(), size, rapidjson::kNumberType);
        break;
    }
  }
}

/// What stands between the record and its bytes in each way of making them.
struct Session {
  std::string serialized;
  std::vector<std::vector<Token>> resources;
  std::size_t bytes = 0;
};

template <class Run>
double seconds_each(const Run& run) {
  const auto begin = Clock::now();
  for (int i = 0; i < kIterations; ++i) run();
  return std::chrono::duration<double>(Clock::now() - begin).count() / kIterations;
}

double by_engine(const mappings::Mapper& mapper, const Session& session,
                 const mappings::MapOptions& options) {
  return seconds_each([&] {
    const auto mapped = mapper.map_record(session.serialized, options);
    if (!mapped.has_value() || mapped->bytes.size() < session.bytes) std::abort();
  });
}

double by_hand(const Session& session) {
  return seconds_each([&] {
    clinic::v1::Record record;
    if (!record.ParseFromString(session.serialized)) std::abort();
    std::size_t bytes = 0;
    rapidjson::StringBuffer buffer(nullptr, session.bytes);
    for (const auto& tokens : session.resources) write(tokens, buffer);
    bytes = buffer.GetSize();
    if (bytes != session.bytes) std::abort();
  });
}

Session make_session(const mappings::Mapper& mapper, const std::string& serialized) {
  Session session{.serialized = serialized, .resources = {}, .bytes = 0};
  const auto mapped = mapper.map_record(session.serialized, {});
  if (!mapped.has_value()) {
    fmt::print(stderr, "{}\n", mapped.error().summary());
    std::exit(1);
  }
  for (const auto& resource : mapped->resources) {
    const auto body = mapped->body(resource);
    const auto document = fhir::json::parse(body);
    rapidjson::StringBuffer buffer;
    flatten(document->root, session.resources.emplace_back());
    write(session.resources.back(), buffer);
    if (std::string_view(buffer.GetString(), buffer.GetSize()) != body) {
      fmt::print(stderr, "the baseline does not write the same bytes\n");
      std::exit(1);
    }
    session.bytes += body.size();
  }
  return session;
}

int run(const std::string& folder, int rounds) {
  mappings::Diagnostics diagnostics;
  const auto mapper = mappings::builtin_mapper(diagnostics);
  if (!mapper.has_value()) return 1;
  const auto session =
      make_session(*mapper, first_infusion(read_clinic(folder)).SerializeAsString());
  const mappings::MapOptions trusting{.rules = mappings::MapOptions::Rules::kTrust};
  const mappings::MapOptions checking{};
  std::vector<double> hand;
  std::vector<double> engine;
  std::vector<double> checked;
  for (int round = 0; round < rounds; ++round) {
    hand.push_back(by_hand(session));
    engine.push_back(by_engine(*mapper, session, trusting));
    checked.push_back(by_engine(*mapper, session, checking));
  }
  for (auto* list : {&hand, &engine, &checked}) std::ranges::sort(*list);
  const auto middle = static_cast<std::size_t>(rounds) / 2;
  const double megabytes = static_cast<double>(session.bytes) / 1e6;
  const auto print = [&](std::string_view name, const std::vector<double>& list) {
    fmt::print("mapping {} {} {:.1f} {:.1f} {:.1f} {:.1f} {:.3f}\n", name, session.resources.size(),
               list.front() * 1e6, list[middle] * 1e6, list.back() * 1e6, megabytes / list[middle],
               hand[middle] / list[middle]);
  };
  print("hand", hand);
  print("engine", engine);
  print("engine+rules", checked);
  return 0;
}

}  // namespace
}  // namespace kap::bench

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: bench_mapping FOLDER ROUNDS\n");
    return 2;
  }
  return kap::bench::run(argv[1], std::atoi(argv[2]));
}
