// TLS by OpenSSL, for connections of an event loop.
//
// Between nodes (the default): TLS 1.3; both sides show a certificate that the cluster's authority has signed, and the
// name in it (its common name) is whom the other side is taken for. For clients the policy says less: TLS 1.2 will do,
// and whether they show a certificate is the operator's choice.
#ifndef LOCKSTEP_RUNTIME_POSIX_TLS_H_
#define LOCKSTEP_RUNTIME_POSIX_TLS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct ssl_ctx_st;
struct ssl_st;

namespace lockstep::runtime {

struct TlsFiles {
  std::string certificate;  // This node's, in PEM, with the chain that leads to the authority's.
  std::string key;          // Its private key.
  std::string authority;    // The authority's certificate; may be empty if the other side is not verified.
  std::string revoked;      // Certificates that the authority has taken back (a CRL, in PEM or DER); empty: none.
};

enum class TlsVerify : uint8_t {
  kAlways,   // The other side shows a certificate that the authority has signed.
  kIfShown,  // It need not show one.
  kNever,    // Whatever it shows will do: secrecy without identity.
};

struct TlsPolicy {
  TlsVerify verify = TlsVerify::kAlways;
  bool allows_tls_1_2 = false;
  // Offers HTTP/2 and HTTP/1.1 to clients (ALPN).
  bool speaks_http = false;
  // Servers: whoever begins in the clear is served in the clear.
  bool accepts_plain = false;
  // As OpenSSL names them, by commas; empty: its own choice. Of TLS 1.2.
  std::string ciphers;
};

// What came of reading or writing without waiting.
struct TlsProgress {
  size_t bytes = 0;
  bool wants_write = false;  // It goes on once the socket can be written to; otherwise once it can be read.
};

class TlsSession {
 public:
  explicit TlsSession(ssl_st* session) : session_(session) {}
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // Goes on shaking hands. Returns whether that is done. Errors: the other side is not accepted, or does not accept.
  absl::StatusOr<bool> Handshake(TlsProgress* progress);
  // Errors: OutOfRange at the end of the stream; Unavailable.
  absl::StatusOr<TlsProgress> Read(std::span<char> out);
  absl::StatusOr<TlsProgress> Write(std::string_view bytes);
  // The common name in the other side's certificate, once hands are shaken.
  std::string peer_name() const;

 private:
  absl::StatusOr<TlsProgress> Result(int result, std::string_view what);

  ssl_st* const session_;
};

class TlsContext {
 public:
  // Errors: a file cannot be read or used; says which.
  static absl::StatusOr<std::shared_ptr<TlsContext>> Load(const TlsFiles& files, const TlsPolicy& policy = {});
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // A session over the connected socket `fd`, which stays the caller's.
  std::unique_ptr<TlsSession> Client(int fd) const;
  std::unique_ptr<TlsSession> Server(int fd) const;
  const TlsPolicy& policy() const { return policy_; }

 private:
  TlsContext(ssl_ctx_st* context, TlsPolicy policy) : context_(context), policy_(std::move(policy)) {}

  ssl_ctx_st* const context_;
  const TlsPolicy policy_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_POSIX_TLS_H_
