#include "fhir/json/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <new>

namespace kap::fhir::json {
namespace {

constexpr std::size_t kFirstBlockBytes = 4096;
constexpr std::uint32_t kFirstCapacity = 4;

std::uint32_t capacity_for(std::uint32_t size) {
  return size == 0 ? 0 : std::max(kFirstCapacity, std::bit_ceil(size));
}

bool equal_members(std::span<const Member> left, const Value& right) {
  return std::ranges::all_of(left, [&](const Member& member) {
    const Value* other = right.find(member.name);
    return other != nullptr && equal(member.value, *other);
  });
}

}  // namespace

std::string_view Value::text() const {
  switch (kind_) {
    case Kind::kNumber:
    case Kind::kString:
      return {static_cast<const char*>(data_), size_};
    case Kind::kTrue:
      return "true";
    case Kind::kFalse:
      return "false";
    default:
      return {};
  }
}

std::span<const Value> Value::items() const {
  if (kind_ != Kind::kArray) return {};
  return {static_cast<const Value*>(data_), size_};
}

std::span<Value> Value::items() {
  if (kind_ != Kind::kArray) return {};
  // The arena's memory was never const; only the handle of a leaf points into constant text.
  return {static_cast<Value*>(const_cast<void*>(data_)), size_};
}

std::span<const Member> Value::members() const {
  if (kind_ != Kind::kObject) return {};
  return {static_cast<const Member*>(data_), size_};
}

std::span<Member> Value::members() {
  if (kind_ != Kind::kObject) return {};
  return {static_cast<Member*>(const_cast<void*>(data_)), size_};
}

const Value* Value::find(std::string_view name) const {
  for (const Member& member : members())
    if (member.name == name) return &member.value;
  return nullptr;
}

Value* Value::find(std::string_view name) {
  for (Member& member : members())
    if (member.name == name) return &member.value;
  return nullptr;
}

std::string_view Value::string(std::string_view name) const {
  const Value* value = find(name);
  return value != nullptr && value->is_string() ? value->text() : std::string_view{};
}

Document::Document()
    : arena_(std::make_unique<std::pmr::monotonic_buffer_resource>(kFirstBlockBytes)) {}

std::string_view Document::intern(std::string_view text) {
  if (text.empty()) return {};
  auto* bytes = static_cast<char*>(arena_->allocate(text.size(), 1));
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

Value Document::borrowed_string(std::string_view text) {
  Value value;
  value.kind_ = Kind::kString;
  value.data_ = text.data();
  value.size_ = static_cast<std::uint32_t>(text.size());
  return value;
}

Value Document::borrowed_number(std::string_view literal) {
  Value value = borrowed_string(literal);
  value.kind_ = Kind::kNumber;
  return value;
}

Value Document::string(std::string_view text) { return borrowed_string(intern(text)); }
Value Document::number(std::string_view literal) { return borrowed_number(intern(literal)); }
Value Document::number(std::int64_t value) { return number(fmt::format_int(value).c_str()); }

Value Document::array() {
  Value value;
  value.kind_ = Kind::kArray;
  return value;
}

Value Document::object() {
  Value value;
  value.kind_ = Kind::kObject;
  return value;
}

// The capacity of a block follows from its size (a power of two), so a Value need not store it.
template <class T>
T* Document::grow(const T* old, std::uint32_t size) {
  if (size != 0 && size < capacity_for(size)) return const_cast<T*>(old);
  const std::uint32_t wanted = capacity_for(size + 1);
  auto* block = static_cast<T*>(arena_->allocate(sizeof(T) * wanted, alignof(T)));
  std::uninitialized_copy_n(old, size, block);
  return block;
}

Value& Document::append(Value& array, Value item) {
  auto* block = grow(static_cast<const Value*>(array.data_), array.size_);
  Value* place = new (block + array.size_) Value(item);
  array.data_ = block;
  ++array.size_;
  return *place;
}

Value& Document::add_borrowed(Value& object, std::string_view name, Value value) {
  auto* block = grow(static_cast<const Member*>(object.data_), object.size_);
  Member* place = new (block + object.size_) Member{name, value};
  object.data_ = block;
  ++object.size_;
  return place->value;
}

Value& Document::add(Value& object, std::string_view name, Value value) {
  return add_borrowed(object, intern(name), value);
}

Value& Document::set(Value& object, std::string_view name, Value value) {
  if (Value* old = object.find(name)) {
    *old = value;
    return *old;
  }
  return add(object, name, value);
}

void Document::erase(Value& object, std::string_view name) {
  const std::span<Member> members = object.members();
  const auto gone = std::ranges::find(members, name, &Member::name);
  if (gone == members.end()) return;
  std::move(gone + 1, members.end(), gone);
  --object.size_;
  // A block at exactly a power of two is taken for full; shrinking onto one must not leave a
  // larger block behind that append would overrun, so the rule stays safe: it only reallocates
  // early.
}

void Document::erase(Value& array, std::size_t index) {
  const std::span<Value> items = array.items();
  if (index >= items.size()) return;
  std::move(items.begin() + static_cast<std::ptrdiff_t>(index) + 1, items.end(),
            items.begin() + static_cast<std::ptrdiff_t>(index));
  --array.size_;
}

Value& Document::insert(Value& array, std::size_t index, Value item) {
  append(array, item);
  const std::span<Value> items = array.items();
  index = std::min(index, items.size() - 1);
  std::rotate(items.begin() + static_cast<std::ptrdiff_t>(index), items.end() - 1, items.end());
  return items[index];
}

Value Document::array_of(std::span<const Value> items) {
  Value value = array();
  if (items.empty()) return value;
  const auto size = static_cast<std::uint32_t>(items.size());
  auto* block =
      static_cast<Value*>(arena_->allocate(sizeof(Value) * capacity_for(size), alignof(Value)));
  std::uninitialized_copy(items.begin(), items.end(), block);
  value.data_ = block;
  value.size_ = size;
  return value;
}

Value Document::object_of(std::span<const Member> members) {
  Value value = object();
  if (members.empty()) return value;
  const auto size = static_cast<std::uint32_t>(members.size());
  auto* block =
      static_cast<Member*>(arena_->allocate(sizeof(Member) * capacity_for(size), alignof(Member)));
  std::uninitialized_copy(members.begin(), members.end(), block);
  value.data_ = block;
  value.size_ = size;
  return value;
}

Value Document::clone(const Value& value) {
  switch (value.kind()) {
    case Kind::kString:
      return string(value.text());
    case Kind::kNumber:
      return number(value.text());
    case Kind::kArray: {
      Value copy = array();
      for (const Value& item : value.items()) append(copy, clone(item));
      return copy;
    }
    case Kind::kObject: {
      Value copy = object();
      for (const Member& member : value.members()) add(copy, member.name, clone(member.value));
      return copy;
    }
    default:
      return value;
  }
}

bool equal(const Value& left, const Value& right) {
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::kArray:
      return std::ranges::equal(left.items(), right.items(), equal);
    case Kind::kObject:
      return left.members().size() == right.members().size() &&
             equal_members(left.members(), right);
    default:
      return left.text() == right.text();
  }
}

}  // namespace kap::fhir::json
