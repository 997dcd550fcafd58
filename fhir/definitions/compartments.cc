#include "fhir/definitions/compartments.h"

#include <algorithm>
#include <vector>

#include "fhir/base/embedded.h"
#include "fhir/definitions/table_reader.h"

KAP_EMBEDDED_DECLARE(r4_compartments);

namespace kap::fhir::definitions {
namespace {

class CompartmentTables {
 public:
  CompartmentTables() {
    std::vector<CompartmentMember> members;
    const auto close = [&] {
      if (!compartments_.empty()) compartments_.back().members = arena_.copy(members);
      members.clear();
    };
    for_each_row(KAP_EMBEDDED(r4_compartments), [&](std::string_view line) {
      const std::string_view first = take(line, '\t');
      if (first == "C") {
        close();
        const std::string_view code = take(line, '\t');
        compartments_.push_back({.code = code, .url = line, .members = {}});
      } else {
        members.push_back({.resource_type = first, .parameters = arena_.words(line)});
      }
    });
    close();
  }

  [[nodiscard]] std::span<const CompartmentDef> all() const { return compartments_; }

 private:
  Arena arena_;
  std::vector<CompartmentDef> compartments_;
};

}  // namespace

std::span<const CompartmentDef> all_compartments() {
  static const CompartmentTables instance;
  return instance.all();
}

const CompartmentDef* find_compartment(std::string_view code) {
  const auto list = all_compartments();
  const auto found = std::ranges::find(list, code, &CompartmentDef::code);
  return found == list.end() ? nullptr : &*found;
}

std::span<const std::string_view> compartment_parameters(std::string_view code,
                                                         std::string_view resource_type) {
  const CompartmentDef* compartment = find_compartment(code);
  if (compartment == nullptr) return {};
  const auto found = std::ranges::lower_bound(compartment->members, resource_type, {},
                                              &CompartmentMember::resource_type);
  const bool is_there =
      found != compartment->members.end() && found->resource_type == resource_type;
  return is_there ? found->parameters : std::span<const std::string_view>();
}

}  // namespace kap::fhir::definitions
