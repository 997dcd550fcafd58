#include "mappings/engine/clinic_rules.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "fhir/path/expression.h"
#include "fhir/path/moment.h"
#include "mappings/engine/clinic_model.h"
#include "mappings/engine/clinic_values.h"
#include "mappings/engine/predicate.h"

namespace kap::mappings {

namespace terminology = fhir::terminology;
using fhir::path::Decimal;

namespace {

constexpr std::size_t kMaxIssues = 50;

struct Invariant {
  const ClinicInvariant* rule = nullptr;
  fhir::path::Expression expression;
  std::shared_ptr<const plan::Predicate> direct;
};

}  // namespace

struct ClinicRules::State {
  const terminology::Terminology* terminology = nullptr;
  std::unordered_map<const ClinicMessage*, std::vector<Invariant>> invariants;
  std::unordered_map<std::string, std::unordered_set<std::string>> value_sets;  // id -> codes
};

namespace {

class Check {
 public:
  Check(const std::unordered_map<const ClinicMessage*, std::vector<Invariant>>& invariants,
        const std::unordered_map<std::string, std::unordered_set<std::string>>& value_sets)
      : invariants_(invariants), value_sets_(value_sets) {}

  std::vector<Issue> run(const WireMessage& record) {
    message(record);
    return std::move(issues_);
  }

 private:
  void add(const WireMessage& at, const ClinicField* field, IssueType type, std::string what,
           std::optional<std::uint32_t> index = {}) {
    if (issues_.size() >= kMaxIssues) return;
    std::string path = field_path(at, field);
    if (index) path += fmt::format("[{}]", *index);
    issues_.push_back({.severity = IssueSeverity::kError,
                       .code = type,
                       .diagnostics = std::move(what),
                       .expression = std::move(path),
                       .position = {}});
  }

  void message(const WireMessage& at) {
    if (issues_.size() >= kMaxIssues) return;
    for (const ClinicOneof& oneof : at.type->oneofs) {
      if (!oneof.required) continue;
      const bool any = std::ranges::any_of(
          oneof.fields, [&](const ClinicField* field) { return at.slot(*field).present; });
      if (!any) {
        add(at, nullptr, IssueType::kRequired,
            fmt::format("one of the {} must be set", oneof.name));
      }
    }
    for (const ClinicField& field : at.type->fields) this->field(at, field);
    const std::size_t before = issues_.size();
    if (at.type->score) score(at);
    if (issues_.size() == before) invariants(at);
  }

  void field(const WireMessage& at, const ClinicField& field) {
    const WireSlot& slot = at.slot(field);
    const ClinicRule& rule = field.rule;
    if (!slot.present) {
      if (rule.required) add(at, &field, IssueType::kRequired, "this is required");
      return;
    }
    if (!field.is_repeated) {
      value(at, field, slot, {});
      return;
    }
    if (slot.size < rule.min_items) {
      add(at, &field, IssueType::kRequired,
          fmt::format("at least {} are required", rule.min_items));
    }
    if (rule.max_items != 0 && slot.size > rule.max_items) {
      add(at, &field, IssueType::kTooLong,
          fmt::format("{} are too many: at most {}", slot.size, rule.max_items));
      return;
    }
    for (std::uint32_t i = 0; i < slot.size; ++i) value(at, field, slot.items[i], i);
    if (!rule.unique_by.empty()) unique(at, field, slot);
  }

  void unique(const WireMessage& at, const ClinicField& field, const WireSlot& slot) {
    const ClinicField* key = field.message->find_proto(field.rule.unique_by);
    std::unordered_set<std::string> seen;
    for (std::uint32_t i = 0; i < slot.size && key != nullptr; ++i) {
      const WireSlot& value = slot.items[i].message->slot(*key);
      if (!value.present || seen.insert(plain_text(*key, value)).second) continue;
      add(*slot.items[i].message, key, IssueType::kDuplicate,
          fmt::format("another element of {} has the same {}", field.proto_name, key->proto_name));
    }
    (void)at;
  }

  void value(const WireMessage& at, const ClinicField& field, const WireSlot& slot,
             std::optional<std::uint32_t> index) {
    switch (field.kind) {
      case ClinicKind::kMessage:
        message(*slot.message);
        return;
      case ClinicKind::kEnum:
        if (field.enumeration->find(slot.number) == nullptr) {
          add(at, &field, IssueType::kCodeInvalid,
              fmt::format("{} is no value of {}", slot.number, field.enumeration->name), index);
        } else if (index && slot.number == 0) {
          add(at, &field, IssueType::kCodeInvalid, "an element of the list is unspecified", index);
        }
        return;
      case ClinicKind::kString:
        text(at, field, slot, index);
        return;
      case ClinicKind::kBool:
        return;
      default:
        number(at, field, Decimal(slot.number), index);
        return;
    }
  }

  void text(const WireMessage& at, const ClinicField& field, const WireSlot& slot,
            std::optional<std::uint32_t> index) {
    const std::string_view text(slot.text, slot.size);
    const ClinicRule& rule = field.rule;
    const auto quoted = [&] {
      return rule.sensitive || text.size() > 60 ? std::string("the value")
                                                : fmt::format("'{}'", text);
    };
    if (text.empty()) {
      if (index) add(at, &field, IssueType::kValue, "an element of the list is empty", index);
      return;
    }
    if (!has_format(rule.format, text)) {
      add(at, &field, IssueType::kValue,
          fmt::format("{} is not {}", quoted(), describe(rule.format)), index);
      return;
    }
    if (rule.regex != nullptr && !matches(*rule.regex, text)) {
      add(at, &field, IssueType::kValue,
          fmt::format("{} does not have the form {}", quoted(), rule.pattern), index);
      return;
    }
    if (rule.max_length != 0 && text.size() > rule.max_length &&
        code_points(text) > rule.max_length) {
      add(at, &field, IssueType::kTooLong,
          fmt::format("the text is longer than {} characters", rule.max_length), index);
    }
    if (rule.format == ClinicFormat::kDecimal && (rule.min || rule.max || rule.above)) {
      number(at, field, *Decimal::parse(text), index);
    }
    if (!rule.value_set.empty()) {
      const auto set = value_sets_.find(rule.value_set);
      if (set != value_sets_.end() && !set->second.contains(std::string(text))) {
        add(at, &field, IssueType::kCodeInvalid,
            fmt::format("{} is not in the value set {}", quoted(), rule.value_set), index);
      }
    }
    if (!rule.not_before.empty() || !rule.not_after.empty()) order(at, field, text, index);
    if (!rule.item_of.empty()) item_of(at, field, text, index);
  }

  void number(const WireMessage& at, const ClinicField& field, const Decimal& value,
              std::optional<std::uint32_t> index) {
    const ClinicRule& rule = field.rule;
    const bool low = rule.min && value < *rule.min;
    const bool high = rule.max && value > *rule.max;
    const bool floor = rule.above && value <= *rule.above;
    if (!low && !high && !floor) return;
    std::string limits;
    if (rule.min) limits = fmt::format("at least {}", rule.min->text());
    if (rule.above) limits = fmt::format("above {}", rule.above->text());
    if (rule.max) {
      limits += fmt::format("{}at most {}", limits.empty() ? "" : " and ", rule.max->text());
    }
    const std::string unit = rule.unit.empty() ? std::string() : " " + rule.unit;
    add(at, &field, IssueType::kValue,
        rule.sensitive ? fmt::format("the value must be {}{}", limits, unit)
                       : fmt::format("{}{} must be {}{}", value.text(), unit, limits, unit),
        index);
  }

  /// The value of the named field of this message or of the nearest one around it that has one.
  static const WireSlot* nearest_field(const WireMessage& at, const std::string& name,
                                       const ClinicField*& field) {
    for (const WireMessage* message = &at; message != nullptr; message = message->parent) {
      field = message->type->find_proto(name);
      if (field != nullptr) return &message->slot(*field);
    }
    return nullptr;
  }

  void order(const WireMessage& at, const ClinicField& field, std::string_view text,
             std::optional<std::uint32_t> index) {
    const auto compare = [&](const std::string& name, bool before) {
      const ClinicField* other = nullptr;
      const WireSlot* slot = nearest_field(at, name, other);
      if (slot == nullptr || !slot->present || other->kind != ClinicKind::kString) return;
      const auto sign = compare_times(text, {slot->text, slot->size});
      if (!sign || (before ? *sign >= 0 : *sign <= 0)) return;
      add(at, &field, IssueType::kValue,
          fmt::format("this is {} {}", before ? "before" : "after", name), index);
    };
    for (const std::string& name : field.rule.not_before) compare(name, true);
    for (const std::string& name : field.rule.not_after) compare(name, false);
  }

  void item_of(const WireMessage& at, const ClinicField& field, std::string_view text,
               std::optional<std::uint32_t> index) {
    const ClinicField* list = nullptr;
    const WireSlot* slot = nearest_field(at, field.rule.item_of, list);
    bool found = false;
    if (slot != nullptr && list->message != nullptr) {
      const ClinicField* id = list->message->find_proto("item_id");
      for (std::uint32_t i = 0; id != nullptr && i < slot->size && !found; ++i) {
        const WireSlot& value = slot->items[i].message->slot(*id);
        found = value.present && std::string_view(value.text, value.size) == text;
      }
    }
    if (found) return;
    add(at, &field, IssueType::kValue,
        fmt::format("no element of {} has this item_id", field.rule.item_of), index);
  }

  void score(const WireMessage& at) {
    const ClinicScoreFields& fields = *at.type->score;
    const auto found = fields.rules.find(at.slot(*fields.instrument).number);
    if (found == fields.rules.end()) return;
    for (const ScoreFinding& finding : check_score(found->second, fields, at)) {
      add(finding.message == nullptr ? at : *finding.message, finding.field, IssueType::kValue,
          finding.what);
    }
  }

  void invariants(const WireMessage& at) {
    const auto found = invariants_.find(at.type);
    if (found == invariants_.end()) return;
    for (const Invariant& invariant : found->second) {
      bool holds = true;
      if (invariant.direct != nullptr) {
        holds = evaluate(*invariant.direct, at) != Truth::kFalse;
      } else {
        const auto result = invariant.expression.evaluate_boolean(clinic_element(at));
        // An expression that cannot be evaluated is broken by the values, which other rules name.
        holds = !result.has_value() || result->value_or(true);
      }
      if (holds) continue;
      add(at, invariant.rule->field, IssueType::kInvariant,
          fmt::format("{} ({})", invariant.rule->human, invariant.rule->key));
    }
  }

  const std::unordered_map<const ClinicMessage*, std::vector<Invariant>>& invariants_;
  const std::unordered_map<std::string, std::unordered_set<std::string>>& value_sets_;
  std::vector<Issue> issues_;
};

void collect(const WireMessage& at, std::vector<RecordReference>& out) {
  for (const ClinicField& field : at.type->fields) {
    const WireSlot& slot = at.slot(field);
    if (!slot.present) continue;
    const std::uint32_t count = field.is_repeated ? slot.size : 1;
    const WireSlot* items = field.is_repeated ? slot.items : &slot;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!items[i].present) continue;
      if (field.kind == ClinicKind::kMessage) {
        collect(*items[i].message, out);
      } else if (!field.rule.references.empty()) {
        std::string path = field_path(at, &field);
        if (field.is_repeated) path += fmt::format("[{}]", i);
        out.push_back({.kind = field.rule.references,
                       .record_id = {items[i].text, items[i].size},
                       .path = std::move(path)});
      }
    }
  }
}

}  // namespace

ClinicRules::ClinicRules(std::unique_ptr<State> state) : state_(std::move(state)) {}
ClinicRules::ClinicRules(ClinicRules&&) noexcept = default;
ClinicRules& ClinicRules::operator=(ClinicRules&&) noexcept = default;
ClinicRules::~ClinicRules() = default;

Result<ClinicRules> ClinicRules::make(const terminology::Terminology& terminology) {
  auto state = std::make_unique<State>();
  state->terminology = &terminology;
  for (const ClinicMessage& message : ClinicSchema::get().messages()) {
    for (const ClinicInvariant& rule : message.invariants) {
      fhir::path::CompileOptions options;
      options.model = &clinic_model();
      options.context_type = message.name;
      options.names = fhir::path::Names::kStrict;
      auto compiled = fhir::path::Expression::compile(rule.expression, options);
      if (!compiled.has_value()) {
        return fail(Category::kInternal, IssueType::kInvariant,
                    fmt::format("invariant {} of {}: {}", rule.key, message.name,
                                compiled.error().summary()));
      }
      state->invariants[&message].push_back({.rule = &rule,
                                             .expression = std::move(*compiled),
                                             .direct = parse_predicate(rule.expression, message)});
    }
    for (const ClinicField& field : message.fields) {
      const std::string& id = field.rule.value_set;
      if (id.empty() || state->value_sets.contains(id)) continue;
      // Without the value set no code can be judged; the composition root has all of them.
      const auto concepts = terminology.expand(value_set_url(id));
      if (!concepts.has_value()) continue;
      auto& codes = state->value_sets[id];
      for (const auto& one : *concepts) codes.emplace(one.code);
    }
  }
  return ClinicRules(std::move(state));
}

std::vector<Issue> ClinicRules::check(const WireMessage& record) const {
  return Check(state_->invariants, state_->value_sets).run(record);
}

std::vector<RecordReference> record_references(const WireMessage& record) {
  std::vector<RecordReference> out;
  collect(record, out);
  return out;
}

}  // namespace kap::mappings
