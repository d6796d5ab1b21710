// Requests: what callers have asked of a node and not been answered yet. Each is answered exactly once.
//
// The table keeps the budgets (number and bytes) and turns the core's outcomes into answers. What a request means to
// the core is the driver's matter.
#ifndef LOCKSTEP_RUNTIME_DRIVER_REQUESTS_H_
#define LOCKSTEP_RUNTIME_DRIVER_REQUESTS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/effect.h"
#include "core/types.h"

namespace lockstep::runtime {

// The end of a request.
struct Answer {
  // OK: done. Unknown: it may have happened, or may yet. Any other error: it has not happened and will not.
  absl::Status status;
  effect::Reason reason = effect::Reason::kNone;
  NodeId leader;      // The leader known here.
  Index index = 0;    // Proposal, change: the entry's index, if done. Read: the state is of at least here.
  std::string reply;  // The state machine's.
};

using AnswerDone = std::function<void(Answer)>;

// What to tell the caller: a status whose message says what happened and what to do.
absl::Status StatusOf(const effect::Outcome& outcome);

enum class RequestKind : uint8_t { kProposal, kRead, kOther };

struct Request {
  RequestKind kind = RequestKind::kOther;
  uint64_t bytes = 0;  // That it counts against the budget.
  std::string query;   // kRead.
  AnswerDone done;
};

struct RequestLimits {
  size_t requests_max = 100'000;
  uint64_t bytes_max = 256 << 20;
};

class Requests {
 public:
  explicit Requests(RequestLimits limits) : limits_(limits) {}

  // Takes a request in. Errors: ResourceExhausted if the budgets do not allow it; then `request.done` is not called.
  absl::StatusOr<RequestId> Add(Request request);
  // Takes it out, without an answer; nothing if it has been taken out already.
  std::optional<Request> Take(RequestId id);
  Request* Find(RequestId id);
  // Answers all that are open.
  void EndAll(const absl::Status& status, effect::Reason reason);

  size_t size() const { return open_.size(); }
  uint64_t bytes() const { return bytes_; }

 private:
  const RequestLimits limits_;
  std::map<RequestId, Request> open_;
  uint64_t bytes_ = 0;
  RequestId last_id_ = 0;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_DRIVER_REQUESTS_H_
