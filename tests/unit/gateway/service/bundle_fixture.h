#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "gateway/service/batch.h"
#include "gateway/store/store.h"
#include "tests/unit/gateway/service/writing_fixture.h"

namespace kap::gateway::service {

/// Parts of a Bundle.entry as JSON text.
struct EntryText {
  std::string method;
  std::string url;
  std::string resource{};
  std::string full_url{};
  std::string more{};  // of the request, such as `"ifMatch":"W/\"1\""`
};

[[nodiscard]] inline std::string to_json(const EntryText& entry) {
  std::string out = "{";
  if (!entry.full_url.empty()) out += fmt::format(R"("fullUrl":"{}",)", entry.full_url);
  if (!entry.resource.empty()) out += R"("resource":)" + entry.resource + ",";
  out += fmt::format(R"("request":{{"method":"{}","url":"{}")", entry.method, entry.url);
  if (!entry.more.empty()) out += "," + entry.more;
  return out + "}}";
}

[[nodiscard]] inline std::string bundle_of(std::string_view type,
                                           const std::vector<EntryText>& entries) {
  std::string out = fmt::format(R"({{"resourceType":"Bundle","type":"{}","entry":[)", type);
  for (const auto& entry : entries) {
    if (&entry != &entries.front()) out += ',';
    out += to_json(entry);
  }
  return out + "]}";
}

[[nodiscard]] inline std::string observation_of(std::string_view subject,
                                                std::string_view more = {}) {
  return fmt::format(
      R"({{"resourceType":"Observation","status":"final","code":{{"coding":[{{)"
      R"("system":"http://loinc.org","code":"8867-4"}}]}},"subject":{{"reference":"{}"}}{}}})",
      subject, more);
}

/// A Bundle's answer, read back.
struct Answers {
  fhir::json::Document document;

  [[nodiscard]] const fhir::json::Value& entry(std::size_t index) const {
    return document.root.find("entry")->items()[index];
  }
  [[nodiscard]] const fhir::json::Value& response(std::size_t index) const {
    return *entry(index).find("response");
  }
  [[nodiscard]] std::string status(std::size_t index) const {
    return std::string(response(index).string("status"));
  }
  /// `Patient/x` of the location `Patient/x/_history/1`.
  [[nodiscard]] std::string name(std::size_t index) const {
    const auto location = response(index).string("location");
    return std::string(location.substr(0, location.find("/_history/")));
  }
  [[nodiscard]] std::string id(std::size_t index) const {
    const auto whole = name(index);
    return whole.substr(whole.find('/') + 1);
  }
  [[nodiscard]] std::string text(std::size_t index) const {
    return fhir::json::to_text(entry(index));
  }
  [[nodiscard]] std::size_t size() const { return document.root.find("entry")->items().size(); }
};

class BundleTest : public WritingTest {
 protected:
  Result<Answers> send(const std::string& bundle, const security::Permit* permit = nullptr,
                       EntryReturn shown = EntryReturn::kMinimal) {
    KAP_TRY(const auto text,
            answer_bundle(permit == nullptr ? ehr_ : *permit, writer_, bundle, {.shown = shown}));
    KAP_TRY(auto document, fhir::json::parse(text));
    return Answers{.document = std::move(document)};
  }
  Result<Answers> send(std::string_view type, const std::vector<EntryText>& entries,
                       const security::Permit* permit = nullptr,
                       EntryReturn shown = EntryReturn::kMinimal) {
    return send(bundle_of(type, entries), permit, shown);
  }
  std::string body(std::string_view type, const std::string& id) {
    const auto found = get(std::string(type), id);
    return found ? found->json : "absent: " + found.error().summary();
  }
  /// Versions of the type that there are in all.
  std::size_t versions(const std::string& type) {
    const store::HistoryScope scope{.types = {{type}}};
    return store_->history({ehr_, scope, {.count = 500}}).value().versions.size();
  }
};

}  // namespace kap::gateway::service
