#include "gateway/service/write_target.h"

#include <charconv>
#include <utility>

#include "fhir/validate/primitive_format.h"
#include "gateway/store/store.h"

namespace kap::gateway::service {
namespace {

using security::Interaction;
using Current = std::optional<store::StoredResource>;

Interaction to_interaction(WriteInteraction interaction) {
  switch (interaction) {
    case WriteInteraction::kCreate:
      return Interaction::kCreate;
    case WriteInteraction::kUpdate:
    case WriteInteraction::kPatch:
      return Interaction::kUpdate;
    case WriteInteraction::kDelete:
      return Interaction::kDelete;
  }
  return Interaction::kDelete;
}

/// What the caller sees under that name, a tombstone included.
Result<Current> find_current(const security::Permit& permit, const Reader& reader,
                             std::string_view type, const ResourceId& id) {
  auto stored = reader.store.read(permit, type, id);
  if (stored) return Current(std::move(*stored));
  if (stored.error().category() == Category::kNotFound) return Current{};
  if (stored.error().category() != Category::kGone)
    return std::unexpected(std::move(stored).error());
  const store::HistoryScope scope{.types = {{std::string(type)}}, .id = id};
  auto page = reader.store.history({permit, scope, {.count = 1}});
  if (!page) {
    if (page.error().category() == Category::kNotFound) return Current{};
    return std::unexpected(std::move(page).error());
  }
  if (page->versions.empty()) return Current{};
  return Current(std::move(page->versions.front()));
}

bool holds(const store::Precondition& if_match, const WriteTarget& target) {
  if (std::holds_alternative<store::MustExist>(if_match)) return target.is_there();
  if (std::holds_alternative<store::MustNotExist>(if_match)) return !target.is_there();
  if (const auto* version = std::get_if<store::Version>(&if_match))
    return target.is_there() && target.current->version == *version;
  return true;
}

Status check_if_match(const store::Precondition& if_match, const WriteTarget& target) {
  if (holds(if_match, target)) return {};
  if (std::holds_alternative<store::MustNotExist>(if_match))
    return fail(Category::kPreconditionFailed, IssueType::kConflict,
                "the resource is there, and If-None-Match: * asks that it is not");
  return fail(Category::kPreconditionFailed, IssueType::kConflict,
              "If-Match names another version than the current one; read the resource again");
}

/// Nobody but a client registered for it chooses names; to others an id that does not exist means
/// the wrong URL.
Status check_there(const security::Permit& permit, const WriteTarget& target) {
  const bool is_patch = target.interaction == WriteInteraction::kPatch;
  if (target.current) {
    if (is_patch && target.current->deleted)
      return fail(Category::kGone, IssueType::kDeleted, "the resource was deleted");
    return {};
  }
  if (target.interaction == WriteInteraction::kUpdate &&
      (target.name == WriteTarget::Name::kMade ||
       permit.id_assignment() == security::IdAssignment::kClient))
    return {};
  if (target.interaction == WriteInteraction::kUpdate || is_patch)
    return fail(Category::kNotFound, IssueType::kNotFound,
                is_patch ? "there is no such resource"
                         : "there is no such resource; new ones are created by POST");
  return {};
}

Status locate_without_match(const security::Permit& permit, const Writer& writer,
                            const WriteRequest& request, WriteTarget& target) {
  const bool is_named = request.interaction == WriteInteraction::kUpdate && request.content_id;
  if (is_named) {
    target.name = WriteTarget::Name::kGiven;
    target.id = *request.content_id;
    KAP_TRY(target.current, find_current(permit, writer.reader, request.type, target.id));
    if (target.is_there())
      return fail(Category::kConflict, IssueType::kDuplicate,
                  "the criteria match nothing, and the id of the content is that of another "
                  "resource");
  } else if (request.interaction == WriteInteraction::kPatch) {
    return fail(Category::kNotFound, IssueType::kNotFound, "the criteria match no resource");
  } else if (request.interaction != WriteInteraction::kDelete) {
    target.name = WriteTarget::Name::kMade;
    target.id = writer.ids.next();
  }
  return {};
}

Status locate_by_criteria(const security::Permit& permit, const Writer& writer,
                          const WriteRequest& request, WriteTarget& target) {
  target.name = WriteTarget::Name::kMatched;
  KAP_TRY(auto match, find_match(permit, writer.reader, request.type, *request.criteria));
  target.expected = std::move(match.expected);
  if (!match.found) return locate_without_match(permit, writer, request, target);
  target.current = std::move(match.found);
  target.id = target.current->id;
  if (request.interaction == WriteInteraction::kUpdate && request.content_id &&
      *request.content_id != target.id)
    return fail(Category::kInvalidRequest, IssueType::kInvalid,
                "the criteria match a resource of another id than the content has", "id");
  return {};
}

}  // namespace

std::string_view to_code(WriteInteraction interaction) {
  switch (interaction) {
    case WriteInteraction::kCreate:
      return "create";
    case WriteInteraction::kUpdate:
      return "update";
    case WriteInteraction::kPatch:
      return "patch";
    case WriteInteraction::kDelete:
      return "delete";
  }
  return "delete";
}

Result<store::Precondition> parse_if_match(std::string_view header) {
  while (header.starts_with(' ')) header.remove_prefix(1);
  while (header.ends_with(' ')) header.remove_suffix(1);
  if (header == "*") return store::MustExist{};
  auto tag = header.starts_with("W/") ? header.substr(2) : header;
  if (tag.size() < 2 || tag.front() != '"' || tag.find('"', 1) != tag.size() - 1)
    return fail(Category::kInvalidRequest, IssueType::kValue,
                R"(If-Match must be one version, as the ETag had it: W/"3")", "If-Match");
  tag = tag.substr(1, tag.size() - 2);
  store::Version version = 0;
  const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), version);
  // Version 0 is never there.
  if (error != std::errc{} || end != tag.data() + tag.size()) return store::Version{0};
  return version;
}

Result<WriteTarget> locate(const security::Permit& permit, const Writer& writer,
                           const WriteRequest& request) {
  KAP_CHECK_OK(check_access(permit, request.type, to_interaction(request.interaction)));
  WriteTarget target{.interaction = request.interaction, .type = request.type};
  if (request.criteria) {
    KAP_CHECK_OK(locate_by_criteria(permit, writer, request, target));
  } else if (request.id) {
    if (!fhir::validate::is_id(request.id->text()))
      return fail(Category::kNotFound, IssueType::kNotFound,
                  "there is no such resource; an id has 1 to 64 of A-Z a-z 0-9 - .");
    target.id = *request.id;
    KAP_TRY(target.current, find_current(permit, writer.reader, request.type, target.id));
  } else if (request.interaction == WriteInteraction::kCreate) {
    target.name = WriteTarget::Name::kMade;
    target.id = writer.ids.next();
  } else {
    return fail(Category::kInvalidRequest, IssueType::kRequired,
                "this interaction needs an id in the URL, or search criteria");
  }
  KAP_CHECK_OK(check_there(permit, target));
  KAP_CHECK_OK(check_if_match(request.if_match, target));
  return target;
}

}  // namespace kap::gateway::service
