#pragma once

#include <string>

#include "gateway/service/dead_letters.h"
#include "gateway/service/receipt.h"
#include "kap/clinic/v1/kind.pb.h"
#include "kap/clinic/v1/service.pb.h"

namespace kap::gateway::transport::grpc {

/// A record kind is the name of its field in kap.clinic.v1.Record: `treatment_session`. Unknown
/// names give RECORD_KIND_UNSPECIFIED.
[[nodiscard]] clinic::v1::RecordKind to_kind(const std::string& name);

[[nodiscard]] clinic::v1::Receipt to_message(const service::Receipt& receipt);
[[nodiscard]] clinic::v1::DeadLetter to_message(const service::RefusedRecord& record);

}  // namespace kap::gateway::transport::grpc
