// http://hl7.org/fhir/R4/resource-operation-meta.html
// http://hl7.org/fhir/R4/resource-operation-meta-add.html
// http://hl7.org/fhir/R4/resource-operation-meta-delete.html
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fhir/base/limits.h"
#include "fhir/json/parse.h"
#include "fhir/search/query.h"
#include "gateway/service/operations/operations.h"
#include "gateway/service/plan_write.h"
#include "gateway/service/read.h"
#include "gateway/service/vread.h"
#include "gateway/store/query.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;
using json::Document;
using json::Value;

constexpr std::array<std::string_view, 1> kTypes{"Resource"};

constexpr std::array kReturned{
    OperationParameterDef{.name = "return",
                          .use = ParameterUse::kOut,
                          .min = 1,
                          .type = "Meta",
                          .documentation = "Profiles, tags and security labels."},
};

constexpr std::array kChanged{
    OperationParameterDef{.name = "meta",
                          .min = 1,
                          .type = "Meta",
                          .documentation = "Profiles, tags and security labels; what else it holds "
                                           "has no part in this."},
    OperationParameterDef{.name = "return",
                          .use = ParameterUse::kOut,
                          .min = 1,
                          .type = "Meta",
                          .documentation = "The resource's meta afterwards."},
};

OperationAnswer answer(const Value* meta) {
  ParametersBuilder out;
  out.add_value("return", "valueMeta",
                meta == nullptr ? Document::object() : out.document().clone(*meta));
  return {.json = std::move(out).finish()};
}

/// Whether two profiles, tags or labels are the same: of codings system and code decide.
bool is_same(const Value& left, const Value& right) {
  if (left.is_string() || right.is_string()) return left.text() == right.text();
  return left.string("system") == right.string("system") &&
         left.string("code") == right.string("code");
}

bool holds(const Value& list, const Value& item) {
  return std::ranges::any_of(list.items(),
                             [&](const Value& known) { return is_same(known, item); });
}

constexpr std::array<std::string_view, 3> kLists{"profile", "security", "tag"};

void add_all(Document& document, Value& meta, const Value& given) {
  for (const std::string_view name : kLists) {
    const Value* more = given.find(name);
    if (more == nullptr) continue;
    const Value* known = meta.find(name);
    Value list = known == nullptr ? Document::array() : *known;
    for (const Value& item : more->items())
      if (!holds(list, item)) document.append(list, document.clone(item));
    if (!list.items().empty()) document.set(meta, name, list);
  }
}

void remove_all(Document& document, Value& meta, const Value& given) {
  for (const std::string_view name : kLists) {
    const Value* gone = given.find(name);
    const Value* known = meta.find(name);
    if (gone == nullptr || known == nullptr) continue;
    std::vector<Value> kept;
    std::ranges::copy_if(known->items(), std::back_inserter(kept),
                         [&](const Value& item) { return !holds(*gone, item); });
    if (kept.empty())
      document.erase(meta, name);
    else
      document.set(meta, name, document.array_of(kept));
  }
}

/// The profiles, tags and labels of many resources, each once.
class LabelSet {
 public:
  void add(const Value& meta) {
    for (std::size_t i = 0; i < kLists.size(); ++i) {
      const Value* list = meta.find(kLists[i]);
      if (list == nullptr) continue;
      for (const Value& item : list->items()) {
        auto key = item.is_string() ? std::pair(std::string(), std::string(item.text()))
                                    : std::pair(std::string(item.string("system")),
                                                std::string(item.string("code")));
        if (!known_[i].contains(key)) known_[i].emplace(std::move(key), document_.clone(item));
      }
    }
  }

  [[nodiscard]] OperationAnswer finish() {
    Value meta = Document::object();
    for (std::size_t i = 0; i < kLists.size(); ++i) {
      Value list = Document::array();
      for (const auto& [key, item] : known_[i]) document_.append(list, item);
      if (!list.items().empty()) document_.add(meta, kLists[i], list);
    }
    return answer(&meta);
  }

 private:
  Document document_;
  std::array<std::map<std::pair<std::string, std::string>, Value>, kLists.size()> known_;
};

/// Every resource of the type that the caller sees, page by page.
Status collect(const security::Permit& permit, const OperationContext& context,
               const OperationCall& call, std::string_view type, LabelSet& labels) {
  fhir::search::Query criteria;
  criteria.type = type;
  store::PageOptions page{.count = limits::kSearchMaxCount, .deadline = call.deadline};
  while (true) {
    if (std::chrono::steady_clock::now() > call.deadline)
      return fail(Category::kUnprocessable, IssueType::kTooCostly,
                  "there are too many resources to list their labels; ask for one type");
    KAP_TRY(auto found, context.reader.store.search(store::Query(permit, criteria, page)));
    for (const auto& resource : found.matches) {
      KAP_TRY(const auto document, json::parse(resource.body));
      if (const Value* meta = document.root.find("meta")) labels.add(*meta);
    }
    if (!found.next.has_value()) return {};
    page.cursor = *std::move(found.next);
  }
}

Result<OperationAnswer> meta(const security::Permit& permit, const OperationContext& context,
                             const OperationCall& call) {
  if (call.id != nullptr) {
    KAP_TRY(const auto resource,
            call.version.has_value()
                ? vread(permit, context.reader, call.type, *call.id, *call.version)
                : read(permit, context.reader, call.type, *call.id));
    KAP_TRY(const auto document, json::parse(resource.json));
    return answer(document.root.find("meta"));
  }
  LabelSet labels;
  if (!call.type.empty()) {
    KAP_CHECK_OK(check_access(permit, call.type, security::Interaction::kSearch));
    KAP_CHECK_OK(collect(permit, context, call, call.type, labels));
    return labels.finish();
  }
  bool is_allowed = false;
  for (const auto* type : fhir::definitions::resource_types()) {
    if (!permit.allows(type->name, security::Interaction::kSearch)) continue;
    is_allowed = true;
    KAP_CHECK_OK(collect(permit, context, call, type->name, labels));
  }
  if (!is_allowed)
    return fail(Category::kForbidden, IssueType::kForbidden,
                "no scope allows searching any type: system/*.rs would");
  return labels.finish();
}

using Change = void (*)(Document&, Value&, const Value&);

/// A new version, unless nothing changes. The labels that are left are what was asked for, so none
/// of the version before is put back.
Result<OperationAnswer> change(const security::Permit& permit, const OperationContext& context,
                               const OperationCall& call, Change apply) {
  if (context.writer == nullptr)
    return fail(Category::kInternal, IssueType::kException, "this operation has no writer");
  const Value& given = *call.parameters.value("meta");
  const WriteRequest where{
      .interaction = WriteInteraction::kPatch, .type = std::string(call.type), .id = *call.id};
  KAP_TRY(const auto written, commit(*context.writer, [&]() -> Result<PlannedWrite> {
            KAP_TRY(const auto target, locate(permit, *context.writer, where));
            KAP_TRY(auto document, json::parse(target.current->body));
            const Value* known = document.root.find("meta");
            Value meta = known == nullptr ? Document::object() : *known;
            apply(document, meta, given);
            document.set(document.root, "meta", meta);
            return plan_put(permit, *context.writer, target, {.document = std::move(document)},
                            {.labels = Labels::kReplaced});
          }));
  const auto document = json::parse(written.resource.json);
  return answer(document.has_value() ? document->root.find("meta") : nullptr);
}

Result<OperationAnswer> meta_add(const security::Permit& permit, const OperationContext& context,
                                 const OperationCall& call) {
  return change(permit, context, call, &add_all);
}

Result<OperationAnswer> meta_delete(const security::Permit& permit, const OperationContext& context,
                                    const OperationCall& call) {
  return change(permit, context, call, &remove_all);
}

}  // namespace

const OperationDef kMeta{
    .code = "meta",
    .id = "Resource-meta",
    .canonical = "http://hl7.org/fhir/OperationDefinition/Resource-meta",
    .name = "AccessMeta",
    .title = "Access a list of profiles, tags, and security labels",
    .description =
        "The meta of a resource or of one of its versions, or all profiles, tags and security "
        "labels of the "
        "resources of a type or of all types that the caller sees.",
    .levels = {.system = true, .type = true, .instance = true, .version = true},
    .types = kTypes,
    .parameters = kReturned,
    .run = &meta,
};

const OperationDef kMetaAdd{
    .code = "meta-add",
    .id = "Resource-meta-add",
    .canonical = "http://hl7.org/fhir/OperationDefinition/Resource-meta-add",
    .name = "AddMeta",
    .title = "Add profiles, tags, and security labels to a resource",
    .description =
        "Adds profiles, tags and security labels that the resource does not have yet; "
        "makes a new version where there are any.",
    .levels = {.instance = true},
    .types = kTypes,
    .interaction = security::Interaction::kUpdate,
    .effect = Effect::kAffectsState,
    .parameters = kChanged,
    .run = &meta_add,
};

const OperationDef kMetaDelete{
    .code = "meta-delete",
    .id = "Resource-meta-delete",
    .canonical = "http://hl7.org/fhir/OperationDefinition/Resource-meta-delete",
    .name = "DeleteMeta",
    .title = "Delete profiles, tags, and security labels for a resource",
    .description =
        "Takes profiles, tags and security labels off the resource where it has them; "
        "makes a new version where it had any.",
    .levels = {.instance = true},
    .types = kTypes,
    .interaction = security::Interaction::kUpdate,
    .effect = Effect::kAffectsState,
    .parameters = kChanged,
    .run = &meta_delete,
};

}  // namespace kap::gateway::service
