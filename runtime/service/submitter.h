// Submitter: commands on their way to the log, from whichever node they come to.
//
//     service --> Submitter --> this node's log, if it leads
//                     `-------> the leader's Submitter, over the side channel
//
// What was certainly not done is tried again until it is, or its time is over; what may have been done is told so. The
// leader stamps each command with the log's time: it goes on from where the log was when its leadership began, by the
// leader's clock, so that it never runs faster than any clock, and stands still while nobody leads.
#ifndef LOCKSTEP_RUNTIME_SERVICE_SUBMITTER_H_
#define LOCKSTEP_RUNTIME_SERVICE_SUBMITTER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvsm/command.h"
#include "runtime/clock.h"
#include "runtime/rpc/rpc.h"
#include "runtime/service/kv_machine.h"
#include "runtime/service/options.h"
#include "runtime/service/pieces.h"
#include "runtime/service/replica.h"

namespace lockstep::runtime {

// The end of a call that ends with this error of the machine.
RpcStatus StatusOf(kvsm::Error error);

class Submitter {
 public:
  Submitter(Clock& clock, Scheduler& scheduler, KvMachine& machine, const ServiceOptions& options);

  // From now on commands go to this node, and over this channel. `start` is drawn anew at each start.
  void Attach(Replica& replica, SideChannel& channel, uint64_t start);

  // The machine's errors come as `status`; `reply` lasts as long as the call.
  using Done = std::function<void(const RpcStatus& status, const kvsm::Reply& reply)>;
  // Never within the call. Errors besides the machine's: kTimeout, kTimeoutDueToLeaderFail (it may have been done),
  // kTooManyRequests, kStopped, kNoLeader.
  void Submit(kvsm::CommandKind kind, std::string_view body, Done done);

  // Calls a method where the leader is: here by `local`, or there. `response` lasts as long as the call.
  using CallDone = std::function<void(const RpcStatus& status, std::string_view response)>;
  using LocalCall = std::function<void(std::string_view method, std::string_view request, CallDone done)>;
  void SetLocalCall(LocalCall local) { local_call_ = std::move(local); }
  void CallLeader(std::string method, std::string_view request, CallDone done);

  // A role or a leader may have changed. May come from an observer of the driver.
  void OnRoleChanged();
  void ReceiveFromPeer(NodeId source, std::string_view bytes);

  // The log's time now, if this node gives it; 0 otherwise.
  int64_t LogMillis() const;
  bool leads() const;
  // Whether it leads, and has applied everything before its term.
  bool has_begun() const;
  // `begun` is called whenever that comes true.
  void SetTermBegun(std::function<void()> begun) { term_begun_ = std::move(begun); }
  size_t open() const { return open_.size(); }
  uint64_t failed() const { return failed_; }

 private:
  // What is not yet done. It is in one place: with the replica, with a peer, or waiting for a leader.
  struct Open {
    kvsm::CommandKind kind = kvsm::CommandKind::kPut;
    std::string method;  // A call, if not empty.
    std::string body;
    std::function<void(const RpcStatus&, std::string_view reply)> done;
    NodeId sent_to;  // kNoNode: not with a peer.
    bool waits = false;
  };

  void Add(Open open);
  void Try(uint64_t id);
  void Propose(uint64_t id, Open& open);
  void OnAnswer(uint64_t id, const Answer& answer);
  void End(uint64_t id, const RpcStatus& status, std::string_view reply);
  void Wait(uint64_t id, Open& open);
  void RetryWaiting();
  void SetTimeout();
  void OnTimeout();
  void TakeRole();
  void BeginTerm();
  void Tick();
  void Serve(NodeId source, uint64_t id, uint64_t start, kvsm::CommandKind kind, const std::string& method,
             std::string body);

  Clock& clock_;
  Scheduler& scheduler_;
  KvMachine& machine_;
  const ServiceOptions& options_;
  Replica* replica_ = nullptr;
  uint64_t start_ = 0;
  Pieces pieces_;
  LocalCall local_call_;
  std::function<void()> term_begun_;

  uint64_t last_id_ = 0;
  std::map<uint64_t, Open> open_;
  std::deque<std::pair<int64_t, uint64_t>> deadlines_;  // All have the same patience: in order.
  std::vector<uint64_t> waiting_;
  uint64_t failed_ = 0;

  NodeId leader_;          // As last seen.
  Term leading_term_ = 0;  // In which this node leads; 0: it does not.
  bool has_time_ = false;  // The log's time is known for this term:
  int64_t base_millis_ = 0;
  int64_t base_micros_ = 0;
  bool expiring_ = false;

  Timer timeout_;
  Timer retry_;
  Timer role_;
  Timer tick_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_SUBMITTER_H_
