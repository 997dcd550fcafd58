#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "gateway/security/permit/permit.h"
#include "gateway/service/export_request.h"
#include "gateway/service/resources.h"
#include "gateway/store/scan.h"

namespace kap::gateway::service {

/// Whether the permit lets its holder find and read everything of a type: `rs`.
[[nodiscard]] bool may_export(const security::Permit& permit, std::string_view type);

/// What an export reads, under one permit and as of one place in the commit sequence.
class ExportPlan {
 public:
  /// Whether patients that were named are looked up: not again once a kick-off was accepted, when
  /// one that is deleted meanwhile must not spoil the rest.
  enum class Patients : std::uint8_t { kLookedUp, kBelieved };

  /// kForbidden where `_type` names what the permit does not cover (under Handling::kLenient it is
  /// left out), or where it covers nothing at all; kNotFound for a Group that is not there;
  /// kUnprocessable for one that cannot be exported; kInvalidRequest for patients that are not
  /// there or not of the Group. What was left out is added to `issues`.
  [[nodiscard]] static Result<ExportPlan> make(const security::Permit& permit, const Reader& reader,
                                               const ExportRequest& request,
                                               const store::CommitMark& mark, Patients patients,
                                               std::vector<Issue>& issues);

  /// In the order of `_type`, else of their names.
  [[nodiscard]] const std::vector<std::string>& types() const { return types_; }
  /// What was last updated within the bounds of the request lies in (after, until].
  [[nodiscard]] store::Sequence after() const { return after_; }
  [[nodiscard]] store::Sequence until() const { return until_; }

  /// A walk through what is exported of a type, in (after, until].
  struct Range {
    store::Sequence after{};
    store::Sequence until{};
    store::ScanQuery::Versions versions = store::ScanQuery::Versions::kLive;
  };
  [[nodiscard]] Result<std::unique_ptr<store::Scan>> scan(std::string_view type,
                                                          const Range& range) const;

 private:
  ExportPlan(const security::Permit& permit, const Reader& reader, const ExportRequest& request,
             const store::CommitMark& mark)
      : permit_(permit), reader_(&reader), request_(request), mark_(mark) {}
  [[nodiscard]] Status choose_types(std::vector<Issue>& issues);
  [[nodiscard]] Status choose_patients(Patients patients, std::vector<Issue>& issues);
  [[nodiscard]] Result<std::vector<std::string>> members() const;
  [[nodiscard]] Status choose_range();

  security::Permit permit_;
  const Reader* reader_;
  ExportRequest request_;
  store::CommitMark mark_;
  std::vector<std::string> types_;
  std::optional<std::vector<ResourceId>> patients_;
  store::Sequence after_;
  store::Sequence until_;
};

}  // namespace kap::gateway::service
