#include "fhir/terminology/tables.h"

namespace kap::fhir::terminology {
namespace {

struct Found {
  const ConceptTable* concepts;
  std::size_t place;
};

Result<Found> find(const auto& code_systems, std::string_view system, std::string_view code) {
  const auto found = code_systems.find(system);
  if (found == code_systems.end())
    return fail(Category::kNotFound, IssueType::kNotFound,
                "the hierarchy of this code system is not here");
  const ConceptTable& concepts = found->second.concepts;
  const std::size_t place = concepts.place(code);
  if (place == ConceptTable::kNone)
    return fail(Category::kUnprocessable, IssueType::kCodeInvalid,
                "the code system has no such code");
  return Found{.concepts = &concepts, .place = place};
}

}  // namespace

Result<std::vector<Concept>> Terminology::ancestors(std::string_view system,
                                                    std::string_view code) const {
  KAP_TRY(const Found found, find(tables_->code_systems, system, code));
  std::vector<Concept> out;
  for (std::size_t at = found.place; at != ConceptTable::kNone; at = found.concepts->parent(at))
    out.push_back(found.concepts->all()[at]);
  return out;
}

Result<std::vector<Concept>> Terminology::descendants(std::string_view system,
                                                      std::string_view code) const {
  KAP_TRY(const Found found, find(tables_->code_systems, system, code));
  const auto& all = found.concepts->all();
  // A concept stands after what it is below.
  std::vector<bool> is_below(all.size());
  is_below[found.place] = true;
  std::vector<Concept> out{all[found.place]};
  for (std::size_t i = found.place + 1; i < all.size(); ++i) {
    const std::size_t parent = found.concepts->parent(i);
    if (parent == ConceptTable::kNone || !is_below[parent]) continue;
    is_below[i] = true;
    out.push_back(all[i]);
  }
  return out;
}

}  // namespace kap::fhir::terminology
