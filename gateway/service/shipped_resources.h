#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "fhir/base/clock.h"
#include "fhir/base/result.h"
#include "gateway/service/resources.h"

namespace kap::mappings {
class Mapper;
}

namespace kap::gateway::service {

/// The code systems, value sets, concept maps and maps that the program is built with, as resources
/// that can be read beside those of the store. They hold nothing about anybody.
class ShippedResources {
 public:
  /// `start`: what they say of when they were last updated, as none of them changes while it runs.
  [[nodiscard]] static Result<ShippedResources> make(const mappings::Mapper& maps, Instant start);

  /// nullptr where there is none. The version follows from the content, so that a cache notices a
  /// program with other contents.
  [[nodiscard]] const Resource* find(std::string_view type, std::string_view id) const;

 private:
  void add(std::string_view type, std::string_view id, std::string json, Instant start);

  std::map<std::pair<std::string, std::string>, Resource> resources_;
};

}  // namespace kap::gateway::service
