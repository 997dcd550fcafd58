#include "fhir/definitions/generator/package.h"

#include <utility>

#include "fhir/definitions/generator/archive.h"
#include "fhir/json/parse.h"

namespace kap::fhir::definitions::generator {

Result<Package> Package::read(const std::string& tgz_path) {
  Package package;
  const auto visit = [&](std::string_view path, std::string_view text) -> Status {
    const bool is_definition = path.starts_with("package/") && path.ends_with(".json") &&
                               path.find('/', 8) == std::string_view::npos;
    return is_definition ? package.add(path, text) : Status();
  };
  KAP_CHECK_OK(for_each_file(tgz_path, visit));
  return package;
}

Status Package::add(std::string_view path, std::string_view text) {
  KAP_TRY(json::Document document, json::parse(text));
  if (path == "package/package.json") {
    name_ = document.root.string("name");
    version_ = document.root.string("version");
    return {};
  }
  const std::string type(document.root.string("resourceType"));
  std::string url(document.root.string("url"));
  if (type.empty() || url.empty()) return {};
  resources_[type].emplace(std::move(url), std::move(document));
  return {};
}

std::vector<const json::Value*> Package::resources(std::string_view type) const {
  std::vector<const json::Value*> list;
  const auto of_type = resources_.find(type);
  if (of_type == resources_.end()) return list;
  for (const auto& [url, document] : of_type->second) list.push_back(&document.root);
  return list;
}

const json::Value* Package::find(std::string_view type, std::string_view url) const {
  if (const auto of_type = resources_.find(type); of_type != resources_.end()) {
    const auto found = of_type->second.find(url);
    if (found != of_type->second.end()) return &found->second.root;
  }
  return base_ == nullptr ? nullptr : base_->find(type, url);
}

}  // namespace kap::fhir::definitions::generator
