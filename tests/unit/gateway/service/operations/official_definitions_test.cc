#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "fhir/definitions/generator/archive.h"
#include "fhir/json/parse.h"
#include "gateway/service/operations/operations.h"

/// The operations whose canonical URL is HL7's, beside HL7's own OperationDefinitions.
namespace kap::gateway::service {
namespace {

namespace json = fhir::json;

constexpr std::string_view kCore = "http://hl7.org/fhir/OperationDefinition/";

std::string shared() {
  const char* shared = std::getenv("KAP_SHARED");
  return shared != nullptr ? shared : std::string(KAP_SOURCE_DIR) + "/../shared";
}

using Definitions = std::map<std::string, json::Document, std::less<>>;

Definitions read_official(const std::string& package) {
  Definitions out;
  const auto read =
      fhir::definitions::generator::for_each_file(package, [&](auto path, auto bytes) -> Status {
        if (path.find("/OperationDefinition-") == std::string_view::npos) return {};
        KAP_TRY(auto document, json::parse(bytes));
        const std::string url(document.root.string("url"));
        out.emplace(url, std::move(document));
        return {};
      });
  EXPECT_TRUE(read.has_value());
  return out;
}

/// `in name 0..* uri` and the like, of a definition's parameters and their parts.
using Lines = std::set<std::string, std::less<>>;

std::string line(std::string_view use, const std::string& name, std::string_view min,
                 std::string_view max, std::string_view type) {
  return std::string(use) + ' ' + name + ' ' + std::string(min) + ".." + std::string(max) + ' ' +
         std::string(type);
}

void add_official(const json::Value& holder, std::string_view list, const std::string& prefix,
                  Lines& out) {
  const json::Value* items = holder.find(list);
  if (items == nullptr) return;
  for (const json::Value& item : items->items()) {
    const std::string name = prefix + std::string(item.string("name"));
    const json::Value* min = item.find("min");
    out.insert(line(item.string("use"), name, min == nullptr ? "0" : min->text(),
                    item.string("max"), item.string("type")));
    add_official(item, "part", name + '.', out);
  }
}

void add_own(std::span<const OperationParameterDef> items, const std::string& prefix, Lines& out) {
  for (const OperationParameterDef& item : items) {
    const std::string name = prefix + std::string(item.name);
    const bool is_unbounded = item.max == fhir::definitions::kUnbounded;
    out.insert(line(item.use == ParameterUse::kIn ? "in" : "out", name, std::to_string(item.min),
                    is_unbounded ? "*" : std::to_string(item.max), item.type));
    add_own(item.parts, name + '.', out);
  }
}

/// Parts of HL7's answers that the gateway never gives: it knows no sub-properties and no products.
bool is_never_given(const std::string& line) {
  return line.starts_with("out ") && (line.find(".subproperty") != std::string::npos ||
                                      line.find(".description") != std::string::npos ||
                                      line.find(".product") != std::string::npos);
}

/// R4 calls `_type` of $everything a code and lets it hold a list with commas, which no code is.
void allow_differences(Lines& theirs) {
  if (theirs.erase("in _type 0..* code") != 0) theirs.insert("in _type 0..* string");
}

TEST(OfficialDefinitions, HaveTheSameParametersAndLevels) {
  const std::string package = shared() + "/fhir-packages/hl7.fhir.r4.core-4.0.1.tgz";
  if (!std::filesystem::exists(package))
    GTEST_SKIP() << "no package at " << package << "; KAP_SHARED names its folder";
  const Definitions official = read_official(package);
  int compared = 0;
  for (const OperationDef* own : operations()) {
    if (!own->canonical.starts_with(kCore)) continue;
    const auto found = official.find(own->canonical);
    ASSERT_NE(found, official.end()) << own->canonical;
    ++compared;
    Lines theirs;
    Lines ours;
    add_official(found->second.root, "parameter", "", theirs);
    std::erase_if(theirs, is_never_given);
    allow_differences(theirs);
    add_own(own->parameters, "", ours);
    EXPECT_EQ(ours, theirs) << own->canonical;
    EXPECT_EQ(own->code, found->second.root.string("code"));
    EXPECT_EQ(own->id, found->second.root.string("id"));
    EXPECT_EQ(own->levels.system, found->second.root.find("system")->text() == "true") << own->id;
    EXPECT_EQ(own->levels.type, found->second.root.find("type")->text() == "true") << own->id;
    EXPECT_EQ(own->levels.instance, found->second.root.find("instance")->text() == "true")
        << own->id;
  }
  EXPECT_GE(compared, 9);
}

}  // namespace
}  // namespace kap::gateway::service
