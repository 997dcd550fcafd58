#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "fhir/definitions/table_reader.h"
#include "fhir/definitions/types.h"

namespace kap::fhir::definitions {

/// The types as they stand in data/r4/types.tsv, linked with each other. Internal to this folder.
class TypeTables {
 public:
  TypeTables();
  TypeTables(const TypeTables&) = delete;
  TypeTables& operator=(const TypeTables&) = delete;
  ~TypeTables() = default;

  [[nodiscard]] std::span<const TypeDef> types() const { return types_; }
  [[nodiscard]] std::span<const std::uint16_t> slots() const { return slots_; }
  [[nodiscard]] std::span<const TypeDef* const> resource_types() const { return resource_types_; }

 private:
  /// What the rows say, before names become pointers.
  struct Row {
    ElementDef element;
    std::string_view types;
    std::string_view binding;
  };
  struct Draft {
    std::string_view base;
    std::size_t first_row = 0;
    std::size_t row_count = 0;
    bool linked = false;
  };

  void read_rows();
  void read_type(std::string_view line);
  void read_element(std::string_view name, std::string_view line);
  void link_type(std::size_t index);
  void link_elements(TypeDef& type, const Draft& draft);
  void link_members(TypeDef& type);
  [[nodiscard]] const TypeDef* type_named(std::string_view name) const;
  [[nodiscard]] std::span<const TypeRef> type_refs(const TypeDef& owner, const Row& row);
  [[nodiscard]] TypeRef type_ref(const TypeDef& owner, std::string_view element,
                                 std::string_view word);
  [[nodiscard]] const Binding* binding(std::string_view cell);
  [[nodiscard]] std::string_view choice_name(std::string_view element, std::string_view type);

  Arena arena_;
  std::vector<TypeDef> types_;
  std::vector<std::uint16_t> slots_;
  std::vector<const TypeDef*> resource_types_;
  std::vector<Row> rows_;      // dropped once linked
  std::vector<Draft> drafts_;  // dropped once linked
};

[[nodiscard]] const TypeTables& type_tables();

}  // namespace kap::fhir::definitions
