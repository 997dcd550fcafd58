#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace kap::fhir::search {

/// The codes of a value set or of a part of a code system.
class TokenSet {
 public:
  void add(std::string_view system, std::string_view code) {
    codes_.emplace(std::string(code), std::string(system));
  }
  /// A token without a system is in it where its code is: what a plain `code` states is a code.
  [[nodiscard]] bool contains(std::string_view system, std::string_view code) const {
    const auto at = codes_.lower_bound(std::pair(code, system));
    return at != codes_.end() && at->first == code && (system.empty() || at->second == system);
  }
  /// By code, then system.
  [[nodiscard]] const auto& codes() const { return codes_; }

 private:
  struct Less {
    using is_transparent = void;
    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const {
      const std::string_view a = left.first;
      const std::string_view b = right.first;
      if (a != b) return a < b;
      return std::string_view(left.second) < std::string_view(right.second);
    }
  };
  std::set<std::pair<std::string, std::string>, Less> codes_;
};

}  // namespace kap::fhir::search
