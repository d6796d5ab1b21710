#include "runtime/posix/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <climits>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "core/check.h"

namespace lockstep::runtime {
namespace {

// What OpenSSL has to say, and forgets by saying it.
std::string Reasons() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    char line[256];
    ERR_error_string_n(code, line, sizeof line);
    absl::StrAppend(&text, text.empty() ? "" : "; ", line);
  }
  return text.empty() ? "the connection ended" : text;
}

int VerifyMode(TlsVerify verify) {
  switch (verify) {
    case TlsVerify::kAlways:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    case TlsVerify::kIfShown:
      return SSL_VERIFY_PEER;
    case TlsVerify::kNever:
      break;
  }
  return SSL_VERIFY_NONE;
}

// A list of revocations that is not renewed still says what it says.
int AcceptOldRevocations(int ok, X509_STORE_CTX* context) {
  if (ok == 1 || X509_STORE_CTX_get_error(context) != X509_V_ERR_CRL_HAS_EXPIRED) return ok;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

// HTTP/2, or else HTTP/1.1, of what the client offers.
int SelectProtocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                   unsigned int offered_size, void*) {
  static constexpr unsigned char kOurs[] = "\x02h2\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, out_size, kOurs, sizeof kOurs - 1, offered, offered_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

absl::StatusOr<std::shared_ptr<TlsContext>> TlsContext::Load(const TlsFiles& files, const TlsPolicy& policy) {
  SSL_CTX* context = SSL_CTX_new(TLS_method());
  LOCKSTEP_CHECK(context != nullptr);
  std::shared_ptr<TlsContext> loaded(new TlsContext(context, policy));
  const auto refuse = [](const std::string& path) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is of no use for TLS: ", Reasons()));
  };
  SSL_CTX_set_min_proto_version(context, policy.allows_tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context, VerifyMode(policy.verify), nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (policy.speaks_http) SSL_CTX_set_alpn_select_cb(context, SelectProtocol, nullptr);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) return refuse(files.certificate);
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) return refuse(files.key);
  if (!files.authority.empty() && SSL_CTX_load_verify_locations(context, files.authority.c_str(), nullptr) != 1) {
    return refuse(files.authority);
  }
  if (SSL_CTX_check_private_key(context) != 1) return refuse(files.key);
  if (!policy.ciphers.empty() && SSL_CTX_set_cipher_list(context, policy.ciphers.c_str()) != 1) {
    return refuse(policy.ciphers);
  }
  if (!files.revoked.empty()) {
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    if (X509_load_crl_file(lookup, files.revoked.c_str(), X509_FILETYPE_PEM) < 1 &&
        X509_load_crl_file(lookup, files.revoked.c_str(), X509_FILETYPE_ASN1) < 1) {
      return refuse(files.revoked);
    }
    ERR_clear_error();
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
    X509_STORE_set_verify_cb(store, AcceptOldRevocations);
  }
  return loaded;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

std::unique_ptr<TlsSession> TlsContext::Client(int fd) const {
  SSL* session = SSL_new(context_);
  LOCKSTEP_CHECK(session != nullptr && SSL_set_fd(session, fd) == 1);
  SSL_set_connect_state(session);
  return std::make_unique<TlsSession>(session);
}

std::unique_ptr<TlsSession> TlsContext::Server(int fd) const {
  SSL* session = SSL_new(context_);
  LOCKSTEP_CHECK(session != nullptr && SSL_set_fd(session, fd) == 1);
  SSL_set_accept_state(session);
  return std::make_unique<TlsSession>(session);
}

TlsSession::~TlsSession() { SSL_free(session_); }

absl::StatusOr<TlsProgress> TlsSession::Result(int result, std::string_view what) {
  if (result > 0) return TlsProgress{static_cast<size_t>(result), false};
  switch (SSL_get_error(session_, result)) {
    case SSL_ERROR_WANT_READ:
      return TlsProgress{0, false};
    case SSL_ERROR_WANT_WRITE:
      return TlsProgress{0, true};
    case SSL_ERROR_ZERO_RETURN:
      return absl::OutOfRangeError("the other side closed the connection");
    default:
      break;
  }
  // Of why a certificate is not accepted OpenSSL's errors say little.
  const long verified = SSL_get_verify_result(session_);
  const std::string why =
      verified == X509_V_OK ? Reasons()
                            : absl::StrCat(X509_verify_cert_error_string(verified), " (the other side's certificate)");
  ERR_clear_error();
  return absl::UnavailableError(absl::StrCat("TLS: cannot ", std::string(what), ": ", why));
}

absl::StatusOr<bool> TlsSession::Handshake(TlsProgress* progress) {
  ERR_clear_error();
  const auto result = Result(SSL_do_handshake(session_), "agree with the other side");
  if (!result.ok()) return result.status();
  *progress = *result;
  return result->bytes > 0;
}

absl::StatusOr<TlsProgress> TlsSession::Read(std::span<char> out) {
  ERR_clear_error();
  return Result(SSL_read(session_, out.data(), static_cast<int>(std::min<size_t>(out.size(), INT_MAX))), "read");
}

absl::StatusOr<TlsProgress> TlsSession::Write(std::string_view bytes) {
  ERR_clear_error();
  return Result(SSL_write(session_, bytes.data(), static_cast<int>(std::min<size_t>(bytes.size(), INT_MAX))), "write");
}

std::string TlsSession::peer_name() const {
  X509* certificate = SSL_get1_peer_certificate(session_);
  if (certificate == nullptr) return "";
  char name[256] = "";
  const int length = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
  X509_free(certificate);
  // A name with a zero byte in it is cut there, and so is no longer what was signed.
  if (length <= 0 || static_cast<size_t>(length) != std::strlen(name)) return "?";
  return name;
}

}  // namespace lockstep::runtime
