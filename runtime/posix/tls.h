// TLS 1.3 with certificates on both sides, by OpenSSL, for connections of an event loop.
//
// Both sides show a certificate that the cluster's authority has signed; the name in it (its common name) is whom the
// other side is taken for. Nothing older than TLS 1.3 is spoken.
#ifndef LOCKSTEP_RUNTIME_POSIX_TLS_H_
#define LOCKSTEP_RUNTIME_POSIX_TLS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct ssl_ctx_st;
struct ssl_st;

namespace lockstep::runtime {

struct TlsFiles {
  std::string certificate;  // This node's, in PEM, with the chain that leads to the authority's.
  std::string key;          // Its private key.
  std::string authority;    // The authority's certificate.
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
  static absl::StatusOr<std::shared_ptr<TlsContext>> Load(const TlsFiles& files);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // A session over the connected socket `fd`, which stays the caller's.
  std::unique_ptr<TlsSession> Client(int fd) const;
  std::unique_ptr<TlsSession> Server(int fd) const;

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}

  ssl_ctx_st* const context_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_POSIX_TLS_H_
