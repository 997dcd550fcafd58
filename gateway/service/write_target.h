#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/conditional_match.h"
#include "gateway/service/write_context.h"
#include "gateway/store/resource.h"
#include "gateway/store/write.h"

namespace kap::gateway::service {

enum class WriteInteraction : std::uint8_t { kCreate, kUpdate, kPatch, kDelete };
/// `create`, as in an audit row.
[[nodiscard]] std::string_view to_code(WriteInteraction interaction);

/// Which resource an interaction is about.
struct WriteRequest {
  WriteInteraction interaction = WriteInteraction::kCreate;
  std::string type{};
  std::optional<ResourceId> id{};      // of the URL; nothing for a create or a conditional one
  std::optional<Criteria> criteria{};  // of the URL's query, or of a create's If-None-Exist
  store::Precondition if_match{};      // parse_if_match; MustNotExist: If-None-Match: *
  /// The id in the content of a conditional update: what a new resource is to be called.
  std::optional<ResourceId> content_id{};
};

/// If-Match: `W/"3"`, `"3"` or `*`. A tag that is none of ours never matches.
[[nodiscard]] Result<store::Precondition> parse_if_match(std::string_view header);

/// The resource that an interaction is about, known before its content is looked at, so that a
/// transaction can point other entries to it.
struct WriteTarget {
  enum class Name : std::uint8_t {
    kGiven,    // by the client
    kMatched,  // by criteria
    kMade,     // new
  };

  WriteInteraction interaction = WriteInteraction::kCreate;
  std::string type{};
  ResourceId id{};  // empty: a conditional delete without a match
  Name name = Name::kGiven;
  /// As the caller sees it now, a tombstone included; nothing: there is none.
  std::optional<store::StoredResource> current{};
  std::optional<store::ExpectedMatch> expected{};

  [[nodiscard]] bool is_there() const { return current && !current->deleted; }
};

/// Errors: kForbidden where no scope covers the interaction; those of find_match; for what is
/// absent or not the caller's to see: kNotFound, of a patch or of an update by a client that may
/// not name resources; kGone for a patch of what was deleted; kPreconditionFailed where If-Match
/// names another version; kInvalidRequest for a conditional update whose content has another id
/// than the match; kConflict for one that matches nothing and whose content's id is taken.
[[nodiscard]] Result<WriteTarget> locate(const security::Permit& permit, const Writer& writer,
                                         const WriteRequest& request);

}  // namespace kap::gateway::service
