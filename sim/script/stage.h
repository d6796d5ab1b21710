// A cluster to which only that happens which it is told: the simulator's own nodes, disks and network, without its
// chance.
//
// Idea: whatever the simulator would let happen some time later waits here until a directive asks for it: a message on
// its way, a write, a command to apply. So a schedule can be written down. Disks and state machines work by themselves
// after each directive, unless `disk manual` says that they wait too. Every property and the refinement of the
// specification are checked with every step. What must be so (expectations) is not this class's matter.
#ifndef LOCKSTEP_SIM_SCRIPT_STAGE_H_
#define LOCKSTEP_SIM_SCRIPT_STAGE_H_

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sim/client.h"
#include "sim/history.h"
#include "sim/network.h"
#include "sim/node.h"
#include "sim/observer.h"
#include "sim/run.h"
#include "sim/script/directive.h"
#include "sim/script/setup.h"
#include "sim/world.h"

namespace lockstep::sim {

class Stage : private Observer {
 public:
  // Starts all nodes. `observer` may be null.
  Stage(const Setup& setup, Observer* observer);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // The process of `crash` ends within the next directive, after some effects of a step of its node.
  // Requires: verb kCrash with "after-effect".
  void CutNext(const Directive& crash);
  // Lets it happen. Returns it as it came about: with the rank of the message or write that was meant.
  // Errors: FailedPrecondition if it cannot happen now, with what could.
  absl::StatusOr<Directive> Do(const Directive& directive);

  std::optional<Violation> violation() const;
  // Judges what clients were told. Call it at the end.
  HistoryVerdict CheckHistory();
  uint64_t steps() const { return world_.step; }
  int64_t now() const { return world_.now; }

  // ---- What can be asked ----
  struct Operation {
    std::string label;
    Command command;
    std::string key;
    Payload payload = 0;
    uint32_t attempts = 0;
    bool refused = false;      // At the first attempt, so it has not happened.
    RequestId request_id = 0;  // Of its last attempt.
    Answer answer = Answer::kPending;
    uint64_t result = 0;
    NodeId node;
  };
  uint32_t servers() const { return static_cast<uint32_t>(servers_.size()); }
  const Node& node(uint32_t number) const { return servers_[number - 1]; }
  // The value of a key in the state machine of a node; 0: never written.
  uint64_t Value(uint32_t number, const std::string& key) const;
  const Operation* FindOperation(const std::string& label) const;
  // How a request ended, or null if it has not. Of a change or transfer by its label as well.
  const effect::Outcome* FindOutcome(const std::string& label) const;
  // Messages on their way of that kind ("": any).
  std::vector<const Message*> OnTheirWay(uint32_t from, uint32_t to, const std::string& kind) const;
  bool halted(uint32_t number) const { return node(number).state().halted; }

 private:
  // Answers what the simulator's parts draw: the quietest, or what a directive says.
  class Answers : public Choices::Source {
   public:
    uint64_t Choose(uint64_t bound) override;
    std::deque<uint64_t> next;
    uint64_t snapshot_bytes = 1;

   private:
    uint64_t starts_ = 0;
  };

  // Observer: looks on, and passes on.
  void OnStart(const StartEvent& event) override;
  void OnCrash(const CrashEvent& event) override;
  void OnStep(const StepEvent& event) override;
  void OnMessage(const MessageEvent& event) override;
  void OnFault(const FaultEvent& event) override;
  void OnCut(const CutEvent& event) override;

  absl::Status Happen(Directive& directive);
  // stage_events.cc
  absl::Status HappenToNetwork(Directive& directive);
  absl::Status Deliver(Directive& directive);
  absl::Status HappenToProcess(const Directive& directive);
  absl::Status HappenToDisk(Directive& directive);
  absl::Status Request(const Directive& directive);
  absl::Status Propose(const Directive& directive);
  absl::Status Change(const Directive& directive);
  absl::Status Cancel(const Directive& directive);
  void Ask(uint32_t number, uint32_t operation, bool lease);
  void Settle(const std::vector<uint32_t>& nodes);

  // The queue's events are put where they wait.
  void Drain();
  void Answered(uint32_t slot);
  ClientEvent Told(const Operation& operation) const;
  // Notes in the history what the operation has come to, and tells it.
  void TellClient(const Operation& operation);
  // Work that waits for nobody, of nodes whose disks are not manual (or of `nodes`).
  void WorkByItself();
  bool WorkOnce(ServerSet nodes);
  bool IsDead(const QueuedEvent& event);
  void DropDead();
  absl::Status NeedRunning(uint32_t number) const;
  void Dispatch(const QueuedEvent& event);
  // Whether work of this kind waits at a node, as an index into work_; `rank` from 1.
  std::optional<size_t> FindWork(uint32_t number, EventKind kind, uint64_t rank) const;
  Node& server(uint32_t number) { return servers_[number - 1]; }

  Scenario scenario_;
  const std::vector<std::string> keys_;
  const bool lenient_;
  Answers answers_;
  Choices choices_;
  Observer* const observer_;
  World world_;
  Network network_;
  std::deque<Node> servers_;  // Server n is at n - 1.

  std::array<std::array<std::vector<uint32_t>, kServersMax + 1>, kServersMax + 1> links_;  // Slots, oldest first.
  std::vector<QueuedEvent> work_;
  LinkSet cut_;
  ServerSet manual_ = 0;
  std::optional<Directive> crash_;  // About to happen within a step, or happening.
  bool cut_happened_ = false;

  std::vector<Operation> operations_;  // A client's number is its place.
  std::map<std::string, RequestId> labels_;
  std::map<RequestId, effect::Outcome> outcomes_;
  History history_{0};
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SCRIPT_STAGE_H_
