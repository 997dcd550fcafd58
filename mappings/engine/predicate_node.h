#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fhir/path/decimal.h"
#include "mappings/engine/clinic_schema.h"

namespace kap::mappings::plan {

/// A condition as a tree in one vector; children come before their parents.
struct Predicate {
  enum class Op : std::uint8_t {
    kAnd,
    kOr,
    kXor,
    kImplies,
    kNot,
    kEqual,
    kNotEqual,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kText,    // a literal
    kNumber,  // a literal
    kTruth,   // a literal, `number` 0 or 1
    kPath,    // the value of a field
    kExists,
    kEmpty,
    kToDecimal,
    kIif,     // first, left, right
    kEnumIs,  // path = 'NAME'
    kEnumIsNot,
  };
  enum class Kind : std::uint8_t { kTruth, kText, kNumber };
  struct Node {
    Op op{};
    Kind kind = Kind::kTruth;
    std::uint16_t first = 0;
    std::uint16_t left = 0;
    std::uint16_t right = 0;
    std::vector<const ClinicField*> path = {};  // messages on the way, then the field
    std::string text = {};
    fhir::path::Decimal number = {};
  };
  std::vector<Node> nodes;
};

}  // namespace kap::mappings::plan
