#include "mappings/engine/mapping.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "fhir/base/limits.h"
#include "mappings/engine/canonical.h"
#include "mappings/engine/clinic_model.h"
#include "mappings/engine/clinic_rules.h"
#include "mappings/engine/explain.h"
#include "mappings/engine/fhir_model.h"
#include "mappings/engine/owner.h"
#include "mappings/engine/plan.h"
#include "mappings/engine/runner.h"

namespace kap::mappings {

namespace terminology = fhir::terminology;

struct Mapper::State {
  terminology::Terminology terminology;
  std::shared_ptr<const plan::Program> program;
  std::unique_ptr<ClinicRules> rules;
  std::unordered_map<std::string_view, const plan::Entry*> by_url;
  std::unordered_map<const ClinicField*, const plan::Entry*> by_kind;
};

namespace {

/// `treatment_session` -> `TreatmentSession`, the message's name as a rule.
std::string map_url(const ClinicField& body) {
  return fmt::format("{}/StructureMap/{}", kCanonicalBase, body.message->name);
}

const ClinicField* body_field(const WireMessage& record) {
  for (const ClinicField& field : record.type->fields) {
    if (field.oneof >= 0 && record.slot(field).present) return &field;
  }
  return nullptr;
}

std::string_view text_field(const WireMessage& record, std::string_view name) {
  const ClinicField* field = record.type->find_proto(name);
  if (field == nullptr) return {};
  const WireSlot& slot = record.slot(*field);
  return slot.present ? std::string_view(slot.text, slot.size) : std::string_view();
}

std::int64_t revision_of(const WireMessage& record) {
  static const ClinicField* field = record.type->find_proto("revision");
  return record.slot(*field).present ? record.slot(*field).number : 0;
}

Outcome refused(std::vector<Issue> issues) { return {Category::kUnprocessable, std::move(issues)}; }

}  // namespace

Mapper::Mapper(std::unique_ptr<State> state) : state_(std::move(state)) {}
Mapper::Mapper(Mapper&&) noexcept = default;
Mapper& Mapper::operator=(Mapper&&) noexcept = default;
Mapper::~Mapper() = default;

std::optional<Mapper> Mapper::make(std::vector<MapText> maps, terminology::Terminology tables,
                                   const CompileOptions& options, Diagnostics& diagnostics) {
  auto state = std::make_unique<State>();
  state->terminology = std::move(tables);
  CompileOptions own = options;
  own.terminology = &state->terminology;
  state->program = compile(maps, own, diagnostics);
  if (state->program == nullptr) return std::nullopt;
  auto rules = ClinicRules::make(state->terminology);
  if (!rules.has_value()) {
    diagnostics.add({.code = Code::kBadExpression,
                     .file = "kap/clinic/v1",
                     .span = {},
                     .message = rules.error().summary(),
                     .hint = {},
                     .source_line = {}});
    return std::nullopt;
  }
  state->rules = std::make_unique<ClinicRules>(std::move(*rules));
  for (const plan::Entry& entry : state->program->entries) state->by_url[entry.url] = &entry;
  // One map for every kind, or one a kind.
  const auto all = state->by_url.find(fmt::format("{}/StructureMap/Record", kCanonicalBase));
  for (const ClinicField& field : ClinicSchema::get().record().fields) {
    if (field.oneof < 0) continue;
    const auto found = all != state->by_url.end() ? all : state->by_url.find(map_url(field));
    if (found != state->by_url.end()) state->by_kind[&field] = found->second;
  }
  return Mapper(std::move(state));
}

std::vector<std::string> Mapper::map_urls() const {
  std::vector<std::string> out;
  for (const plan::Entry& entry : state_->program->entries) out.push_back(entry.url);
  return out;
}

const terminology::Terminology& Mapper::terminology() const { return state_->terminology; }

namespace {

/// Puts public ids in place of local ones and writes every resource of the Bundle.
class Collector {
 public:
  Collector(Runner& runner, MappedRecord& out, std::vector<Issue>& issues, std::string_view patient)
      : runner_(runner), out_(out), issues_(issues), patient_(patient) {}

  void run(OutNode& root) {
    if (root.type == nullptr || root.type->name != "Bundle") {
      resource(root);
    } else {
      bundle(root);
    }
    out_.bytes = writer_.take();
  }

 private:
  void bundle(OutNode& root) {
    for (OutNode* entry = root.first; entry != nullptr; entry = entry->next) {
      if (entry->slot->name != "entry" || entry->kind != OutNode::Kind::kObject) continue;
      for (OutNode* child = entry->first; child != nullptr; child = child->next) {
        if (child->slot->special == MemberSlot::Special::kEntryResource) resource(*child);
      }
    }
  }

  void issue(Code code, const OutNode& node, std::string what) {
    issues_.push_back(
        {.severity = IssueSeverity::kError,
         .code = IssueType::kProcessing,
         .diagnostics = fmt::format("M{}: {} {}", static_cast<int>(code), node.type->name, what),
         .expression = {},
         .position = {}});
  }

  void resource(OutNode& node) {
    if (node.kind != OutNode::Kind::kObject || !node.is_resource) return;
    MappedResource made;
    made.type = node.type->name;
    OutNode* id = nullptr;
    for (OutNode* child = node.first; child != nullptr && id == nullptr; child = child->next) {
      if (child->slot->special == MemberSlot::Special::kResourceId) id = child;
    }
    if (id == nullptr || id->kind != OutNode::Kind::kText) {
      issue(Code::kNoResourceId, node, "has no id");
      return;
    }
    made.local_id = id->view();
    if (!seen_.insert({node.type, made.local_id}).second) {
      issue(Code::kDuplicateResource, node, "has an id that another one of the record has");
      return;
    }
    made.local_id = keep(made.local_id);
    made.id = keep(runner_.public_id(made.type, made.local_id));
    id->text = made.id.data();
    id->size = static_cast<std::uint32_t>(made.id.size());
    made.owner = compartment_patient(node);
    if (made.owner.empty() && !patient_.empty())
      made.owner = runner_.public_id("Patient", patient_);
    const WrittenResource written = writer_.write(node);
    made.offset = written.begin;
    made.size = written.end - written.begin;
    made.meta_offset = written.meta;
    if (made.size > limits::kJsonBytes) {
      issue(Code::kOutputLimit, node, fmt::format("has more than {} bytes", limits::kJsonBytes));
      return;
    }
    if (made.meta_offset == 0) {
      issue(Code::kNoMeta, node, "has no meta with a profile, tag, label or source");
      return;
    }
    made.owner = keep(made.owner);
    out_.resources.push_back(made);
  }

  /// Into the result's own arena: the run's is used again.
  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    auto* bytes = static_cast<char*>(out_.arena->allocate(text.size(), 1));
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
  }

  Runner& runner_;
  MappedRecord& out_;
  std::vector<Issue>& issues_;
  std::string_view patient_;
  using Key = std::pair<const definitions::TypeDef*, std::string_view>;
  struct Hash {
    std::size_t operator()(const Key& key) const {
      return std::hash<std::string_view>{}(key.second) ^ std::hash<const void*>{}(key.first);
    }
  };
  std::unordered_set<Key, Hash> seen_;
  JsonWriter writer_;
};

/// The patient that the record is about: the first of its references to one.
std::string_view patient_of(const std::vector<RecordReference>& references) {
  for (const RecordReference& reference : references) {
    if (reference.kind == "patient") return reference.record_id;
  }
  return {};
}

/// This thread's arena, empty. One use at a time: nothing that maps calls another mapping.
Arena& scratch() {
  static thread_local Arena arena;
  arena.reset();
  return arena;
}

struct Decoded {
  Arena* arena = nullptr;
  const WireMessage* record = nullptr;
  const ClinicField* body = nullptr;
};

Result<Decoded> decode(std::string_view bytes) {
  Decoded out;
  out.arena = &scratch();
  KAP_TRY(out.record, decode_record(bytes, *out.arena));
  out.body = body_field(*out.record);
  return out;
}

}  // namespace

Result<RecordHead> Mapper::head(std::string_view bytes) {
  KAP_TRY(const Decoded decoded, decode(bytes));
  return RecordHead{.clinic = std::string(text_field(*decoded.record, "clinic_id")),
                    .kind = decoded.body == nullptr ? "" : decoded.body->proto_name,
                    .record_id = std::string(text_field(*decoded.record, "record_id")),
                    .revision = revision_of(*decoded.record)};
}

Status Mapper::check_record(std::string_view bytes) const {
  KAP_TRY(const Decoded decoded, decode(bytes));
  std::vector<Issue> issues = state_->rules->check(*decoded.record);
  if (!issues.empty()) return std::unexpected(refused(std::move(issues)));
  return {};
}

Result<MappedRecord> Mapper::map_record(std::string_view bytes, const MapOptions& options) const {
  KAP_TRY(Decoded decoded, decode(bytes));
  const WireMessage& record = *decoded.record;
  if (options.rules == MapOptions::Rules::kCheck) {
    std::vector<Issue> issues = state_->rules->check(record);
    if (!issues.empty()) return std::unexpected(refused(std::move(issues)));
  }
  if (decoded.body == nullptr) {
    return fail(Category::kUnprocessable, IssueType::kRequired, "the record has no body");
  }
  MappedRecord out;
  out.arena = std::make_unique<std::pmr::monotonic_buffer_resource>(8192);
  out.clinic = text_field(record, "clinic_id");
  out.kind = decoded.body->proto_name;
  out.record_id = text_field(record, "record_id");
  out.revision = revision_of(record);
  out.references = record_references(record);
  const auto entry = state_->by_kind.find(decoded.body);
  if (entry == state_->by_kind.end()) {
    // Retractions and merges change what other records yielded; they yield nothing themselves.
    return out;
  }
  RunOptions run_options;
  run_options.ids = options.ids;
  run_options.clinic = out.clinic;
  run_options.clock = options.clock;
  Runner runner(*state_->program, run_options, *decoded.arena);
  OutNode& target = runner.make_object(entry->second->target.fhir);
  (void)runner.run(*entry->second, clinic_element(record), target);
  std::vector<Issue> issues = runner.issues();
  if (issues.empty()) {
    out.resources.reserve(64);
    Collector(runner, out, issues, patient_of(out.references)).run(target);
  }
  if (!issues.empty()) return std::unexpected(refused(std::move(issues)));
  return out;
}

namespace {

Result<std::string> run_to_json(const plan::Program& program, const plan::Entry& entry,
                                const fhir::path::Element& source, RunOptions run_options,
                                Arena& arena, std::vector<TraceEntry>* trace,
                                std::string* explained) {
  run_options.trace = trace;
  Runner runner(program, run_options, arena);
  OutNode& target = runner.make_object(entry.target.fhir);
  (void)runner.run(entry, source, target);
  if (!runner.issues().empty()) return std::unexpected(refused(runner.issues()));
  if (explained != nullptr) *explained = explain_trace(program, target, *trace);
  JsonWriter writer;
  writer.write(target);
  return writer.take();
}

}  // namespace

Result<std::string> Mapper::map_to_bundle(std::string_view url, std::string_view bytes,
                                          const MapOptions& options) const {
  KAP_TRY(const Decoded decoded, decode(bytes));
  if (options.rules == MapOptions::Rules::kCheck) {
    std::vector<Issue> issues = state_->rules->check(*decoded.record);
    if (!issues.empty()) return std::unexpected(refused(std::move(issues)));
  }
  const plan::Entry* entry = nullptr;
  if (!url.empty()) {
    const auto found = state_->by_url.find(url);
    if (found != state_->by_url.end()) entry = found->second;
  } else if (decoded.body != nullptr) {
    const auto found = state_->by_kind.find(decoded.body);
    if (found != state_->by_kind.end()) entry = found->second;
  }
  if (entry == nullptr) {
    return fail(Category::kNotFound, IssueType::kNotFound,
                decoded.body == nullptr
                    ? std::string("the record has no body")
                    : fmt::format("no map for a {}: none has the url {}", decoded.body->proto_name,
                                  url.empty() ? map_url(*decoded.body) : std::string(url)));
  }
  RunOptions run_options;
  run_options.ids = options.ids;
  run_options.clinic = text_field(*decoded.record, "clinic_id");
  run_options.clock = options.clock;
  return run_to_json(*state_->program, *entry, clinic_element(*decoded.record), run_options,
                     *decoded.arena, nullptr, nullptr);
}

Result<std::string> Mapper::map_resource(std::string_view url, const fhir::json::Value& source,
                                         const MapOptions& options) const {
  const auto found = state_->by_url.find(url);
  if (found == state_->by_url.end()) {
    return fail(Category::kNotFound, IssueType::kNotFound, fmt::format("no map {}", url));
  }
  Arena& arena = scratch();
  RunOptions run_options;
  run_options.ids = options.ids;
  run_options.clock = options.clock;
  return run_to_json(*state_->program, *found->second, fhir_element(source), run_options, arena,
                     nullptr, nullptr);
}

Result<std::string> Mapper::explain(std::string_view url, std::string_view bytes,
                                    const fhir::json::Value* resource) const {
  std::vector<TraceEntry> trace;
  std::string explained;
  Arena& arena = scratch();
  const WireMessage* record = nullptr;
  const plan::Entry* entry = nullptr;
  if (resource == nullptr) {
    KAP_TRY(record, decode_record(bytes, arena));
    const ClinicField* body = body_field(*record);
    const auto found = state_->by_kind.find(body);
    if (found != state_->by_kind.end()) entry = found->second;
  }
  if (!url.empty()) {
    const auto found = state_->by_url.find(url);
    if (found != state_->by_url.end()) entry = found->second;
  }
  if (entry == nullptr) {
    return fail(Category::kNotFound, IssueType::kNotFound, "no map for this source");
  }
  KAP_TRY([[maybe_unused]] const std::string json,
          run_to_json(*state_->program, *entry,
                      record != nullptr ? clinic_element(*record) : fhir_element(*resource),
                      RunOptions{}, arena, &trace, &explained));
  return explained;
}

}  // namespace kap::mappings
