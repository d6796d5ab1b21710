// Writes down what happens in a run as a scenario file: a line for each step, and nothing of chance or time.
//
// Idea: a run of the simulator is a schedule of its steps, once one knows which message each delivery took and which
// write each completion was of. What was never delivered simply never arrives, so the file needs no faults of the
// network. Deliveries remember the message that they took (Directive::like), so that the file still means about the
// same when lines are taken away.
//
// What it leaves out: time, but for leases; which client asked what (every write is a new one of the key `x`).
#ifndef LOCKSTEP_SIM_SHRINK_TRANSCRIBER_H_
#define LOCKSTEP_SIM_SHRINK_TRANSCRIBER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/observer.h"
#include "sim/scenario.h"
#include "sim/script/script.h"

namespace lockstep::sim {

class Transcriber : public Observer {
 public:
  explicit Transcriber(const Scenario& scenario);

  // What has been written down so far.
  Script TakeScript();

  void OnStart(const StartEvent& event) override;
  void OnCrash(const CrashEvent& event) override;
  void OnStep(const StepEvent& event) override;
  void OnMessage(const MessageEvent& event) override;
  void OnFault(const FaultEvent& event) override;

 private:
  struct Server {
    NodeId id;
    bool started = false;
    std::vector<WriteId> writes;  // On their way.
    size_t crash = 0;             // The line of its last crash, from 1.
    size_t writes_at_crash = 0;
  };

  Directive& Add(Verb verb, NodeId node);
  void AddReceive(const Message& message);
  void AddWrite(Server& server, WriteId id, bool fails);
  void AddChange(NodeId node, const input::ProposeConfiguration& request);
  void AddRequest(const StepEvent& event);
  void FollowTime(int64_t time_micros);
  std::string Label(RequestId id);

  const Scenario scenario_;
  Script script_;
  std::map<uint32_t, Server> servers_;
  std::map<uint32_t, size_t> cut_after_;  // Servers whose step was cut just now, and after how many effects.
  std::map<RequestId, std::string> labels_;
  bool torn_ = false;                     // A part of the write that fails next reaches the disk.
  std::map<uint64_t, size_t> delivered_;  // By message: the line of its last arrival.
  uint64_t arriving_ = 0;                 // The message that the next step takes.
  uint64_t values_ = 0;
  int64_t time_ = 0;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SHRINK_TRANSCRIBER_H_
