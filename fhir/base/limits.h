#pragma once

#include <cstddef>
#include <cstdint>

/// Every fixed bound of the program. What an operator may change stands in gateway/config and takes
/// its default from here.
namespace kap::limits {

inline constexpr std::size_t kJsonBytes = 16U << 20U;       // one resource or Bundle
inline constexpr std::size_t kJsonDepth = 64;               // FHIR R4 resources stay below 30
inline constexpr std::size_t kJsonStringBytes = 1U << 20U;  // FHIR R4 `string`: 1 MB
inline constexpr std::size_t kJsonNumberDigits = 64;
inline constexpr std::size_t kRecordBytes = 4U << 20U;       // one clinic record on the wire
inline constexpr std::size_t kHttpHeaderBytes = 32U << 10U;  // request line and all headers
inline constexpr std::size_t kHttpBodyBytes = kJsonBytes;
inline constexpr std::size_t kSearchParameters = 64;  // in one query
inline constexpr std::size_t kSearchOrValues = 256;   // in one parameter
inline constexpr std::size_t kSearchDefaultCount = 50;
inline constexpr std::size_t kSearchMaxCount = 500;
inline constexpr std::size_t kSearchIncluded = 5'000;  // included resources a page
inline constexpr std::size_t kExportFilters = 64;      // `_typeFilter` queries of one export
inline constexpr std::size_t kExportPatients = 1'000;  // `patient` of one export
inline constexpr std::size_t kExportDeletions = 500;   // entries of one Bundle of deletions
inline constexpr std::size_t kExportPieceBytes = 256U << 10U;  // written at once
inline constexpr std::size_t kFhirPathBytes = 16U << 10U;
inline constexpr std::size_t kFhirPathDepth = 64;
inline constexpr std::uint32_t kFhirPathSteps = 1'000'000;  // of one evaluation
inline constexpr std::size_t kPatchOperations = 1'000;      // in one patch
inline constexpr std::size_t kPatchWork = 8U << 20U;        // nodes one patch reads and copies
inline constexpr std::size_t kMapBytes = 4U << 20U;

}  // namespace kap::limits
