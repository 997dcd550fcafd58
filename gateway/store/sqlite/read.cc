#include "gateway/store/sqlite/backend.h"
#include "gateway/store/sqlite/rows.h"
#include "gateway/store/sqlite/visibility.h"

namespace kap::gateway::store::sqlite {
namespace {

Outcome not_found() {
  return {Category::kNotFound, IssueType::kNotFound, "there is no such resource"};
}

Outcome gone() { return {Category::kGone, IssueType::kDeleted, "the resource was deleted"}; }

/// The current version, a tombstone included; kNotFound when it is absent or unseen.
Result<VersionRow> current_row(Database& database, const Dictionary& dictionary,
                               const Visibility& visibility, std::string_view type,
                               const ResourceId& id) {
  const auto number = dictionary.find(Dictionary::Space::kType, type);
  if (!number.has_value()) return std::unexpected(not_found());
  KAP_TRY(const auto current, find_current(database, *number, id.text()));
  if (!current.has_value()) return std::unexpected(not_found());
  KAP_TRY(auto row, find_version(database, dictionary, *current));
  if (!row.has_value() || !visibility.shows(row->clinic, row->sensitivity, row->patient)) {
    return std::unexpected(not_found());
  }
  return std::move(*row);
}

}  // namespace

Result<StoredResource> Backend::read(const security::Permit& permit, std::string_view type,
                                     const ResourceId& id) const {
  const auto number = dictionary_.find(Dictionary::Space::kType, type);
  if (!number.has_value()) return std::unexpected(not_found());
  const Visibility visibility(permit.predicates(), dictionary_);
  KAP_TRY(auto reader, point_readers_.lease());
  KAP_TRY(auto row, read_current(*reader, dictionary_, *number, id.text()));
  if (!row.has_value() ||
      !visibility.shows(row->version.clinic, row->version.sensitivity, row->version.patient)) {
    return std::unexpected(not_found());
  }
  if (row->version.deleted) return std::unexpected(gone());
  return to_resource(dictionary_, row->version, std::move(row->body));
}

Result<StoredResource> Backend::vread(const security::Permit& permit, std::string_view type,
                                      const ResourceId& id, Version version) const {
  const Visibility visibility(permit.predicates(), dictionary_);
  KAP_TRY(auto reader, point_readers_.lease());
  KAP_TRY(auto transaction, Transaction::begin(*reader, Transaction::Kind::kRead));
  KAP_TRY(auto row, current_row(*reader, dictionary_, visibility, type, id));
  while (row.version > version && row.previous.has_value()) {
    KAP_TRY(auto previous, find_version(*reader, dictionary_, *row.previous));
    if (!previous.has_value()) return std::unexpected(not_found());
    row = std::move(*previous);
  }
  if (row.version != version || !visibility.shows(row.clinic, row.sensitivity, row.patient)) {
    return std::unexpected(not_found());
  }
  if (row.deleted) return std::unexpected(gone());
  return to_resource(*reader, dictionary_, row);
}

}  // namespace kap::gateway::store::sqlite
