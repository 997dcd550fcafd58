#include "gateway/transport/http/operation_routes.h"

#include <fmt/format.h>

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/transport/http/fhir_call.h"

namespace kap::gateway::transport::http {
namespace {

using security::Permit;
using service::OperationContext;
using service::OperationDef;
using service::OperationLevel;

/// Rows hold views of their patterns, which are as constant as the operations but not literals.
std::string_view keep(std::string pattern) {
  static std::mutex mutex;
  static std::deque<std::string> kept;
  const std::scoped_lock lock(mutex);
  for (const auto& known : kept)
    if (known == pattern) return known;
  return kept.emplace_back(std::move(pattern));
}

Status check_media_type(const Request& request) {
  if (request.body.empty()) return {};
  const auto type = media_type(request.headers.find("Content-Type").value_or(""));
  if (type == "application/fhir+json" || type == "application/json") return {};
  return fail(Category::kUnsupportedMediaType, IssueType::kNotSupported,
              "an operation takes its body as application/fhir+json");
}

/// What stands in a pattern between the type and the operation.
std::string_view place_of(OperationLevel level) {
  if (level == OperationLevel::kInstance) return "/{id}";
  return level == OperationLevel::kVersion ? "/{id}/_history/{vid}" : "";
}

/// What a row is for. `type` is empty where the pattern has `{type}`, and at system level.
struct Row {
  const OperationDef* operation;
  OperationLevel level;
  std::string_view type;
  std::chrono::milliseconds deadline;
};

Result<Response> invoke(const Row& row, const OperationContext& context, const Call& call,
                        const Permit& permit) {
  KAP_TRY(const Representation representation, negotiate(call.request));
  KAP_CHECK_OK(check_media_type(call.request));
  service::OperationRequest request{.type = row.type,
                                    .handling = handling_of(call.request),
                                    .deadline = std::chrono::steady_clock::now() + row.deadline};
  if (row.level != OperationLevel::kSystem && row.type.empty()) request.type = call.path.front();
  std::optional<ResourceId> id;
  if (row.level == OperationLevel::kVersion) {
    KAP_TRY(request.version, parse_version(call.path.back()));
    KAP_TRY(id, parse_id(call.path[call.path.size() - 2]));
  } else if (row.level == OperationLevel::kInstance) {
    KAP_TRY(id, parse_id(call.path.back()));
  }
  if (id.has_value()) request.id = &*id;
  std::vector<std::pair<std::string, std::string>> query;
  for (const QueryPair& pair : call.request.query) query.emplace_back(pair.name, pair.value);
  request.input.query = query;
  if (call.request.method == Method::kPost) request.input.body = call.request.body;
  KAP_TRY(auto answer, service::run_operation(permit, context, *row.operation, request));
  return encode(std::move(answer.json), representation);
}

class Rows {
 public:
  Rows(const OperationContext& context, std::chrono::milliseconds deadline)
      : context_(context), deadline_(deadline) {}

  void add(const OperationDef& operation) {
    if (operation.run == nullptr) return;
    if (operation.levels.system) add(operation, OperationLevel::kSystem, "");
    for (const auto type : operation.types) {
      if (operation.levels.type) add(operation, OperationLevel::kType, type);
      if (operation.levels.instance) add(operation, OperationLevel::kInstance, type);
      if (operation.levels.version) add(operation, OperationLevel::kVersion, type);
    }
  }
  [[nodiscard]] RouteTable take() && { return std::move(table_); }

 private:
  void add(const OperationDef& operation, OperationLevel level, std::string_view type) {
    const bool is_any = type == "Resource";
    const auto pattern = keep(fmt::format(
        "/fhir{}{}/${}", type.empty() ? "" : fmt::format("/{}", is_any ? "{type}" : type),
        place_of(level), operation.code));
    const std::string_view literal = is_any ? "" : type;
    Access access = Authenticated{};
    if (level != OperationLevel::kSystem && operation.access == service::OperationAccess::kScoped)
      access = Scoped{operation.interaction, literal};
    const Row row{.operation = &operation, .level = level, .type = literal, .deadline = deadline_};
    const auto add_method = [&](Method method) {
      table_.push_back(
          {.method = method,
           .pattern = pattern,
           .access = access,
           .execution = operation.effect == service::Effect::kAffectsState ? Execution::kWriting
                                                                           : Execution::kPooled,
           .handler = permitted(
               context_,
               [row](const OperationContext& context, const Call& call, const Permit& permit) {
                 return invoke(row, context, call, permit);
               }),
           .specification = operation.canonical});
    };
    add_method(Method::kPost);
    if (operation.allows_get()) add_method(Method::kGet);
  }

  const OperationContext& context_;
  std::chrono::milliseconds deadline_;
  RouteTable table_;
};

}  // namespace

RouteTable operation_routes(const OperationContext& context, service::OperationTable operations,
                            std::chrono::milliseconds deadline) {
  Rows rows(context, deadline);
  for (const OperationDef* operation : operations) rows.add(*operation);
  return std::move(rows).take();
}

}  // namespace kap::gateway::transport::http
