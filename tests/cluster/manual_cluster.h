// A cluster in memory whose host does nothing by itself: every delivery, write and tick is asked for.
//
// For schedules that are written down. What a node wants done collects until its effects are processed; its writes and
// commands are then done at once, or, with asynchronous storage, by two threads per node that work when they are told
// to; messages wait in one queue until they are delivered or dropped. Every property of spec/properties is checked
// with every event. What a step in this host means for the protocol is core's matter alone.
#ifndef LOCKSTEP_TESTS_CLUSTER_MANUAL_CLUSTER_H_
#define LOCKSTEP_TESTS_CLUSTER_MANUAL_CLUSTER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "core/effect.h"
#include "core/input.h"
#include "core/start.h"
#include "core/state.h"
#include "spec/properties/monitor.h"

namespace lockstep::cluster {

// What was true of a node when its effects were last processed, or is now if nothing is pending.
struct View {
  Role role = Role::kFollower;
  NodeId leader;
  Term term = 0;
  NodeId voted_for;
  Index commit_index = 0;
};

// Writes that one round of effects asked for, and the messages that wait for them.
struct StorageUnit {
  std::vector<Effect> writes;
  std::vector<effect::Send> sends;
};

struct Server {
  State state;
  DurableState disk;
  bool asynchronous = false;

  std::vector<Effect> pending;            // Emitted and not yet processed.
  std::deque<StorageUnit> append_thread;  // Asynchronous storage: work not yet done.
  std::deque<effect::Apply> apply_thread;

  View view;
  std::map<Index, Term> applied;  // Given to the state machine.

  // Ticks since the election timer was set, of which `election_ticks_max` make a timeout; and since a leader's
  // quorum was checked.
  int election_ticks = 0;
  int election_ticks_max = 5;
  int quorum_check_ticks = 0;
};

class ManualCluster {
 public:
  // An election timeout in ticks: a leader's quorum is checked after as many.
  explicit ManualCluster(int election_ticks) : election_ticks_(election_ticks) {}

  // Adds server number size() + 1.
  void AddServer(const Options& options, const DurableState& disk, bool asynchronous);

  size_t size() const { return servers_.size(); }
  Server& server(uint32_t number) { return servers_.at(number - 1); }
  const Server& server(uint32_t number) const { return servers_.at(number - 1); }

  // Gives a server one input; its effects become pending. Timers are set at once.
  void Take(uint32_t number, Event event);

  // Carries out what is pending: writes, messages, commands.
  void ProcessEffects(uint32_t number);
  // Does the oldest unit of work of a thread; false if there is none.
  bool ProcessAppendThread(uint32_t number);
  bool ProcessApplyThread(uint32_t number);

  using Chosen = std::function<bool(const Message&)>;
  static constexpr size_t kAll = std::numeric_limits<size_t>::max();
  // Takes the first `limit` messages that are chosen and now in the queue, and delivers those that `arrives` admits
  // (null: all), or drops them. Returns how many were taken.
  size_t Deliver(const Chosen& chosen, size_t limit = kAll, const Chosen& arrives = nullptr);
  size_t Drop(const Chosen& chosen);
  size_t CountQueued(const Chosen& chosen) const;
  // Puts a message into the queue as if its source had sent it.
  void Enqueue(Message message);

  // One tick of a server's clock: a heartbeat of a leader, one step towards an election of others.
  void Tick(uint32_t number);

  // Processes, delivers and works for these servers until there is nothing left to do for them.
  // Returns false if they have not come to rest after very many rounds.
  bool Stabilize(const std::vector<uint32_t>& numbers);

  // How the request ended, or null if it has not.
  const effect::Outcome* FindOutcome(RequestId id) const;
  // The first property that was broken or node that halted; empty if none was.
  const std::string& violation() const { return violation_; }

 private:
  std::vector<Message> TakeFromQueue(const Chosen& chosen, size_t limit);
  void Step(Server& server, Event event, bool send_replies);
  void Absorb(Server& server, EffectSink& effects, bool send_replies);
  void Perform(Server& server, StorageUnit unit);
  void WriteToDisk(Server& server, const Effect& write);
  void Complete(Server& server, const Effect& write);
  void RecordApply(Server& server, const effect::Apply& apply);
  void ApplyNow(Server& server, const effect::Apply& apply);
  void Check(bool holds);
  static void UpdateView(Server& server);
  static bool IsWritten(const Server& server, WriteId id);

  int election_ticks_;
  std::vector<Server> servers_;
  std::deque<Message> queue_;
  std::map<RequestId, effect::Outcome> outcomes_;
  spec::Monitor monitor_;
  uint64_t step_ = 0;
  std::string violation_;
};

}  // namespace lockstep::cluster

#endif  // LOCKSTEP_TESTS_CLUSTER_MANUAL_CLUSTER_H_
