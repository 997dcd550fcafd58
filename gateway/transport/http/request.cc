#include "gateway/transport/http/request.h"

#include <algorithm>
#include <array>

namespace kap::gateway::transport::http {
namespace {

constexpr std::array<std::pair<std::string_view, Method>, 7> kMethods = {
    {{"GET", Method::kGet},
     {"HEAD", Method::kHead},
     {"POST", Method::kPost},
     {"PUT", Method::kPut},
     {"PATCH", Method::kPatch},
     {"DELETE", Method::kDelete},
     {"OPTIONS", Method::kOptions}}};

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

Method to_method(std::string_view text) {
  for (const auto& [name, method] : kMethods)
    if (name == text) return method;
  return Method::kOther;
}

std::string_view to_text(Method method) {
  for (const auto& [name, value] : kMethods)
    if (value == method) return name;
  return "(other)";
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, &to_lower, &to_lower);
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& [field, value] : fields_)
    if (equals_ignoring_case(field, name)) return value;
  return std::nullopt;
}

std::string Headers::joined(std::string_view name) const {
  std::string all;
  for (const auto& [field, value] : fields_) {
    if (!equals_ignoring_case(field, name)) continue;
    if (!all.empty()) all += ", ";
    all += value;
  }
  return all;
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      fields_, [&](const Field& field) { return equals_ignoring_case(field.first, name); }));
}

}  // namespace kap::gateway::transport::http
