#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string_view>

namespace kap::fhir::json {

enum class Kind : std::uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

struct Member;

/// A node of a JSON tree: 16 bytes, its text and children in the arena of its Document. A number
/// keeps the text it was written with (`1.00` stays `1.00`) and an object its member order.
/// Copying a Value copies the handle: both share children.
class Value {
 public:
  Value() = default;
  explicit Value(bool boolean) : kind_(boolean ? Kind::kTrue : Kind::kFalse) {}

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::kNull; }
  [[nodiscard]] bool is_boolean() const { return kind_ == Kind::kTrue || kind_ == Kind::kFalse; }
  [[nodiscard]] bool is_number() const { return kind_ == Kind::kNumber; }
  [[nodiscard]] bool is_string() const { return kind_ == Kind::kString; }
  [[nodiscard]] bool is_array() const { return kind_ == Kind::kArray; }
  [[nodiscard]] bool is_object() const { return kind_ == Kind::kObject; }

  /// The decoded text of a string, the literal text of a number, `true` or `false` of a boolean.
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] std::span<const Value> items() const;
  [[nodiscard]] std::span<Value> items();
  [[nodiscard]] std::span<const Member> members() const;
  [[nodiscard]] std::span<Member> members();
  /// The member of that name, or nullptr; also nullptr when this is not an object.
  [[nodiscard]] const Value* find(std::string_view name) const;
  [[nodiscard]] Value* find(std::string_view name);
  /// The text of the string member of that name, or empty.
  [[nodiscard]] std::string_view string(std::string_view name) const;

 private:
  friend class Document;
  const void* data_ = nullptr;
  std::uint32_t size_ = 0;
  Kind kind_ = Kind::kNull;
};
static_assert(sizeof(Value) == 16);

struct Member {
  std::string_view name;
  Value value;
};

/// Owns the arena of one tree and is the only way to grow it. Move-only.
class Document {
 public:
  Document();
  Document(Document&&) noexcept = default;
  Document& operator=(Document&&) noexcept = default;

  Value root;

  /// Copies the text into the arena.
  [[nodiscard]] Value string(std::string_view text);
  /// `literal` must be a JSON number; it is copied as it is.
  [[nodiscard]] Value number(std::string_view literal);
  [[nodiscard]] Value number(std::int64_t value);
  /// The text is not copied and must outlive the document (constants, the parse buffer).
  [[nodiscard]] static Value borrowed_string(std::string_view text);
  [[nodiscard]] static Value borrowed_number(std::string_view literal);
  [[nodiscard]] static Value array();
  [[nodiscard]] static Value object();

  /// Appends and returns the place of the new child; earlier places of this array move.
  Value& append(Value& array, Value item);
  /// Appends a member without looking for one of the same name. The name is copied.
  Value& add(Value& object, std::string_view name, Value value);
  /// As add, for a name that outlives the document.
  Value& add_borrowed(Value& object, std::string_view name, Value value);
  /// Replaces the member of that name or adds it.
  Value& set(Value& object, std::string_view name, Value value);
  void erase(Value& object, std::string_view name);
  void erase(Value& array, std::size_t index);
  Value& insert(Value& array, std::size_t index, Value item);
  /// A deep copy into this document's arena.
  [[nodiscard]] Value clone(const Value& value);
  [[nodiscard]] std::string_view intern(std::string_view text);

  /// An array or object of exactly these children, copied at once; what the parser uses.
  [[nodiscard]] Value array_of(std::span<const Value> items);
  [[nodiscard]] Value object_of(std::span<const Member> members);

  [[nodiscard]] std::pmr::memory_resource& arena() { return *arena_; }

 private:
  template <class T>
  T* grow(const T* old, std::uint32_t size);

  std::unique_ptr<std::pmr::monotonic_buffer_resource> arena_;
};

/// Equal trees: same kinds, same literal text of numbers, same order of array items; the order of
/// object members does not count.
[[nodiscard]] bool equal(const Value& left, const Value& right);

}  // namespace kap::fhir::json
