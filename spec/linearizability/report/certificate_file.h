// A verdict's certificate as a file: what proves it, so that somebody else can verify it.
//
// Idea: one JSON object. Operations are named by their number in order of invocation, from 0, and by their line in the
// history's file. "orders" proves a history linearizable: an order per component. "conflict" proves it not
// linearizable: operations that no order fits. Contract: only a certificate that the certificate checker accepts is
// written. Left to others: verifying (../certificate_checker.h).
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_CERTIFICATE_FILE_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_CERTIFICATE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "spec/linearizability/check.h"
#include "spec/linearizability/format/history_file.h"

namespace lockstep::linearizability::report {

// Runs the certificate checker on the result's evidence.
// Errors: FailedPrecondition when it proves nothing (also for an unknown verdict), ResourceExhausted when it is too
// large to be verified.
absl::Status VerifyCertificate(const format::HistoryFile& file, const CheckResult& result);

// The certificate's text, verified. Errors: as VerifyCertificate.
absl::StatusOr<std::string> MakeCertificate(const format::HistoryFile& file, const CheckResult& result);

}  // namespace lockstep::linearizability::report

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_CERTIFICATE_FILE_H_
