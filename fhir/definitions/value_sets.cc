#include "fhir/definitions/value_sets.h"

#include <vector>

#include "fhir/base/embedded.h"
#include "fhir/definitions/name_index.h"
#include "fhir/definitions/table_reader.h"

KAP_EMBEDDED_DECLARE(r4_value_sets);

namespace kap::fhir::definitions {
namespace {

constexpr auto kCode = [](const CodeDef& code) { return code.code; };
constexpr auto kUrl = [](const ValueSetDef& value_set) { return value_set.url; };

class ValueSetTables {
 public:
  ValueSetTables() {
    const std::string_view table = KAP_EMBEDDED(r4_value_sets);
    std::string_view system;
    for_each_row(table, [&](std::string_view line) {
      const std::string_view first = take(line, '\t');
      if (first == "V") {
        close();
        const std::string_view url = take(line, '\t');
        value_sets_.push_back({.url = url, .version = line, .codes = {}, .slots = {}});
      } else if (first == "S") {
        system = line;
      } else {
        const std::string_view code = take(line, '\t');
        codes_.push_back({.system = system, .code = code, .display = line});
      }
    });
    close();
    slots_.resize(slots_for(value_sets_.size()));
    index_names(std::span<const ValueSetDef>(value_sets_), std::span(slots_), kUrl);
  }

  [[nodiscard]] std::span<const ValueSetDef> all() const { return value_sets_; }
  [[nodiscard]] const ValueSetDef* find(std::string_view url) const {
    return find_name(all(), std::span<const std::uint16_t>(slots_), url, kUrl);
  }

 private:
  void close() {
    if (value_sets_.empty()) return;
    ValueSetDef& value_set = value_sets_.back();
    value_set.codes = arena_.copy(codes_);
    const std::span<std::uint16_t> slots = arena_.array<std::uint16_t>(slots_for(codes_.size()));
    index_names(value_set.codes, slots, kCode);
    value_set.slots = slots;
    codes_.clear();
  }

  Arena arena_;
  std::vector<ValueSetDef> value_sets_;
  std::vector<std::uint16_t> slots_;
  std::vector<CodeDef> codes_;  // of the value set being read
};

const ValueSetTables& tables() {
  static const ValueSetTables instance;
  return instance;
}

}  // namespace

std::span<const ValueSetDef> all_value_sets() { return tables().all(); }

const ValueSetDef* find_value_set(std::string_view url) {
  return tables().find(url.substr(0, url.find('|')));
}

const CodeDef* find_code(const ValueSetDef& value_set, std::string_view code) {
  return find_name(value_set.codes, value_set.slots, code, kCode);
}

const CodeDef* find_code(const ValueSetDef& value_set, std::string_view system,
                         std::string_view code) {
  return find_name(value_set.codes, value_set.slots, code, kCode,
                   [&](const CodeDef& found) { return found.system == system; });
}

}  // namespace kap::fhir::definitions
