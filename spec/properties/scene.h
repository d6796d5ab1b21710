// A made-up cluster for the tests of the properties: states and effects written by hand, shown to a Monitor.
//
// The correct moves (Elect, Append, Replicate, ...) are a toy of the protocol, just enough for the properties to hold;
// a test then takes one more step with Take and changes in it what it likes. Nothing here comes from the core's step.
#ifndef LOCKSTEP_SPEC_PROPERTIES_SCENE_H_
#define LOCKSTEP_SPEC_PROPERTIES_SCENE_H_

#include <functional>
#include <initializer_list>
#include <map>
#include <string>

#include "spec/properties/monitor.h"

namespace lockstep::spec {

class Scene {
 public:
  // What a step changes and emits.
  using Change = std::function<void(State&, EffectSink&)>;

  // Nodes 1, 2, 3 are voters and have started, with an empty log.
  Scene();

  State& At(uint32_t node) { return states_.at({node, 0}); }
  Monitor& monitor() { return monitor_; }
  bool holds() const { return !monitor_.violation().has_value(); }
  // The name of the property that failed; "" if all hold.
  std::string failed() const;
  std::string evidence() const;

  // One step of `node`: `event` came, `change` is what it did. RoleChanged is added if the role, term or leader
  // changed.
  bool Take(uint32_t node, Event event, const Change& change = nullptr);
  // The node gets `body` from `source`, in the sender's `term`.
  bool Receive(uint32_t node, uint32_t source, Term term, MessageBody body, const Change& change = nullptr);

  // ---- Correct moves ----
  // Node 4 starts with an empty disk, in a cluster that may have added it.
  void StartJoiner();
  // Node 4 starts from a disk whose log holds an entry of `term`.
  void StartStranger(Term term);
  // `node` stops, and starts again from `disk`, as the state after says.
  bool Crash(uint32_t node) { return monitor_.Crashed(++step_, {node, 0}); }
  bool Restart(uint32_t node, const State& disk);
  // What would be found on the disk of `node` if all it asked for were there.
  State Disk(uint32_t node) const;

  // `node` campaigns in the next term; its own vote is durable afterwards.
  void Campaign(uint32_t node);
  // `voter` grants its vote to `candidate`, durably; the candidate does not know yet.
  void Grant(uint32_t voter, uint32_t candidate);
  // The candidate takes `voter`'s grant and leads from then on: its no-op is in its log, and durable there.
  void Win(uint32_t node, uint32_t voter);
  void Elect(uint32_t node, uint32_t voter);
  // `node` hears of `term` from `source`, and follows nobody in it.
  void HearTerm(uint32_t node, uint32_t source, Term term);
  // The leader appends a command of 10 bytes (request `id`; 0: none), durable at once.
  void Append(uint32_t leader, RequestId id = 0);
  void AppendConfiguration(uint32_t leader, const Configuration& configuration);
  // `follower` takes all entries of the leader that it lacks; durable and acknowledged, but the leader has not heard.
  void Follow(uint32_t follower, uint32_t leader);
  // The leader takes the acknowledgement of `follower` and commits what it may.
  void Hear(uint32_t leader, uint32_t follower);
  void Replicate(uint32_t leader, uint32_t follower);
  // Everything that is committed has been applied at `node`.
  void ApplyAll(uint32_t node);
  // The node takes a snapshot of what it has applied, and compacts its log up to it.
  void TakeSnapshot(uint32_t node);

  // ---- Pieces of steps ----
  static NodeId Id(uint32_t node) { return {node, 0}; }
  static void SaveVote(State& state, EffectSink& effects, Term term, NodeId vote);
  // Asks for the entries from `first` on to be written.
  static void WriteLog(State& state, EffectSink& effects, Index first);
  static void Follower(State& state, Term term, NodeId leader);
  static void Send(State& state, EffectSink& effects, uint32_t dest, MessageBody body, WriteId after = 0);
  static Progress& PeerOf(State& state, uint32_t node);
  // What the leader would send to one whose log ends at `previous`.
  AppendEntries EntriesAfter(uint32_t leader, Index previous);
  // All writes that `node` has asked for are done.
  void Flush(uint32_t node);

 private:
  Monitor monitor_;
  std::map<NodeId, State> states_;
  uint64_t step_ = 0;
};

}  // namespace lockstep::spec

#endif  // LOCKSTEP_SPEC_PROPERTIES_SCENE_H_
