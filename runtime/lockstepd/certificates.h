// Certificates made for the occasion: --auto-tls and --peer-auto-tls.
#ifndef LOCKSTEP_RUNTIME_LOCKSTEPD_CERTIFICATES_H_
#define LOCKSTEP_RUNTIME_LOCKSTEPD_CERTIFICATES_H_

#include <string>

#include "absl/status/statusor.h"
#include "runtime/posix/tls.h"

namespace lockstep::runtime {

// A key and a certificate for `host` that it has signed itself, valid for a year, in `folder`; those that are there
// already are used again. They keep secrets and prove nothing.
absl::StatusOr<TlsFiles> MakeCertificate(const std::string& folder, const std::string& host);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOCKSTEPD_CERTIFICATES_H_
