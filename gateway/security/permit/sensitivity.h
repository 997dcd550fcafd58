#pragma once

#include <cstdint>
#include <string_view>

namespace kap::gateway::security {

/// Sensitivity labels of HL7 v3-ActCode as bits of a stored row. A bit's place is part of the
/// database schema: append, never reorder.
class Sensitivity {
 public:
  constexpr Sensitivity() = default;
  constexpr explicit Sensitivity(std::uint32_t bits) : bits_(bits) {}

  [[nodiscard]] constexpr std::uint32_t bits() const { return bits_; }
  [[nodiscard]] constexpr bool intersects(Sensitivity other) const {
    return (bits_ & other.bits_) != 0;
  }
  constexpr Sensitivity operator|(Sensitivity other) const {
    return Sensitivity(bits_ | other.bits_);
  }
  friend constexpr bool operator==(Sensitivity, Sensitivity) = default;

 private:
  std::uint32_t bits_ = 0;
};

namespace sensitivity {
inline constexpr Sensitivity kNone{0};
inline constexpr Sensitivity kPsychotherapyNote{1U << 0U};        // PSYTHPN
inline constexpr Sensitivity k42CfrPart2{1U << 1U};               // 42CFRPart2
inline constexpr Sensitivity kBehavioralHealth{1U << 2U};         // BH
inline constexpr Sensitivity kMentalHealth{1U << 3U};             // MH
inline constexpr Sensitivity kPsychiatry{1U << 4U};               // PSY
inline constexpr Sensitivity kSubstanceUse{1U << 5U};             // SUD
inline constexpr Sensitivity kAlcohol{1U << 6U};                  // ETH
inline constexpr Sensitivity kHipaaPsychotherapyNotes{1U << 7U};  // HIPAAPsyNotes
inline constexpr Sensitivity kNoDisclosure{1U << 8U};             // NODSCLCD
inline constexpr Sensitivity kNoRedisclosure{1U << 9U};           // NORDSCLCD
}  // namespace sensitivity

/// The bit of a v3-ActCode sensitivity code; kNone for a code that is not one of them.
[[nodiscard]] Sensitivity to_sensitivity(std::string_view act_code);

}  // namespace kap::gateway::security
