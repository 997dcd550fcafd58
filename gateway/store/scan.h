#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/search/query.h"
#include "gateway/security/permit/permit.h"
#include "gateway/store/query.h"
#include "gateway/store/resource.h"

namespace kap::gateway::store {

/// What a scan walks: the versions of one type that are the current ones as of a place in the
/// commit sequence. Cannot exist without the predicates of a Permit.
class ScanQuery {
 public:
  enum class Versions : std::uint8_t { kLive, kDeleted };
  enum class Compartment : std::uint8_t { kAny, kOwned };  // kOwned: those that a Patient owns

  struct Options {
    Sequence as_of{};
    Sequence after{};                 // only versions with after < seq <= until
    std::optional<Sequence> until{};  // as_of where it is none
    Versions versions = Versions::kLive;
    Compartment compartment = Compartment::kAny;
    /// Only what these Patients own, themselves included; nothing: no such bound.
    std::optional<std::vector<ResourceId>> patients{};
    /// Only what fulfils the criteria of one of these; empty: everything. Deleted versions have
    /// nothing to compare and are not held against them. Order, includes and paging are ignored.
    std::vector<std::shared_ptr<const fhir::search::Query>> any_of{};
  };

  ScanQuery(const security::Permit& permit, std::string type, Options options)
      : permit_(permit), type_(std::move(type)), options_(std::move(options)) {}

  [[nodiscard]] const security::Predicates& predicates() const { return permit_.predicates(); }
  [[nodiscard]] const security::Permit& permit() const { return permit_; }
  [[nodiscard]] const std::string& type() const { return type_; }
  [[nodiscard]] const Options& options() const { return options_; }

 private:
  security::Permit permit_;
  std::string type_;
  Options options_;
};

/// A walk through many resources in the order of the commit sequence. It is planned once, at its
/// first step; between two steps it holds no connection and no transaction, however long it lasts.
/// Used by one thread at a time.
class Scan {
 public:
  struct Row {
    Sequence seq;
    std::string_view id;
    std::string_view body;  // empty for a deleted version and for Bodies::kLeft
  };
  enum class Bodies : std::uint8_t { kRead, kLeft };
  /// What it is given lives until it returns. False: enough for this step.
  using Visit = std::function<bool(const Row&)>;
  enum class Progress : std::uint8_t { kMore, kDone };

  virtual ~Scan() = default;
  /// Goes on where the step before ended, for a bounded number of versions.
  [[nodiscard]] virtual Result<Progress> step(Bodies bodies, const Visit& visit) = 0;
};

/// Versions in the order in which they were committed.
struct ChangePage {
  std::vector<StoredResource> changes{};
  Sequence next{};       // everything up to here has been looked at
  bool is_last = false;  // there was nothing behind it
};

struct ChangeOptions {
  Sequence after{};
  /// Only these types; nothing: all.
  std::optional<std::vector<std::string>> types{};
  std::size_t count = 256;
  std::size_t bytes = 1U << 20U;  // of bodies, about
};

}  // namespace kap::gateway::store
