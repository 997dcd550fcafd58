// http://hl7.org/fhir/R4/patient.html#linking
#include "gateway/service/merge_patients.h"

#include "fhir/json/parse.h"

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;
using json::Document;

std::string_view to_code(PatientLink link) {
  return link == PatientLink::kReplaces ? "replaces" : "replaced-by";
}

bool has_link(const json::Value* links, std::string_view type, std::string_view reference) {
  if (links == nullptr) return false;
  for (const auto& link : links->items()) {
    const auto* other = link.find("other");
    if (link.string("type") == type && other != nullptr && other->string("reference") == reference)
      return true;
  }
  return false;
}

}  // namespace

Result<Body> link_patient(const store::StoredResource& patient, PatientLink link,
                          const ResourceId& other) {
  KAP_TRY(auto document, json::parse(patient.body));
  const auto reference = "Patient/" + other.text();
  auto* links = document.root.find("link");
  if (!has_link(links, to_code(link), reference)) {
    auto target = Document::object();
    document.add(target, "reference", document.string(reference));
    auto item = Document::object();
    document.add(item, "other", target);
    document.add(item, "type", document.string(to_code(link)));
    if (links == nullptr) links = &document.add(document.root, "link", Document::array());
    document.append(*links, item);
  }
  if (link == PatientLink::kReplacedBy) document.set(document.root, "active", json::Value(false));
  return to_body(document);
}

Result<bool> keep_patient_links(std::string_view before, Document& patient) {
  if (before.find("\"link\":") == std::string_view::npos) return false;
  KAP_TRY(const auto old, json::parse(before));
  const auto* links = old.root.find("link");
  if (links == nullptr || patient.root.find("link") != nullptr) return false;
  patient.add(patient.root, "link", patient.clone(*links));
  for (const auto& link : links->items())
    if (link.string("type") == to_code(PatientLink::kReplacedBy))
      patient.set(patient.root, "active", json::Value(false));
  return true;
}

}  // namespace kap::gateway::service
