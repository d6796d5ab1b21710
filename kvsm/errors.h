// Errors: what etcd's clients match on, a code and a text for each.
//
// The codes are those of etcd 3.5, the version the daemon says it is. Replies of the machine carry an error's number,
// and replies are kept in snapshots: a new error goes to the end.
#ifndef LOCKSTEP_KVSM_ERRORS_H_
#define LOCKSTEP_KVSM_ERRORS_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace lockstep::kvsm {

// gRPC's codes, with their numbers on the wire.
enum class Code : uint8_t {
  kOk = 0,
  kCanceled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

enum class Error : uint8_t {
  kNone,
  kEmptyKey,
  kKeyNotFound,
  kValueProvided,
  kLeaseProvided,
  kTooManyOps,
  kDuplicateKey,
  kInvalidClientApiVersion,
  kInvalidSortOption,
  kCompacted,
  kFutureRev,
  kNoSpace,
  kLeaseNotFound,
  kLeaseExist,
  kLeaseTtlTooLarge,
  kWatchCanceled,
  kMemberExist,
  kPeerUrlExists,
  kMemberNotEnoughStarted,
  kMemberBadUrls,
  kMemberNotFound,
  kMemberNotLearner,
  kLearnerNotReady,
  kTooManyLearners,
  kClusterIdMismatch,
  kRequestTooLarge,
  kTooManyRequests,
  kRootUserNotExist,
  kRootRoleNotExist,
  kUserAlreadyExist,
  kUserEmpty,
  kUserNotFound,
  kRoleAlreadyExist,
  kRoleNotFound,
  kRoleEmpty,
  kAuthFailed,
  kPermissionNotGiven,
  kPermissionDenied,
  kRoleNotGranted,
  kPermissionNotGranted,
  kAuthNotEnabled,
  kInvalidAuthToken,
  kInvalidAuthMgmt,
  kAuthOldRevision,
  kNoLeader,
  kNotLeader,
  kLeaderChanged,
  kNotCapable,
  kStopped,
  kTimeout,
  kTimeoutDueToLeaderFail,
  kTimeoutDueToConnectionLost,
  kTimeoutWaitAppliedIndex,
  kUnhealthy,
  kCorrupt,
  kNotSupportedForLearner,
  kBadLeaderTransferee,
  kWrongDowngradeVersionFormat,
  kInvalidDowngradeTargetVersion,
  kClusterVersionUnavailable,
  kDowngradeInProcess,
  kNoInflightDowngrade,
  kCanceled,
  kDeadlineExceeded,
};

struct ErrorInfo {
  Error error = Error::kNone;
  Code code = Code::kOk;
  std::string_view text;
};

// The code and the text of an error; of kNone, kOk and nothing.
const ErrorInfo& InfoOf(Error error);
// The error of that text, if there is one.
std::optional<Error> ErrorOfText(std::string_view text);

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_ERRORS_H_
