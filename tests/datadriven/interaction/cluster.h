// A cluster in memory whose host does nothing by itself: every delivery, write and tick is asked for.
//
// It follows the host that etcd-raft's interaction files were written for: what a node wants done collects until its
// effects are processed; its writes and commands are then done at once, or, with asynchronous storage, by two threads
// per node that work when they are told to; messages wait in one queue until they are delivered or dropped.
// What a step in this host means for the protocol is core's matter alone.
#ifndef LOCKSTEP_TESTS_DATADRIVEN_INTERACTION_CLUSTER_H_
#define LOCKSTEP_TESTS_DATADRIVEN_INTERACTION_CLUSTER_H_

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/effect.h"
#include "core/input.h"
#include "core/start.h"
#include "core/state.h"

namespace lockstep::datadriven {

// What a file prints of a node when its effects are processed.
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

struct Node {
  State state;
  DurableState disk;
  bool asynchronous = false;

  std::vector<Effect> pending;            // Emitted and not yet processed.
  std::deque<StorageUnit> append_thread;  // Asynchronous storage: work not yet done.
  std::deque<effect::Apply> apply_thread;

  View view;                      // As of the last time its effects were processed, or now if nothing is pending.
  std::map<Index, Term> applied;  // Given to the state machine: index and term.

  // Ticks since the election timer was set, of which `election_ticks_max` make a timeout.
  int election_ticks = 0;
  int election_ticks_max = 5;
  int quorum_check_ticks = 0;
};

class Cluster {
 public:
  // Adds node number size() + 1.
  void AddNode(const Options& options, const DurableState& disk, bool asynchronous);

  size_t size() const { return nodes_.size(); }
  Node& node(uint32_t number) { return nodes_.at(number - 1); }
  const Node& node(uint32_t number) const { return nodes_.at(number - 1); }

  // Gives a node one input; its effects become pending. Timers are set at once.
  void StepNode(uint32_t number, Event event);

  // Carries out what is pending: writes, messages, commands.
  void ProcessEffects(uint32_t number);
  // Does the oldest unit of work of a thread; false if there is none.
  bool ProcessAppendThread(uint32_t number);
  bool ProcessApplyThread(uint32_t number);

  // Gives `number` all messages to it that `chosen` admits (null: all), or drops them. Returns how many there were.
  using Chosen = std::function<bool(const Message&)>;
  size_t Deliver(uint32_t number, const Chosen& chosen = nullptr);
  size_t Drop(uint32_t number);
  // Puts a message into the queue as if its source had sent it.
  void Enqueue(Message message) { queue_.push_back(std::move(message)); }

  // One tick of a node's clock: a heartbeat of a leader, three to an election timeout.
  void Tick(uint32_t number);

  // Processes, delivers and works for these nodes until there is nothing left to do for them.
  // Requires: the protocol comes to rest. Returns false if it has not after very many rounds.
  bool Stabilize(const std::vector<uint32_t>& numbers);

  // How the request ended, if it has.
  const effect::Outcome* FindOutcome(RequestId id) const;
  // The evidence of nodes that have halted.
  const std::vector<effect::Halt>& halts() const { return halts_; }

 private:
  std::vector<Message> Take(uint32_t number, const Chosen& chosen);
  void StepAndSendReplies(Node& node, Event event);
  void Absorb(Node& node, EffectSink& effects, bool send_replies);
  void Perform(Node& node, StorageUnit unit);
  void WriteToDisk(Node& node, const Effect& write);
  void Complete(Node& node, const Effect& write);
  void ApplyNow(Node& node, const effect::Apply& apply);
  static void UpdateView(Node& node);
  static bool IsWritten(const Node& node, WriteId id);

  std::vector<Node> nodes_;
  std::deque<Message> queue_;
  std::map<RequestId, effect::Outcome> outcomes_;
  std::vector<effect::Halt> halts_;
};

}  // namespace lockstep::datadriven

#endif  // LOCKSTEP_TESTS_DATADRIVEN_INTERACTION_CLUSTER_H_
