#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/search/query.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/resources.h"

namespace kap::gateway::service {

/// The parameter of a `next` link that carries the cursor. Opaque to callers.
inline constexpr std::string_view kCursorParameter = "_cursor";

/// http://hl7.org/fhir/R4/search.html#errors, RFC 7240 `Prefer: handling=`.
enum class Handling : std::uint8_t { kLenient, kStrict };

struct SearchRequest {
  std::string type;  // empty: of search_system and search_compartment, several
  /// Names and values, percent-decoded, in the order of the URL and then of the form body. What the
  /// transport itself answers (`_format`, `_pretty`) is skipped here. `_cursor` among them is the
  /// same as the member `cursor`.
  std::vector<std::pair<std::string, std::string>> parameters;
  Handling handling = Handling::kLenient;
  std::string cursor;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::optional<fhir::search::Compartment> compartment{};  // of search_compartment
};

struct SearchPage {
  std::string type;
  /// Matches the caller may see on all pages; absent when not counted: `_total=none`, or not asked
  /// for and dear.
  std::optional<std::uint64_t> total;
  std::vector<Resource> matches;
  std::vector<Resource> included;
  /// What was ignored under Handling::kLenient; becomes an entry with `search.mode` = `outcome`.
  std::vector<Issue> ignored;
  std::string self_url;
  std::string next_url;     // empty on the last page
  std::string next_cursor;  // what next_url carries
};

/// One page, as of the place in the commit sequence where its first page stood. Errors: kForbidden;
/// kNotFound for an unknown type; kInvalidRequest for a malformed value, for an unknown parameter
/// under Handling::kStrict and for a cursor that is not ours; kTimeout past the deadline.
[[nodiscard]] Result<SearchPage> search_type(const security::Permit& permit, const Reader& reader,
                                             const SearchRequest& request);

/// The Bundle of type `searchset`, spliced from the stored bytes.
[[nodiscard]] std::string encode_searchset(const SearchPage& page, const Reader& reader);

}  // namespace kap::gateway::service
