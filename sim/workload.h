// Workload: what the clients of a run do, whatever they ask for, as the loop, the nemesis and the liveness phase see
// it.
//
// Clients are events of the run's queue (kInvoke, kReply, kTimeout); what they were told is judged by whoever
// implements this, who also stops the run at the first answer that nothing explains.
#ifndef LOCKSTEP_SIM_WORKLOAD_H_
#define LOCKSTEP_SIM_WORKLOAD_H_

#include <cstdint>
#include <optional>
#include <string>

#include "sim/links.h"
#include "spec/linearizability/online.h"

namespace lockstep::sim {

class Workload {
 public:
  using Verdict = linearizability::OnlineChecker::Verdict;

  virtual ~Workload() = default;

  virtual void Begin() = 0;
  // From now on they only write, and ask `servers`, or whoever those name as leader.
  virtual void WriteTo(ServerSet servers) = 0;
  // No new operations from now on.
  virtual void Stop() = 0;
  // What one of them still waits for; empty if nothing.
  virtual std::string Waits() const = 0;

  // Events.
  virtual void Invoke(uint32_t client) = 0;
  virtual void TakeReply(uint32_t argument) = 0;
  virtual void TimeOut(uint32_t client, uint64_t argument) = 0;
  // A client without an operation, if there is one, reads at `server` now.
  virtual void ReadNow(uint32_t server) = 0;

  // When the first write invoked since WriteTo was answered; nothing if none was yet.
  virtual std::optional<int64_t> first_write_at() const = 0;
  // The run is over: what is open has no answer.
  virtual void Finish() = 0;
  virtual Verdict verdict() const = 0;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_WORKLOAD_H_
