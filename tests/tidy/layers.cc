#include <array>

#include "tests/tidy/rules.h"

namespace kap::tidy {

std::span<const Layer> layers() {
  // In the order of the design's table: a row includes only rows above it. gateway/config and
  // gateway/observe are open to every gateway folder and closed to fhir and mappings.
  static const std::vector<Layer> kLayers = {
      {"fhir/base", {}},
      {"gateway/config", {"fhir/base"}},
      {"gateway/observe", {"fhir/base", "gateway/config"}},
      {"fhir/definitions", {"fhir/base"}},
      {"fhir/json", {"fhir/base"}},
      {"fhir/path", {"fhir/base", "fhir/definitions", "fhir/json"}},
      {"fhir/terminology", {"fhir/base", "fhir/definitions", "fhir/json", "fhir/path"}},
      {"fhir/validate",
       {"fhir/base", "fhir/definitions", "fhir/json", "fhir/path", "fhir/terminology"}},
      {"fhir/search",
       {"fhir/base", "fhir/definitions", "fhir/json", "fhir/path", "fhir/terminology"}},
      {"fhir/patch", {"fhir/base", "fhir/definitions", "fhir/json", "fhir/path"}},
      // A program of the build: writes the committed tables from the official packages.
      {"fhir/definitions/generator", {"fhir/base", "fhir/definitions", "fhir/json"}},
      {"mappings/engine", {"fhir/*", "gateway/proto"}},
      // A program of the build: writes the logical models from the contract.
      {"mappings/engine/generator", {"fhir/base", "mappings/engine"}},
      {"gateway/proto", {}},
      {"gateway/security/permit", {"fhir/base"}},
      {"gateway/store", {"fhir/*", "gateway/security/permit", "gateway/config", "gateway/observe"}},
      {"gateway/store/index", {"fhir/*", "gateway/security/permit", "gateway/store"}},
      {"gateway/store/crypto", {"fhir/base", "fhir/json"}},
      {"gateway/store/sqlite",
       {"fhir/*", "gateway/security/permit", "gateway/store", "gateway/store/crypto",
        "gateway/store/index", "gateway/config", "gateway/observe"}},
      {"gateway/store/postgres",
       {"fhir/*", "gateway/security/permit", "gateway/store", "gateway/store/index",
        "gateway/config", "gateway/observe"}},
      {"gateway/security",
       {"fhir/base", "fhir/json", "gateway/security/permit", "gateway/store", "gateway/config",
        "gateway/observe"}},
      {"gateway/exchange",
       {"fhir/*", "gateway/security/permit", "gateway/security", "gateway/store", "gateway/config",
        "gateway/observe"}},
      {"gateway/service",
       {"fhir/*", "mappings/*", "gateway/security/permit", "gateway/store", "gateway/exchange",
        "gateway/config", "gateway/observe"}},
      {"gateway/service/operations",
       {"fhir/*", "mappings/*", "gateway/security/permit", "gateway/store", "gateway/service",
        "gateway/config", "gateway/observe"}},
      {"gateway/transport/tls", {"fhir/base", "gateway/config", "gateway/observe"}},
      {"gateway/transport/http",
       {"fhir/base", "fhir/json", "gateway/security/permit", "gateway/security", "gateway/service",
        "gateway/transport/tls", "gateway/portal", "gateway/config", "gateway/observe"}},
      {"gateway/transport/grpc",
       {"fhir/base", "fhir/json", "gateway/proto", "gateway/security/permit", "gateway/security",
        "gateway/service", "gateway/transport/tls", "gateway/config", "gateway/observe"}},
      {"gateway/portal", {}},
      {"gateway/clinic_client", {"fhir/base", "fhir/json", "gateway/proto"}},
      // main.cc and the operator's commands: they construct and connect.
      {"gateway", {"fhir/*", "mappings/*", "gateway/*"}},
      {"gateway/command", {"fhir/*", "mappings/*", "gateway/*"}},
  };
  return kLayers;
}

std::span<const LibraryRule> library_rules() {
  static const std::vector<std::string_view> kProtobuf = {
      "gateway/transport/grpc", "gateway/clinic_client", "mappings/engine"};
  static const std::vector<std::string_view> kGrpc = {"gateway/transport/grpc",
                                                      "gateway/clinic_client"};
  static const std::vector<std::string_view> kBoost = {
      "gateway/transport/tls", "gateway/transport/http", "gateway/transport/grpc"};
  static const std::vector<LibraryRule> kRules = {
      {"google/protobuf/", kProtobuf},
      {"kap/clinic/v1/", kProtobuf},
      {"kap/fhir/v1/", kProtobuf},
      {"gateway/proto/", kProtobuf},
      {"grpcpp/", kGrpc},
      {"grpc/", kGrpc},
      {"sqlite3.h", {"gateway/store/sqlite"}},
      {"libpq-fe.h", {"gateway/store/postgres"}},
      {"boost/asio", kBoost},
      {"boost/beast", kBoost},
      {"rapidjson/", {"fhir/json"}},
      {"simdjson.h", {"fhir/json"}},
  };
  return kRules;
}

}  // namespace kap::tidy
