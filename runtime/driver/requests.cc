#include "runtime/driver/requests.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::runtime {
namespace {

std::string Advice(const effect::Outcome& outcome) {
  const std::string elsewhere = outcome.leader == kNoNode
                                    ? std::string("no leader is known here: try again soon")
                                    : absl::StrCat("node ", ToString(outcome.leader), " leads: ask there");
  switch (outcome.reason) {
    case effect::Reason::kNotLeader:
      return absl::StrCat("this node does not lead; ", elsewhere);
    case effect::Reason::kLeadershipLost:
      return absl::StrCat("this node lost its leadership; ", elsewhere);
    case effect::Reason::kQuotaExceeded:
      return "too much is proposed and not committed yet: try again later";
    case effect::Reason::kTransferInProgress:
      return "leadership is being handed over: try again soon";
    case effect::Reason::kChangeInProgress:
      return "an earlier configuration change is under way: wait for it to commit";
    case effect::Reason::kTermNotCommitted:
      return "the leader has only just been elected: try again soon";
    case effect::Reason::kInvalidChange:
      return "no such change is possible from the current configuration";
    case effect::Reason::kInvalidTarget:
      return "the target of a transfer must be another voter";
    case effect::Reason::kTimedOut:
      return "not done within an election timeout";
    case effect::Reason::kCancelled:
      return "withdrawn by the caller";
    case effect::Reason::kStorageFailed:
      return absl::StrCat("this node's disk fails; ", elsewhere);
    case effect::Reason::kHalted:
      return "this node has halted: see its log";
    case effect::Reason::kNone:
      break;
  }
  return "";
}

absl::StatusCode CodeOf(effect::Reason reason) {
  switch (reason) {
    case effect::Reason::kQuotaExceeded:
      return absl::StatusCode::kResourceExhausted;
    case effect::Reason::kInvalidChange:
    case effect::Reason::kInvalidTarget:
      return absl::StatusCode::kInvalidArgument;
    case effect::Reason::kTimedOut:
      return absl::StatusCode::kDeadlineExceeded;
    case effect::Reason::kCancelled:
      return absl::StatusCode::kCancelled;
    case effect::Reason::kHalted:
      return absl::StatusCode::kDataLoss;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

}  // namespace

absl::Status StatusOf(const effect::Outcome& outcome) {
  switch (outcome.kind) {
    case effect::OutcomeKind::kDone:
      return absl::OkStatus();
    case effect::OutcomeKind::kRejected:
      return absl::Status(CodeOf(outcome.reason), Advice(outcome));
    case effect::OutcomeKind::kUnknown:
      break;
  }
  return absl::UnknownError(absl::StrCat("it may have happened, or may yet: ", Advice(outcome)));
}

absl::StatusOr<RequestId> Requests::Add(Request request) {
  if (open_.size() >= limits_.requests_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat(open_.size(), " requests are open here, the most allowed: try again later"));
  }
  if (!open_.empty() && bytes_ + request.bytes > limits_.bytes_max) {
    return absl::ResourceExhaustedError(absl::StrCat("open requests hold ", bytes_, " bytes here, ", limits_.bytes_max,
                                                     " are allowed: try again later"));
  }
  bytes_ += request.bytes;
  open_.emplace(++last_id_, std::move(request));
  return last_id_;
}

std::optional<Request> Requests::Take(RequestId id) {
  const auto at = open_.find(id);
  if (at == open_.end()) return std::nullopt;
  Request request = std::move(at->second);
  open_.erase(at);
  bytes_ -= request.bytes;
  return request;
}

Request* Requests::Find(RequestId id) {
  const auto at = open_.find(id);
  return at == open_.end() ? nullptr : &at->second;
}

void Requests::EndAll(const absl::Status& status, effect::Reason reason) {
  const std::map<RequestId, Request> open = std::exchange(open_, {});
  bytes_ = 0;
  for (const auto& [id, request] : open) request.done({status, reason, kNoNode, 0, ""});
}

}  // namespace lockstep::runtime
