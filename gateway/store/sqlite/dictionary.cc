#include "gateway/store/sqlite/dictionary.h"

#include <mutex>

namespace kap::gateway::store::sqlite {
namespace {

constexpr std::array<const char*, 3> kSelect = {"SELECT number, name FROM clinic",
                                                "SELECT number, name FROM type",
                                                "SELECT number, name FROM record_kind"};
constexpr std::array<const char*, 3> kInsert = {"INSERT INTO clinic (name) VALUES (?)",
                                                "INSERT INTO type (name) VALUES (?)",
                                                "INSERT INTO record_kind (name) VALUES (?)"};

}  // namespace

Status Dictionary::load(Database& database) {
  const std::unique_lock lock(mutex_);
  for (std::size_t space = 0; space < spaces_.size(); ++space) {
    auto& statement = database.prepared(kSelect[space]).with();
    for (;;) {
      KAP_TRY(const bool row, statement.step());
      if (!row) break;
      const std::string name(statement.bytes(1));
      spaces_[space].numbers.emplace(name, statement.integer(0));
      spaces_[space].names.emplace(statement.integer(0), name);
    }
  }
  return {};
}

std::optional<std::int64_t> Dictionary::find(Space space, std::string_view name) const {
  const std::shared_lock lock(mutex_);
  const auto& numbers = spaces_[static_cast<std::size_t>(space)].numbers;
  const auto found = numbers.find(name);
  if (found == numbers.end()) return std::nullopt;
  return found->second;
}

std::string Dictionary::name(Space space, std::int64_t number) const {
  const std::shared_lock lock(mutex_);
  const auto& names = spaces_[static_cast<std::size_t>(space)].names;
  const auto found = names.find(number);
  return found == names.end() ? std::string() : found->second;
}

std::vector<std::int64_t> Dictionary::numbers(Space space) const {
  const std::shared_lock lock(mutex_);
  std::vector<std::int64_t> out;
  for (const auto& [number, name] : spaces_[static_cast<std::size_t>(space)].names)
    out.push_back(number);
  return out;
}

Result<std::int64_t> Dictionary::number(Database& database, Space space, std::string_view name) {
  if (const auto known = find(space, name)) return *known;
  const auto place = static_cast<std::size_t>(space);
  KAP_CHECK_OK(database.prepared(kInsert[place]).with(name).run());
  const auto number = database.last_row();
  const std::unique_lock lock(mutex_);
  spaces_[place].numbers.emplace(name, number);
  spaces_[place].names.emplace(number, name);
  added_.emplace_back(space, number);
  return number;
}

void Dictionary::forget() {
  const std::unique_lock lock(mutex_);
  for (const auto& [space, number] : added_) {
    auto& names = spaces_[static_cast<std::size_t>(space)];
    names.numbers.erase(names.names[number]);
    names.names.erase(number);
  }
  added_.clear();
}

}  // namespace kap::gateway::store::sqlite
