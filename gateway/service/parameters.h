#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/definitions/types.h"
#include "fhir/json/value.h"

namespace kap::gateway::service {

struct OperationDef;

enum class ParameterUse : std::uint8_t { kIn, kOut };

/// http://hl7.org/fhir/R4/operationdefinition.html, OperationDefinition.parameter
struct OperationParameterDef {
  std::string_view name = {};
  ParameterUse use = ParameterUse::kIn;
  std::uint16_t min = 0;
  std::uint32_t max = 1;  // fhir::definitions::kUnbounded for `*`
  /// A FHIR type: `dateTime`, `Coding`, `Resource`, `Bundle`; `*` for any datatype; empty where it
  /// has parts.
  std::string_view type = {};
  std::string_view documentation = {};
  std::span<const OperationParameterDef> parts = {};
};

/// A parameter as given, of the type its definition demands.
struct OperationParameter {
  const OperationParameterDef* def = nullptr;  // nullptr: a criterion of a search
  std::string_view name = {};
  /// A primitive's text: `true`, `2026-01-01`, `12`. Empty for all else.
  std::string_view text = {};
  /// The datatype or the resource; of a primitive given in a query its text as a JSON string.
  fhir::json::Value value = {};
  std::vector<OperationParameter> parts = {};
};

/// The parameters of one invocation, in the order in which they were given: first those of the
/// query, then those of the body. Owns what its items point to.
class OperationParameters {
 public:
  [[nodiscard]] std::span<const OperationParameter> all() const { return items_; }
  /// The first of that name, or nullptr.
  [[nodiscard]] const OperationParameter* find(std::string_view name) const;
  /// Its text; nullopt when it was not given.
  [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const;
  /// The texts of all of that name.
  [[nodiscard]] std::vector<std::string_view> texts(std::string_view name) const;
  /// Its datatype or resource, or nullptr.
  [[nodiscard]] const fhir::json::Value* value(std::string_view name) const;
  [[nodiscard]] bool is_true(std::string_view name) const { return text(name) == "true"; }
  /// What the definition does not name, as parameters of a search; `token` values as `system|code`.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& criteria() const {
    return criteria_;
  }
  /// Of kCursorParameter; empty on the first page.
  [[nodiscard]] std::string_view cursor() const { return cursor_; }

 private:
  friend class ParameterReader;
  std::vector<OperationParameter> items_;
  std::vector<std::pair<std::string, std::string>> criteria_;
  std::string cursor_;
  std::deque<std::string> texts_;  // what the query gave
  fhir::json::Document document_;  // what the body gave
};

struct OperationInput {
  /// Names and values, decoded; `_format` and `_pretty` are the transport's and skipped.
  std::span<const std::pair<std::string, std::string>> query = {};
  /// A Parameters resource as JSON; the resource itself where the operation takes exactly one;
  /// empty for none.
  std::string_view body = {};
};

/// Reads and checks: unknown names (all known ones are listed), types, formats, repetitions and
/// what is required. kInvalidRequest with one issue for each fault; Issue::expression is the name
/// of the query's parameter or `Parameters.parameter[2]`. A Coding may stand in a query as
/// `system|code` and a Reference as `Patient/1`; other complex values need a body.
[[nodiscard]] Result<OperationParameters> parse_parameters(const OperationDef& operation,
                                                           const OperationInput& input);

/// Builds a Parameters resource, http://hl7.org/fhir/R4/parameters.html.
class ParametersBuilder {
 public:
  ParametersBuilder();

  /// `member` names the type: `valueString`, `valueCode`, `valueUri`.
  void add_text(std::string_view name, std::string_view member, std::string_view text);
  void add_boolean(std::string_view name, bool value);
  void add_integer(std::string_view name, std::int64_t value);
  /// A datatype made in document(), or `resource`.
  void add_value(std::string_view name, std::string_view member, fhir::json::Value value);
  /// `parts` is an array of objects made by part().
  void add_parts(std::string_view name, fhir::json::Value parts);
  [[nodiscard]] fhir::json::Value part(std::string_view name, std::string_view member,
                                       fhir::json::Value value);
  [[nodiscard]] fhir::json::Document& document() { return document_; }
  [[nodiscard]] std::string finish() &&;

 private:
  fhir::json::Document document_;
  fhir::json::Value list_ = fhir::json::Document::array();
};

}  // namespace kap::gateway::service
