#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "fhir/search/index_entry.h"
#include "fhir/search/query.h"
#include "gateway/service/resources.h"

namespace kap::fhir::json {
class Value;
}
namespace kap::mappings {
class Mapper;
}

namespace kap::gateway::service {

/// The code systems, value sets, concept maps and maps that the program is built with, as resources
/// that can be read and searched beside those of the store. They hold nothing about anybody.
class ShippedResources {
 public:
  /// `start`: what they say of when they were last updated, as none of them changes while it runs.
  [[nodiscard]] static Result<ShippedResources> make(const mappings::Mapper& maps, Instant start);

  /// nullptr where there is none. The version follows from the content, so that a cache notices a
  /// program with other contents.
  [[nodiscard]] const Resource* find(std::string_view type, std::string_view id) const;

  /// Whether there are any of that type.
  [[nodiscard]] bool has_type(std::string_view type) const;
  /// Those of that type which fulfil the criteria, in the order of their ids whatever is asked.
  [[nodiscard]] std::vector<const Resource*> matching(std::string_view type,
                                                      const fhir::search::Query& query) const;

 private:
  struct Entry {
    Resource resource;
    std::vector<fhir::search::IndexEntry> index;
  };
  Status add(std::string_view type, std::string_view id, const fhir::json::Value& root,
             Instant start);

  std::map<std::pair<std::string, std::string>, Entry> resources_;
};

}  // namespace kap::gateway::service
