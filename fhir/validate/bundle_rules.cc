#include <fmt/format.h>

#include "fhir/validate/inspection.h"

/// What a Bundle asks of its entries beyond its constraints, http://hl7.org/fhir/R4/bundle.html.
namespace kap::fhir::validate {
namespace {

bool is_absolute(std::string_view url) {
  const std::size_t colon = url.find(':');
  return colon != std::string_view::npos && colon < url.find_first_of("/?#");
}

/// A RESTful URL ends with the type and the id of its resource.
bool names_another(std::string_view full_url, const json::Value& resource) {
  const std::string_view id = resource.string("id");
  if (id.empty() || !full_url.starts_with("http")) return false;
  return !(full_url.size() > id.size() && full_url.ends_with(id) &&
           full_url[full_url.size() - id.size() - 1] == '/');
}

}  // namespace

void Inspection::bundle(const Node& resource, const Place& place) {
  const json::Value* entries = resource.value->find("entry");
  if (entries == nullptr || !entries->is_array()) return;
  std::uint32_t index = 0;
  for (const json::Value& entry : entries->items()) {
    const Place at{.parent = &place, .name = "entry", .of_type = {}, .index = index++};
    const Place url_place{.parent = &at, .name = "fullUrl", .of_type = {}};
    const std::string_view full_url = entry.string("fullUrl");
    if (full_url.empty()) continue;
    const json::Value* inner = entry.find("resource");
    if (!is_absolute(full_url)) {
      findings_->add(IssueType::kInvalid, url_place, "a fullUrl is an absolute URL or a urn");
    } else if (inner != nullptr && names_another(full_url, *inner)) {
      findings_->add(IssueType::kInvalid, url_place,
                     "the fullUrl ends with another id than the resource has");
    }
  }
}

}  // namespace kap::fhir::validate
