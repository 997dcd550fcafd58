#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "tests/data/generator/story.h"

namespace kap::synthetic {
namespace {

struct Staff {
  const char* id;
  const char* family;
  const char* given;
  const char* suffix;
  v1::StaffRole role;
  const char* specialty;
};

constexpr std::array<Staff, 6> kStaff{{
    {kPrescriber, "Linden", "Morgan", "MD", v1::STAFF_ROLE_PRESCRIBER, "Psychiatry"},
    {kNurse, "Hazel", "Sam", "RN", v1::STAFF_ROLE_NURSE, ""},
    {kSecondNurse, "Rowan", "Jo", "RN", v1::STAFF_ROLE_NURSE, ""},
    {kTherapist, "Maple", "Alex", "PhD", v1::STAFF_ROLE_THERAPIST, "Psychotherapy"},
    {kAnesthesiologist, "Aspen", "Kim", "MD", v1::STAFF_ROLE_ANESTHESIOLOGIST, "Anesthesiology"},
    {"prac-cypress", "Cypress", "Lee", "MD", v1::STAFF_ROLE_PRESCRIBER, "Psychiatry"},
}};

/// Records of the clinic itself come from its system, before any practitioner is known.
v1::Record& add(std::deque<v1::Record>& records, const char* clinic, const char* id,
                const char* time) {
  v1::Record& record = records.emplace_back();
  record.set_clinic_id(clinic);
  record.set_record_id(id);
  record.set_revision(1);
  record.mutable_author()->set_name("Practice management system");
  record.set_recorded_at(time);
  record.set_source_program(v1::SOURCE_PROGRAM_GENERAL);
  record.set_test_data(true);
  return record;
}

void fill_address(v1::Address& address, const char* line, const char* city, const char* state,
                  const char* postal_code) {
  address.set_use(v1::ADDRESS_USE_WORK);
  address.add_line(line);
  address.set_city(city);
  address.set_state(state);
  address.set_postal_code(postal_code);
  address.set_country("US");
}

void fill_practitioner(v1::Practitioner& practitioner, const Staff& staff, int number,
                       const char* organization, const char* location) {
  practitioner.mutable_name()->set_family(staff.family);
  practitioner.mutable_name()->add_given(staff.given);
  practitioner.mutable_name()->set_suffix(staff.suffix);
  practitioner.set_npi(synthetic_npi(number));
  if (staff.role == v1::STAFF_ROLE_PRESCRIBER) practitioner.set_dea_number("FL0000000");
  v1::ContactPoint& phone = *practitioner.add_telecom();
  phone.set_system(v1::CONTACT_SYSTEM_PHONE);
  phone.set_use(v1::CONTACT_USE_WORK);
  phone.set_value("+1-212-555-0100");
  v1::PractitionerRole& role = *practitioner.add_roles();
  role.set_item_id("r1");
  role.set_role(staff.role);
  role.set_organization_id(organization);
  role.add_location_ids(location);
  role.set_specialty(staff.specialty);
  role.mutable_period()->set_start("2023-01");
}

void fill_location(v1::Location& location, const char* name, v1::LocationKind kind,
                   const char* organization, const char* part_of, const char* time_zone) {
  location.set_name(name);
  location.set_kind(kind);
  location.set_organization_id(organization);
  location.set_part_of_id(part_of);
  location.set_time_zone(time_zone);
}

}  // namespace

std::string staff_name(std::string_view practitioner_id) {
  for (const Staff& staff : kStaff)
    if (practitioner_id == staff.id)
      return fmt::format("{} {}, {}", staff.given, staff.family, staff.suffix);
  throw std::logic_error("no such member of staff");
}

std::string synthetic_npi(int number) {
  const std::string digits = fmt::format("{:09}", 900000000 + number);
  // Luhn over the prefix 80840, which adds 24, and the nine digits.
  int sum = 24;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const int digit = digits[i] - '0';
    const int weighted = i % 2 == 0 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return fmt::format("{}{}", digits, (10 - sum % 10) % 10);
}

std::deque<v1::Record> east_clinic() {
  constexpr const char* kClinic = "kap-clinic-east";
  constexpr const char* kTime = "2025-08-01T09:00:00-04:00";
  std::deque<v1::Record> records;
  v1::Organization& organization =
      *add(records, kClinic, kOrganization, kTime).mutable_organization();
  organization.set_name("KAP Clinic East (synthetic)");
  organization.set_npi(synthetic_npi(1));
  organization.set_rems_certified(true);
  v1::ContactPoint& phone = *organization.add_telecom();
  phone.set_system(v1::CONTACT_SYSTEM_PHONE);
  phone.set_value("+1-212-555-0100");
  fill_address(*organization.mutable_address(), "1 Example Plaza", "New York", "NY", "10001");
  v1::Organization& program = *add(records, kClinic, "org-east-sud", kTime).mutable_organization();
  program.set_name("KAP Clinic East recovery program (synthetic)");
  program.set_part_of_id(kOrganization);
  program.set_part2_program(true);

  fill_location(*add(records, kClinic, "loc-east", kTime).mutable_location(), "KAP Clinic East",
                v1::LOCATION_KIND_SITE, kOrganization, "", "America/New_York");
  fill_location(*add(records, kClinic, "loc-east-1", kTime).mutable_location(), "Room 1",
                v1::LOCATION_KIND_ROOM, kOrganization, "loc-east", "America/New_York");
  fill_location(*add(records, kClinic, "loc-east-2", kTime).mutable_location(), "Room 2",
                v1::LOCATION_KIND_ROOM, kOrganization, "loc-east", "America/New_York");
  fill_location(*add(records, kClinic, "loc-video", kTime).mutable_location(), "Video visits",
                v1::LOCATION_KIND_VIRTUAL, kOrganization, "", "America/New_York");
  int number = 10;
  for (const Staff& staff : kStaff)
    if (std::string_view{staff.id} != "prac-cypress")
      fill_practitioner(*add(records, kClinic, staff.id, kTime).mutable_practitioner(), staff,
                        number++, kOrganization, "loc-east");
  return records;
}

std::deque<v1::Record> west_clinic() {
  constexpr const char* kClinic = "kap-clinic-west";
  constexpr const char* kTime = "2025-08-01T09:00:00-07:00";
  std::deque<v1::Record> records;
  v1::Organization& organization = *add(records, kClinic, "org-west", kTime).mutable_organization();
  organization.set_name("KAP Clinic West (synthetic)");
  organization.set_npi(synthetic_npi(2));
  fill_address(*organization.mutable_address(), "2 Example Plaza", "Portland", "OR", "97201");
  fill_location(*add(records, kClinic, "loc-west", kTime).mutable_location(), "KAP Clinic West",
                v1::LOCATION_KIND_SITE, "org-west", "", "America/Los_Angeles");
  fill_practitioner(*add(records, kClinic, "prac-cypress", kTime).mutable_practitioner(),
                    kStaff.back(), 30, "org-west", "loc-west");

  v1::Patient& patient =
      *add(records, kClinic, "pat-1", "2025-09-03T10:00:00-07:00").mutable_patient();
  patient.set_mrn("W-00001");
  patient.mutable_name()->set_family("Juniper");
  patient.mutable_name()->add_given("Noel");
  patient.set_gender(v1::ADMINISTRATIVE_GENDER_MALE);
  patient.set_birth_date("1970-05-05");
  patient.set_organization_id("org-west");
  v1::Problem& problem =
      *add(records, kClinic, "prb-1-1", "2025-09-03T10:30:00-07:00").mutable_problem();
  problem.set_patient_id("pat-1");
  problem.set_category(v1::PROBLEM_CATEGORY_PROBLEM_LIST_ITEM);
  problem.set_status(v1::PROBLEM_STATUS_ACTIVE);
  problem.set_verification(v1::PROBLEM_VERIFICATION_CONFIRMED);
  problem.set_name("Recurrent major depression, moderate");
  problem.set_icd10_cm("F33.1");
  problem.set_snomed_ct("18818009");
  problem.set_onset_on("2019");
  return records;
}

}  // namespace kap::synthetic
