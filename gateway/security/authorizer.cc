#include "gateway/security/authorizer.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "gateway/security/scope_grant.h"

namespace kap::gateway::security {
namespace {

constexpr std::string_view kClinicUri = "urn:kap:clinic:";
/// Without a consent that says otherwise, no client sees these rows.
constexpr Sensitivity kDenied = sensitivity::kPsychotherapyNote |
                                sensitivity::kHipaaPsychotherapyNotes | sensitivity::k42CfrPart2;

std::unexpected<Outcome> refuse(std::string_view why) {
  return fail(Category::kUnauthenticated, IssueType::kLogin, std::string(why));
}

bool is_clinic_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

/// The URIs of the SAN that name a clinic.
std::vector<std::string> clinic_names(X509* certificate) {
  std::vector<std::string> names;
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                                static_cast<std::size_t>(ASN1_STRING_length(uri)));
    if (text.starts_with(kClinicUri)) names.emplace_back(text.substr(kClinicUri.size()));
  }
  GENERAL_NAMES_free(all);
  return names;
}

}  // namespace

/// Verified tokens by their SHA-256, so that memory holds no token.
class Authorizer::Cache {
 public:
  using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

  static Digest digest(const BearerToken& token) {
    Digest out{};
    SHA256(reinterpret_cast<const unsigned char*>(token.text().data()), token.text().size(),
           out.data());
    return out;
  }

  std::optional<Permit> find(const Digest& token, Instant now) {
    const std::lock_guard lock(mutex_);
    const auto at = entries_.find(token);
    if (at == entries_.end() || at->second.until <= now) return std::nullopt;
    return at->second.permit;
  }

  void put(const Digest& token, const Permit& permit, Instant now, Instant until) {
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= kMaxEntries)
      std::erase_if(entries_, [&](const auto& entry) { return entry.second.until <= now; });
    if (entries_.size() >= kMaxEntries) entries_.clear();
    entries_.insert_or_assign(token, Entry{permit, until});
  }

 private:
  static constexpr std::size_t kMaxEntries = 10'000;
  struct Entry {
    Permit permit;
    Instant until;
  };
  struct Hash {
    std::size_t operator()(const Digest& digest) const {
      std::size_t hash = 0;
      std::memcpy(&hash, digest.data(), sizeof(hash));
      return hash;
    }
  };
  std::mutex mutex_;
  std::unordered_map<Digest, Entry, Hash> entries_;
};

Authorizer::Authorizer(AuthorizerOptions options, const SigningKey& key, ClientRegistry& clients,
                       const Clock& clock)
    : options_(std::move(options)),
      key_(key),
      clients_(clients),
      clock_(clock),
      cache_(std::make_unique<Cache>()) {}

Authorizer::~Authorizer() = default;

Result<Permit> Authorizer::authorize(const BearerToken& token) {
  const Instant now = clock_.now();
  const Cache::Digest digest = Cache::digest(token);
  if (auto cached = cache_->find(digest, now)) return *std::move(cached);
  KAP_TRY(const AccessClaims claims, verify_access_token(key_, token));
  if (claims.issuer != options_.issuer || claims.audience != options_.audience)
    return refuse("the access token is for another server");
  if (now >= claims.expires) return refuse("the access token has expired");
  if (claims.issued > now + options_.clock_skew)
    return refuse("the access token lies ahead in time");
  KAP_TRY(const auto client, clients_.find(claims.client));
  if (!client) return refuse("the client of the access token is registered no more");
  KAP_TRY(auto permit, make_permit(*client, claims.scope));
  const Instant until = std::min<Instant>(claims.expires, now + options_.cache_lifetime);
  cache_->put(digest, permit, now, until);
  return permit;
}

Result<Permit> Authorizer::make_permit(const store::RegisteredClient& client,
                                       std::string_view scopes) {
  KAP_TRY(const auto asked, parse_scopes(scopes));
  KAP_TRY(const auto registered, parse_scopes(client.scopes));
  return Permit(Principal{.kind = Principal::Kind::kClient, .id = client.id.text()},
                Predicates{.clinics = client.clinics, .denied = kDenied, .patient = {}},
                intersect(asked, registered), client.id_assignment);
}

Result<Permit> Authorizer::permit_for_client(const ClientId& client, std::string_view scopes) {
  KAP_TRY(const auto found, clients_.find(client));
  if (!found) return refuse("the client is registered no more");
  return make_permit(*found, scopes);
}

Result<Permit> Authorizer::authorize_clinic(std::string_view certificate_pem) const {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())), &BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr, &X509_free);
  if (!certificate) return refuse("the connection shows no client certificate");
  const std::vector<std::string> names = clinic_names(certificate.get());
  if (names.empty())
    return refuse(
        "the client certificate names no clinic; expected a URI urn:kap:clinic:<id> in "
        "its subject alternative names");
  if (names.size() > 1) return refuse("the client certificate names several clinics; expected one");
  if (!is_clinic_id(names.front()))
    return refuse("the clinic id in the client certificate must be 1 to 64 of A-Z a-z 0-9 . _ -");
  return permit_for_ingest(ClinicId(names.front()));
}

Permit Authorizer::permit_for_ingest(const ClinicId& clinic) {
  return Permit(Principal{.kind = Principal::Kind::kClinicSystem, .id = clinic.text()},
                Predicates{.clinics = {clinic}, .denied = {}, .patient = {}}, {});
}

}  // namespace kap::gateway::security
