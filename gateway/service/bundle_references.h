#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/json/value.h"
#include "gateway/service/bundle_request.h"

namespace kap::gateway::service {

/// Points the resources of a transaction to each other by the names they get here: what equals the
/// fullUrl of an entry becomes `Type/id` in references, in elements of type uri, url, oid and uuid,
/// and in href and src of narratives; not in canonical ones, and not in strings that only look so
/// (http://hl7.org/fhir/R4/http.html#trules). A reference that is a search becomes its one match.
class BundleReferences {
 public:
  /// The `Type/id` that a conditional reference such as `Patient?identifier=…` stands for.
  using Resolve = std::function<Result<std::string>(std::string_view reference)>;

  /// The document holds the entries' resources; it must outlive this.
  explicit BundleReferences(fhir::json::Document& document) : document_(document) {}

  /// `name`: `Type/id`.
  void add(std::string_view full_url, std::string name);
  /// Rewrites the entry's resource in place. kUnprocessable for a `urn:uuid:` or `urn:oid:` that
  /// names no entry.
  [[nodiscard]] Status rewrite(BundleEntry& entry, const Resolve& resolve);
  /// Gives every resource its text back and forgets the names.
  void undo();

 private:
  struct Step {
    const fhir::json::Value* object;
    std::string_view name;
  };
  struct Walk;

  [[nodiscard]] Status visit(Walk& walk, fhir::json::Value& value);
  [[nodiscard]] Status visit_text(Walk& walk, fhir::json::Value& value);
  [[nodiscard]] Status visit_reference(Walk& walk, fhir::json::Value& value);
  void visit_narrative(fhir::json::Value& value);
  /// The new text for a URL, its fragment kept; nothing: it names no entry.
  [[nodiscard]] std::optional<std::string> find(std::string_view url) const;
  void replace(fhir::json::Value& value, std::string_view text);

  fhir::json::Document& document_;
  std::unordered_map<std::string_view, std::string> names_;
  std::vector<std::pair<fhir::json::Value*, fhir::json::Value>> replaced_;
};

}  // namespace kap::gateway::service
