#include "tests/unit/gateway/service/clinic_fixture.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <charconv>
#include <future>
#include <mutex>
#include <thread>

#include "fhir/json/parse.h"
#include "fhir/json/print.h"
#include "gateway/security/permit/scope.h"

namespace kap::gateway::security {

/// Stands where gateway/security's Authorizer does: tests need Permits without tokens.
class Authorizer {
 public:
  static Permit make(Predicates predicates, std::vector<Scope> scopes, IdAssignment ids,
                     Principal principal = {Principal::Kind::kClinicSystem, "east"}) {
    return {std::move(principal), std::move(predicates), std::move(scopes), ids};
  }
};

}  // namespace kap::gateway::security

namespace kap::gateway::service {
namespace {

namespace json = fhir::json;

std::int64_t to_number(const json::Value* value) {
  std::int64_t number = 0;
  if (value != nullptr)
    std::from_chars(value->text().data(), value->text().data() + value->text().size(), number);
  return number;
}

store::RecordName to_name(const json::Value& value) {
  return {std::string(value.string("kind")), RecordId(std::string(value.string("id")))};
}

RecordHeader to_header(const json::Value& root) {
  return {{ClinicId(std::string(root.string("clinic"))), to_name(root)},
          to_number(root.find("revision"))};
}

MappedResource to_resource(const json::Value& value) {
  MappedResource resource;
  resource.type = value.string("resourceType");
  resource.id = ResourceId(std::string(value.string("id")));
  resource.json = json::to_text(value);
  resource.meta_offset = resource.json.find("\"meta\":{") + 8;
  resource.index = fhir::search::extract(value).value();
  if (resource.type == "Patient") resource.patient = resource.id;
  if (const auto* subject = value.find("subject"))
    resource.patient = ResourceId(std::string(subject->string("reference").substr(8)));
  return resource;
}

}  // namespace

Result<RecordHeader> JsonMapper::read_header(std::string_view bytes) const {
  KAP_TRY(const auto document, json::parse(bytes));
  return to_header(document.root);
}

Result<MappedRecord> JsonMapper::map(std::string_view bytes) const {
  KAP_TRY(const auto document, json::parse(bytes));
  const auto& root = document.root;
  if (const auto* broken = root.find("breaks")) {
    std::vector<Issue> issues;
    for (const auto& path : broken->items())
      issues.push_back({.code = IssueType::kRequired,
                        .diagnostics = "is missing",
                        .expression = std::string(path.text()),
                        .position = {}});
    return std::unexpected(Outcome(Category::kUnprocessable, std::move(issues)));
  }
  MappedRecord record;
  record.header = to_header(root);
  if (const auto* required = root.find("requires"))
    for (const auto& item : required->items())
      record.required.push_back({to_name(item), std::string(item.string("path"))});
  if (const auto* resources = root.find("resources"))
    for (const auto& item : resources->items()) record.resources.push_back(to_resource(item));
  if (const auto* target = root.find("retracts")) {
    record.retraction = Retraction{to_name(*target), std::string(target->string("reason"))};
    record.required.push_back({record.retraction->target, "retraction.target_record_id"});
  }
  if (const auto* merged = root.find("merges")) {
    const auto name = [](const json::Value& id) {
      return store::RecordName{"patient", RecordId(std::string(id.text()))};
    };
    record.merge = PatientMerge{name(merged->items()[0]), name(merged->items()[1])};
    record.required.push_back({record.merge->surviving, "patient_merge.surviving_patient_id"});
    record.required.push_back({record.merge->duplicate, "patient_merge.duplicate_patient_id"});
  }
  return record;
}

Result<std::vector<fhir::search::IndexEntry>> JsonMapper::index(std::string_view /*type*/,
                                                                std::string_view text) const {
  KAP_TRY(const auto document, json::parse(text));
  return fhir::search::extract(document.root);
}

security::Permit make_permit(std::string_view scopes, std::initializer_list<std::string> clinics,
                             security::Sensitivity denied, security::IdAssignment ids) {
  security::Predicates predicates;
  for (const auto& clinic : clinics) predicates.clinics.emplace_back(clinic);
  predicates.denied = denied;
  return security::Authorizer::make(
      std::move(predicates),
      scopes.empty() ? std::vector<security::Scope>{} : security::parse_scopes(scopes).value(),
      ids);
}

security::Permit make_client_permit(std::string client, std::string_view scopes,
                                    std::initializer_list<std::string> clinics) {
  security::Predicates predicates;
  for (const auto& clinic : clinics) predicates.clinics.emplace_back(clinic);
  return security::Authorizer::make(std::move(predicates), security::parse_scopes(scopes).value(),
                                    security::IdAssignment::kServer,
                                    {security::Principal::Kind::kClient, std::move(client)});
}

ClinicTest::ClinicTest() {
  std::string name = (std::filesystem::temp_directory_path() / "kap-service-XXXXXX").string();
  directory_ = mkdtemp(name.data());
  store_ = store::open_sqlite({.path = directory_ / "kap.db", .clock = &clock_}).value();
  intake_ = std::make_unique<Intake>(*store_, mapper_, clock_, *pool_);
  reader_ = std::make_unique<Reader>(*store_, clock_, "https://gateway.example/fhir");
}

ClinicTest::~ClinicTest() {
  pool_->drain();
  store_.reset();  // its writer may still post to the pool
  pool_.reset();
  std::filesystem::remove_all(directory_);
}

std::vector<Receipt> ClinicTest::submit(const std::vector<std::string>& records) {
  std::promise<void> all;
  std::mutex mutex;
  std::vector<Receipt> receipts;
  const auto stream = SubmitStream::open(*intake_, clinic_, [&](Receipt receipt) {
    const std::scoped_lock lock(mutex);
    receipts.push_back(std::move(receipt));
    if (receipts.size() == records.size()) all.set_value();
  });
  for (const auto& record : records) stream->submit(record);
  if (!records.empty()) all.get_future().wait();
  const std::scoped_lock lock(mutex);
  return receipts;
}

bool ClinicTest::wait_for_none_pending() {
  // Every pass is a round trip through the pool and the disk, so this ends soon or never.
  for (int i = 0; i < 2'000; ++i) {
    if (store_->pending_records(ClinicId("east"), {}).value().empty()) return true;
    std::promise<void> passed;
    pool_->post([&passed] { passed.set_value(); });
    passed.get_future().wait();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

std::string patient(std::string_view id, int revision, std::string_view family) {
  return fmt::format(
      R"({{"clinic":"east","kind":"patient","id":"{0}","revision":{1},"resources":[)"
      R"({{"resourceType":"Patient","id":"{0}","meta":{{"source":"urn:kap:test"}},"active":true,)"
      R"("name":[{{"family":"{2}"}}]}}]}})",
      id, revision, family);
}

std::string observations(std::string_view id, int revision, std::string_view patient,
                         std::initializer_list<std::string_view> suffixes) {
  std::string resources;
  for (const auto suffix : suffixes) {
    if (!resources.empty()) resources += ',';
    resources += fmt::format(
        R"({{"resourceType":"Observation","id":"{}.{}","meta":{{"source":"urn:kap:test"}},)"
        R"("status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"8867-4"}}]}},)"
        R"("subject":{{"reference":"Patient/{}"}}}})",
        id, suffix, patient);
  }
  return fmt::format(
      R"({{"clinic":"east","kind":"treatment_session","id":"{}","revision":{},"requires":[)"
      R"({{"kind":"patient","id":"{}","path":"treatment_session.patient_id"}}],"resources":[{}]}})",
      id, revision, patient, resources);
}

}  // namespace kap::gateway::service
