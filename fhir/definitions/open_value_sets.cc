#include "fhir/definitions/open_value_sets.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "fhir/base/embedded.h"
#include "fhir/definitions/name_index.h"
#include "fhir/definitions/table_reader.h"

KAP_EMBEDDED_DECLARE(r4_open_value_sets);
KAP_EMBEDDED_DECLARE(us_core_6_open_value_sets);
KAP_EMBEDDED_DECLARE(us_core_7_open_value_sets);

namespace kap::fhir::definitions {
namespace {

std::string_view url_of(const OpenValueSetDef& set) { return set.known.url; }

class OpenValueSets {
 public:
  OpenValueSets() {
    read(KAP_EMBEDDED(r4_open_value_sets), "hl7.fhir.r4.core#4.0.1");
    read(KAP_EMBEDDED(us_core_6_open_value_sets), "hl7.fhir.us.core#6.1.0");
    read(KAP_EMBEDDED(us_core_7_open_value_sets), "hl7.fhir.us.core#7.0.0");
    std::ranges::sort(sets_, {}, [](const OpenValueSetDef& set) {
      return std::pair(set.known.url, set.package);
    });
    slots_.resize(slots_for(sets_.size()));
    index_names(all(), std::span(slots_), url_of);
  }

  [[nodiscard]] std::span<const OpenValueSetDef> all() const { return sets_; }
  [[nodiscard]] const OpenValueSetDef* find(std::string_view url, std::string_view package) const {
    const std::span<const std::uint16_t> slots(slots_);
    const OpenValueSetDef* of_package =
        find_name(all(), slots, url, url_of,
                  [&](const OpenValueSetDef& set) { return set.package == package; });
    return of_package != nullptr ? of_package : find_name(all(), slots, url, url_of);
  }

 private:
  void read(std::string_view table, std::string_view package) {
    std::string_view system;
    for_each_row(table, [&](std::string_view line) {
      const std::string_view first = take(line, '\t');
      if (first == "V") {
        close();
        OpenValueSetDef& set = sets_.emplace_back();
        set.package = package;
        set.known.url = take(line, '\t');
        set.known.version = line;
      } else if (first == "O" && line == "*") {
        sets_.back().is_open = true;
      } else if (first == "O") {
        open_systems_.push_back(line);
      } else if (first == "S") {
        system = line;
      } else {
        const std::string_view code = take(line, '\t');
        codes_.push_back({.system = system, .code = code, .display = line});
      }
    });
    close();
  }

  void close() {
    if (sets_.empty()) return;
    OpenValueSetDef& set = sets_.back();
    if (!open_systems_.empty()) set.open_systems = arena_.copy(open_systems_);
    if (!codes_.empty()) {
      set.known.codes = arena_.copy(codes_);
      const std::span<std::uint16_t> slots = arena_.array<std::uint16_t>(slots_for(codes_.size()));
      index_names(set.known.codes, slots, [](const CodeDef& code) { return code.code; });
      set.known.slots = slots;
    }
    open_systems_.clear();
    codes_.clear();
  }

  Arena arena_;
  std::vector<OpenValueSetDef> sets_;
  std::vector<std::uint16_t> slots_;
  std::vector<std::string_view> open_systems_;  // of the set being read
  std::vector<CodeDef> codes_;                  // of the set being read
};

const OpenValueSets& tables() {
  static const OpenValueSets instance;
  return instance;
}

}  // namespace

std::span<const OpenValueSetDef> all_open_value_sets() { return tables().all(); }

const OpenValueSetDef* find_open_value_set(std::string_view url, std::string_view package) {
  return tables().find(url.substr(0, url.find('|')), package);
}

}  // namespace kap::fhir::definitions
