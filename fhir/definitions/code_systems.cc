#include "fhir/definitions/code_systems.h"

#include <algorithm>
#include <vector>

#include "fhir/base/embedded.h"
#include "fhir/definitions/name_index.h"
#include "fhir/definitions/table_reader.h"

KAP_EMBEDDED_DECLARE(r4_code_systems);
KAP_EMBEDDED_DECLARE(us_core_6_code_systems);
KAP_EMBEDDED_DECLARE(us_core_7_code_systems);

namespace kap::fhir::definitions {
namespace {

struct System {
  std::string_view url;
  bool is_exact = false;
  std::string_view codes;  // with tabs between them
};

constexpr auto kUrl = [](const System& system) { return system.url; };

struct Table {
  std::vector<System> systems;  // a URL once for each package
  std::vector<std::uint16_t> slots;
};

const Table& table() {
  static const Table instance = [] {
    Table made;
    for (const std::string_view text :
         {KAP_EMBEDDED(r4_code_systems), KAP_EMBEDDED(us_core_6_code_systems),
          KAP_EMBEDDED(us_core_7_code_systems)}) {
      for_each_row(text, [&](std::string_view line) {
        System system;
        system.url = take(line, '\t');
        system.is_exact = take(line, '\t') == "exact";
        system.codes = line;
        made.systems.push_back(system);
      });
    }
    made.slots.resize(slots_for(made.systems.size()));
    index_names(std::span<const System>(made.systems), std::span(made.slots), kUrl);
    return made;
  }();
  return instance;
}

bool is_same(std::string_view left, std::string_view right, bool is_exact) {
  if (is_exact) return left == right;
  return std::ranges::equal(left, right, [](char a, char b) {
    const auto lower = [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    };
    return lower(a) == lower(b);
  });
}

bool has(const System& system, std::string_view code) {
  for (std::string_view codes = system.codes; !codes.empty();) {
    if (is_same(take(codes, '\t'), code, system.is_exact)) return true;
  }
  return false;
}

}  // namespace

CodeKnowledge find_in_code_system(std::string_view system, std::string_view code) {
  bool is_here = false;
  const System* found = find_name(std::span<const System>(table().systems),
                                  std::span<const std::uint16_t>(table().slots), system, kUrl,
                                  [&](const System& each) {
                                    is_here = true;
                                    return has(each, code);
                                  });
  if (found != nullptr) return CodeKnowledge::kKnown;
  return is_here ? CodeKnowledge::kUnknown : CodeKnowledge::kSystemElsewhere;
}

}  // namespace kap::fhir::definitions
