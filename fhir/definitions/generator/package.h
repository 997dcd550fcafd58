#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/base/result.h"
#include "fhir/json/value.h"

namespace kap::fhir::definitions::generator {

/// The conformance resources of one FHIR package (a gzipped tar of JSON files), by type.
class Package {
 public:
  [[nodiscard]] static Result<Package> read(const std::string& tgz_path);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& version() const { return version_; }
  /// What this package depends on; find() looks there too. It must outlive this one.
  void set_base(const Package& base) { base_ = &base; }
  /// Its own, in the order of their canonical URLs.
  [[nodiscard]] std::vector<const json::Value*> resources(std::string_view type) const;
  [[nodiscard]] const json::Value* find(std::string_view type, std::string_view url) const;

 private:
  Status add(std::string_view path, std::string_view text);

  const Package* base_ = nullptr;
  std::string name_;
  std::string version_;
  std::map<std::string, std::map<std::string, json::Document, std::less<>>, std::less<>> resources_;
};

}  // namespace kap::fhir::definitions::generator
