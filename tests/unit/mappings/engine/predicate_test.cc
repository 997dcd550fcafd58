#include "mappings/engine/predicate.h"

#include <filesystem>
#include <fstream>
#include <memory_resource>

#include <gtest/gtest.h>

#include "fhir/path/expression.h"
#include "mappings/engine/clinic_model.h"
#include "mappings/engine/mapping.h"

namespace kap::mappings {
namespace {

struct Both {
  const ClinicMessage* message;
  std::string text;
  std::shared_ptr<const plan::Predicate> direct;
  fhir::path::Expression expression;
};

fhir::path::Expression compile(const std::string& text, const ClinicMessage& message) {
  fhir::path::CompileOptions options;
  options.model = &clinic_model();
  options.context_type = message.name;
  return fhir::path::Expression::compile(text, options).value();
}

Truth by_fhirpath(const fhir::path::Expression& expression, const WireMessage& message) {
  const auto result = expression.evaluate_boolean(clinic_element(message));
  if (!result.has_value() || !result->has_value()) return Truth::kEmpty;
  return **result ? Truth::kTrue : Truth::kFalse;
}

void visit(const WireMessage& message, const std::vector<Both>& all, int& compared) {
  for (const Both& one : all) {
    if (one.message != message.type) continue;
    EXPECT_EQ(evaluate(*one.direct, message), by_fhirpath(one.expression, message))
        << one.text << " at " << field_path(message, nullptr);
    ++compared;
  }
  for (const ClinicField& field : message.type->fields) {
    const WireSlot& slot = message.slot(field);
    if (field.kind != ClinicKind::kMessage || !slot.present) continue;
    const std::uint32_t count = field.is_repeated ? slot.size : 1;
    const WireSlot* items = field.is_repeated ? slot.items : &slot;
    for (std::uint32_t i = 0; i < count; ++i) visit(*items[i].message, all, compared);
  }
}

TEST(Predicate, SaysWhatFhirPathSays) {
  std::vector<Both> all;
  const auto add = [&](const ClinicMessage& message, const std::string& text) {
    auto direct = parse_predicate(text, message);
    if (direct == nullptr) return false;
    all.push_back({&message, text, std::move(direct), compile(text, message)});
    return true;
  };
  int lowered = 0;
  int total = 0;
  for (const ClinicMessage& message : ClinicSchema::get().messages()) {
    for (const ClinicInvariant& rule : message.invariants) {
      ++total;
      lowered += add(message, rule.expression) ? 1 : 0;
    }
  }
  EXPECT_GE(lowered * 3, total * 2) << lowered << " of " << total;
  const ClinicMessage& session = *ClinicSchema::get().find("TreatmentSession");
  for (const char* text :
       {"byVideo", "byVideo = true", "byVideo.not()", "status = 'SESSION_STATUS_COMPLETED'",
        "stopReason != 'STOP_REASON_OTHER'", "totalDoseMg.toDecimal() > 34",
        "totalDoseMg.toDecimal() = 34.00", "sessionNumber <= 3",
        "devices.exists() xor rems.exists()",
        "rems.exists() implies treatment = 'TREATMENT_ESKETAMINE_NASAL'",
        "dosingWeight.unit = 'WEIGHT_UNIT_LB' or dosingWeight.empty()",
        "iif(byVideo = true, 1, 2) = 2", "summary = 'x' and leftAt.exists()"}) {
    EXPECT_TRUE(add(session, text)) << text;
  }
  for (const char* text :
       {"devices.itemId = 'a'", "devices.where(itemId = 'x').exists()", "status > 'A'", "status",
        "status = 'NO_SUCH'", "summary = 1", "totalDoseMg > 3", "devices", "nothing.exists()",
        "summary = 'it\\'s'", "a b", "", "(byVideo", "dosingWeight"}) {
    EXPECT_EQ(parse_predicate(text, session), nullptr) << text;
  }
  int compared = 0;
  for (const char* folder : {"clinic", "edge"}) {
    for (const auto& file : std::filesystem::directory_iterator(
             std::filesystem::path(KAP_SOURCE_DIR) / "tests/data" / folder)) {
      std::ifstream in(file.path());
      for (std::string line; std::getline(in, line);) {
        const auto bytes = record_from_json(line);
        if (!bytes.has_value()) continue;
        std::pmr::monotonic_buffer_resource arena;
        const auto record = decode_record(*bytes, arena);
        if (record.has_value()) visit(**record, all, compared);
      }
    }
  }
  EXPECT_GT(compared, 1000);
}

}  // namespace
}  // namespace kap::mappings
