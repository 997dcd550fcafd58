#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kap {

/// FHIR R4 IssueSeverity, http://hl7.org/fhir/R4/valueset-issue-severity.html.
enum class IssueSeverity : std::uint8_t { kFatal, kError, kWarning, kInformation };

/// FHIR R4 IssueType, http://hl7.org/fhir/R4/valueset-issue-type.html.
enum class IssueType : std::uint8_t {
  kInvalid,
  kStructure,
  kRequired,
  kValue,
  kInvariant,
  kSecurity,
  kLogin,
  kUnknown,
  kExpired,
  kForbidden,
  kSuppressed,
  kProcessing,
  kNotSupported,
  kDuplicate,
  kMultipleMatches,
  kNotFound,
  kDeleted,
  kTooLong,
  kCodeInvalid,
  kExtension,
  kTooCostly,
  kBusinessRule,
  kConflict,
  kTransient,
  kLockError,
  kNoStore,
  kException,
  kTimeout,
  kIncomplete,
  kThrottled,
  kInformational,
};

[[nodiscard]] std::string_view to_code(IssueSeverity severity);
[[nodiscard]] std::string_view to_code(IssueType type);

/// What kind of refusal this is. Closed: the two wire mappings (HTTP and gRPC) switch over it
/// exhaustively and nothing else turns an error into a status.
enum class Category : std::uint8_t {
  kInvalidRequest,        // malformed syntax, parameter or value: 400
  kUnauthenticated,       // no or bad credentials: 401
  kForbidden,             // authenticated, but outside the scope: 403
  kNotFound,              // absent or unseen: 404
  kGone,                  // deleted: 410
  kMethodNotAllowed,      // 405
  kNotAcceptable,         // 406
  kConflict,              // 409
  kPreconditionFailed,    // If-Match and its kin: 412
  kTooLarge,              // body, header or message over its limit: 413
  kUnsupportedMediaType,  // 415
  kUnprocessable,         // well-formed but against a profile or a business rule: 422
  kThrottled,             // 429
  kInternal,              // 500
  kUnavailable,           // overload, full disk, draining: 503
  kTimeout,               // the deadline passed: 504
};

/// One-based position in a text; columns count bytes.
struct SourcePosition {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend bool operator==(const SourcePosition&, const SourcePosition&) = default;
};

/// One finding; becomes one OperationOutcome.issue.
struct Issue {
  IssueSeverity severity = IssueSeverity::kError;
  IssueType code = IssueType::kInvalid;
  /// For a person: what was wrong and what would be right. Never holds PHI.
  std::string diagnostics;
  /// The element path (FHIRPath subset) or the record's field path; empty when it has none.
  std::string expression;
  std::optional<SourcePosition> position;
};

/// An error: its category and one or more issues.
class [[nodiscard]] Outcome {
 public:
  Outcome(Category category, IssueType code, std::string diagnostics, std::string expression = {})
      : category_(category),
        issues_{Issue{.code = code,
                      .diagnostics = std::move(diagnostics),
                      .expression = std::move(expression),
                      .position = {}}} {}
  Outcome(Category category, std::vector<Issue> issues)
      : category_(category), issues_(std::move(issues)) {}

  [[nodiscard]] Category category() const { return category_; }
  [[nodiscard]] const std::vector<Issue>& issues() const { return issues_; }
  /// The issues as one line a log or a terminal can show.
  [[nodiscard]] std::string summary() const;

 private:
  Category category_;
  std::vector<Issue> issues_;
};

template <class T>
using Result = std::expected<T, Outcome>;
using Status = Result<void>;

/// `return fail(...)` from any function that returns a Result.
template <class... Args>
[[nodiscard]] std::unexpected<Outcome> fail(Args&&... args) {
  return std::unexpected<Outcome>(Outcome(std::forward<Args>(args)...));
}

}  // namespace kap

/// Hands an error on: KAP_TRY(value, expression) declares `value` or returns the Outcome.
#define KAP_TRY_CONCAT_(a, b) a##b
#define KAP_TRY_NAME_(line) KAP_TRY_CONCAT_(kap_try_, line)
#define KAP_TRY(declaration, expression)                                \
  auto KAP_TRY_NAME_(__LINE__) = (expression);                          \
  if (!KAP_TRY_NAME_(__LINE__).has_value())                             \
    return std::unexpected(std::move(KAP_TRY_NAME_(__LINE__)).error()); \
  declaration = std::move(KAP_TRY_NAME_(__LINE__)).value()
#define KAP_CHECK_OK(expression)                                                        \
  do {                                                                                  \
    auto kap_status = (expression);                                                     \
    if (!kap_status.has_value()) return std::unexpected(std::move(kap_status).error()); \
  } while (false)
