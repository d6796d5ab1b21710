// What a node's driver tells and asks, checked on the spot.
#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "runtime/crc32c.h"
#include "sim/stack/node.h"

namespace lockstep::sim {

// ---- Starts --------------------------------------------------------------------------------------------

void StackNode::OnStarted(const DurableState& durable, const State& state, const EffectSink& effects) {
  if (muted()) return;
  begun_ = true;
  ++world_.counters.transitions[static_cast<size_t>(Transition::kRestarted)];
  counted_role_ = state.role;
  counted_configuration_ = state.log.configuration();
  world_.digest.Add(uint64_t{0xb0} << 56 | uint64_t{number_} << 48 | state.current_term);
  if (world_.observer != nullptr) world_.observer->OnStart({world_.now, id_, durable, state, effects});
  const spec::DiskView view{durable.term, durable.voted_for, durable.snapshot, durable.log};
  if (!world_.Check(world_.monitor.Started(world_.step, view, state, effects))) return;
  world_.Refined(id_, world_.refinement.Started(state));
  CheckRestart(durable, state);
  std::string problem = audit_.Begin();
  // What a node has found it builds on: no loss of power may take that away again.
  const LogPosition snapshot = state.snapshot.last_included;
  if (problem.empty() && snapshot.index > 0 && intact_) {
    problem = CheckDurableSnapshot(disk_, identity_, snapshot);
  }
  if (!problem.empty()) {
    world_.monitor.Fail(spec::Property::kDiskMatchesState, id_, world_.step, std::move(problem));
  }
  for (NodeId member : state.configuration().Members()) {
    if (member != id_) peers_->SetAddress(member, StackWires::Address(member.number));
  }
}

// Of the log a start needs no more than what is behind the snapshot: without the rest it would begin the same.
void StackNode::CheckRestart(const DurableState& durable, const State& state) {
  const LogPosition snapshot = durable.snapshot.last_included;
  if (!durable.log.Matches(snapshot) || snapshot.index == durable.log.base_index()) return;
  DurableState least = durable;
  least.log.CompactTo(snapshot.index);
  EffectSink ignored;
  const auto again = lockstep::Start(id_, state.options, state.start, least, ignored);
  State expected = state;
  expected.log.CompactTo(snapshot.index);
  if (again.ok() && *again == expected) return;
  world_.Fail("RestartFromSnapshotProp", id_,
              "a start from the snapshot at " + std::to_string(snapshot.index) +
                  " and the log behind it differs from one with the whole log");
}

// ---- Steps ---------------------------------------------------------------------------------------------

void StackNode::OnStep(const Input& input, const State& state, const EffectSink& effects) {
  if (muted()) return;
  ++world_.step;
  ++world_.events;
  // A read whose lease ran out is asked again under the same number.
  if (const auto* read = std::get_if<input::Read>(&input.event)) {
    world_.monitor.ReadDropped(world_.step, id_, read->request_id);
  }
  const auto* receive = std::get_if<input::Receive>(&input.event);
  if (receive != nullptr && !wires_.WasSent(receive->message)) {
    return world_.Fail("DeliveredWasSentProp", id_,
                       "a message of " + ToString(receive->message.source) + " that it did not send so");
  }
  world_.monitor.Stepped(world_.step, input, state, effects);
  world_.Refined(id_, world_.refinement.Stepped(input, effects, state));
  Book(input, state, effects);
  if (world_.observer != nullptr) {
    world_.observer->OnStep({world_.step, world_.now, id_, input, effects, effects.size(), state});
  }
  if (!world_.failed()) CheckDisk(input, state);
}

void StackNode::CheckDisk(const Input& input, const State& state) {
  std::string problem;
  if (std::holds_alternative<input::WriteDone>(input.event)) {
    problem = audit_.Check(state);
  } else if (const auto* taken = std::get_if<input::SnapshotTaken>(&input.event)) {
    if (taken->ok) problem = CheckDurableSnapshot(disk_, identity_, state.snapshot.last_included);
  } else if (const auto* installed = std::get_if<input::SnapshotInstalled>(&input.event)) {
    if (installed->ok) problem = CheckDurableSnapshot(disk_, identity_, state.snapshot.last_included);
  }
  if (problem.empty() || !intact_) return;
  world_.monitor.Fail(spec::Property::kDiskMatchesState, id_, world_.step, std::move(problem));
}

void StackNode::Book(const Input& input, const State& state, const EffectSink& effects) {
  Counters& counters = world_.counters;
  const size_t action = ActionOf(input.event);
  ++counters.actions[action];
  for (const Effect& effect : effects) ++counters.effects[effect.index()];
  CountTransitions(input, effects);
  MaybeTakeSnapshot(effects);
  const LogPosition last = state.last_log();
  Fingerprinter& digest = world_.digest;
  digest.Add(uint64_t{number_} << 56 | uint64_t{action} << 48 | static_cast<uint64_t>(world_.now));
  digest.Add(uint64_t{effects.size()} << 56 | static_cast<uint64_t>(state.role) << 48 | state.current_term << 24 |
             last.term);
  digest.Add(state.commit_index << 40 ^ last.index << 20 ^ state.storage.durable_index);
}

// A snapshot of its own, while it is sent another one.
void StackNode::MaybeTakeSnapshot(const EffectSink& effects) {
  for (const Effect& effect : effects) {
    const bool receives = std::holds_alternative<effect::StoreSnapshotChunk>(effect) ||
                          std::holds_alternative<effect::InstallSnapshot>(effect);
    const bool takes = world_.faults_on && world_.scenario.fault_ppm[Fault::kSnapshot] != 0;
    if (!receives || !takes || world_.choices.Below(2) != 0) continue;
    const int64_t delay = world_.choices.Between(0, 2 * world_.scenario.disk_delay_max_micros);
    lanes_[static_cast<size_t>(Lane::kTimers)].RunAfter(delay, [this] {
      world_.Inject(Fault::kSnapshot, FaultPhase::kOnce, id_, kNoNode, static_cast<int64_t>(state().applied_index));
      driver_->TakeSnapshot();
    });
  }
}

void StackNode::CountTransitions(const Input& input, const EffectSink& effects) {
  const auto count = [this](Transition transition) { ++world_.counters.transitions[static_cast<size_t>(transition)]; };
  if (const auto* taken = std::get_if<input::SnapshotTaken>(&input.event); taken != nullptr && taken->ok) {
    count(Transition::kSnapshotTaken);
  }
  const auto* installed = std::get_if<input::SnapshotInstalled>(&input.event);
  if (installed != nullptr && installed->ok) count(Transition::kSnapshotInstalled);
  for (const Effect& effect : effects) {
    if (std::holds_alternative<effect::TruncateLog>(effect)) count(Transition::kLogTruncated);
    if (std::holds_alternative<effect::CompactLog>(effect)) count(Transition::kLogCompacted);
    if (const auto* role = std::get_if<effect::RoleChanged>(&effect)) {
      if (const auto transition = RoleTransition(counted_role_, role->role)) count(*transition);
      if (role->role == Role::kLeader && counted_role_ != Role::kLeader) world_.new_leader = {number_, role->term};
      counted_role_ = role->role;
    }
    if (const auto* changed = std::get_if<effect::ConfigurationChanged>(&effect)) {
      if (const auto transition = ConfigurationTransition(counted_configuration_, changed->configuration)) {
        count(*transition);
      }
      counted_configuration_ = changed->configuration;
    }
    if (const auto* halt = std::get_if<effect::Halt>(&effect)) {
      world_.Fail("HaltOnlyOnLossProp", id_,
                  std::string("halted: ") + lockstep::ToString(halt->reason) + ", shown by " + ToString(halt->peer));
    }
  }
}

// ---- Messages, members, commands -----------------------------------------------------------------------

void StackNode::Send(runtime::Envelope envelope) {
  if (muted()) return;
  const Message& message = envelope.message;
  if (message.dest.number == 0 || message.dest.number > world_.scenario.servers || message.dest == id_) {
    return world_.Fail("SendToPeer", id_, "a message to " + ToString(message.dest));
  }
  if (!world_.Check(world_.monitor.Sent(world_.step, message))) return;
  if (world_.observer != nullptr) world_.observer->OnMessage({world_.now, MessageFate::kSent, 0, message});
  wires_.Note(message);
  peers_->Send(std::move(envelope));
}

void StackNode::OnRoleChanged(const effect::RoleChanged&) { replica_->OnRoleChanged(); }

void StackNode::OnConfigurationChanged(const ConfigurationEntry& configuration) {
  for (NodeId member : configuration.configuration.Members()) {
    if (member != id_) peers_->SetAddress(member, StackWires::Address(member.number));
  }
}

void StackNode::OnStopped(const absl::Status& why) {
  if (muted()) return;
  stopped_ = true;
  if (faults_.struck() || !intact_) return;
  world_.Fail("StopsOnlyOnDamage", id_, std::string(why.message()));
}

// Nothing is asked of the state machine while another state may be taking its place.
void StackNode::CheckAlone(const char* call) {
  if (!snapshots_->restoring() || muted()) return;
  world_.Fail("RestoredAloneProp", id_, std::string(call) + " while the state machine is being restored");
}

absl::StatusOr<std::string> StackNode::Lookup(std::string_view query) {
  CheckAlone("Lookup");
  return replica_->machine().Lookup(query);
}

std::unique_ptr<runtime::SnapshotSource> StackNode::Freeze() {
  CheckAlone("Freeze");
  return replica_->machine().Freeze();
}

absl::Status StackNode::Restore(runtime::SnapshotSource& source) {
  absl::Status status = replica_->machine().Restore(source);
  snapshots_->Restored();
  if (status.ok()) CheckState(snapshots_->current()->last_included.index);
  return status;
}

// The state machine has the state as of `index`: what it has there on every node, whether it got there by commands or
// by a snapshot.
void StackNode::CheckState(Index index) {
  if (muted() || application_.Agrees(index, HashOf(replica_->machine()))) return;
  world_.Fail("StatesAgreeProp", id_, "has another state at " + std::to_string(index) + " than another node had there");
}

void StackNode::Apply(std::span<const runtime::Command> commands, std::vector<std::string>& replies) {
  CheckAlone("Apply");
  const size_t first = replies.size();
  replica_->machine().Apply(commands, replies);
  if (muted()) return;
  for (size_t i = 0; i < commands.size(); ++i) {
    const runtime::Command& command = commands[i];
    const uint64_t payload = uint64_t{1} << 32 | runtime::Crc32c(command.bytes);
    const uint64_t operation = replica_->Executed(command, replies[first + i]);
    if (!world_.Check(world_.monitor.AppliedCommand(world_.step, id_, command.index, payload, operation))) return;
  }
  if (world_.now >= slow_apply_until_) return;
  busy_until_ = std::max(busy_until_, world_.now + world_.choices.Between(0, world_.scenario.election_timeout_micros));
}

}  // namespace lockstep::sim
