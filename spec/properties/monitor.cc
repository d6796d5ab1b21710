#include "spec/properties/monitor.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "spec/properties/durability.h"
#include "spec/properties/membership.h"
#include "spec/properties/paper.h"
#include "spec/properties/reads.h"
#include "spec/properties/requests.h"
#include "spec/properties/step_laws.h"

namespace lockstep::spec {
namespace {

// One step in this many has one entry of its node's log compared with the history.
constexpr uint64_t kScanInterval = 4;

void ReachInputGoals(StepView& view) {
  const State& state = view.state;
  const NodeShadow& before = view.before;
  if (view.message != nullptr) {
    if (view.message->term < before.term) view.Reach(Goal::kStaleTermIgnored);
    const auto* append = view.body<AppendEntries>();
    if (append != nullptr && !append->entries.empty() && !view.log.any && view.message->term == state.current_term &&
        append->last_index() <= before.verified_index) {
      view.Reach(Goal::kEntriesRepeated);
    }
    if (state.vote_withheld && view.body<RequestVote>() != nullptr) view.Reach(Goal::kVoteWithheldAfterRestart);
  } else if (view.event<input::ElectionTimeout>() != nullptr) {
    if (before.role == Role::kCandidate) view.Reach(Goal::kVoteSplit);
  } else if (view.event<input::QuorumCheckTimeout>() != nullptr) {
    if (before.role == Role::kLeader && state.role != Role::kLeader) view.Reach(Goal::kQuorumLossStepsDown);
  } else if (view.event<input::WriteDone>() != nullptr) {
    const auto& writes = state.storage.pending_log_writes;
    const bool waits =
        std::any_of(writes.begin(), writes.end(), [](const PendingLogWrite& write) { return write.done; });
    if (waits) view.Reach(Goal::kCompletionOutOfOrder);
  }
  if (before.failing && !state.storage.failing) view.Reach(Goal::kWriteFailureRecovered);
}

bool CheckSendEffect(StepView& view, const effect::Send& send) {
  if (!CheckSend(view, send) || !CheckPromise(view, send)) return false;
  if (std::holds_alternative<HeartbeatReply>(send.message.body)) {
    HearHeartbeatReply(view, send);
  } else if (std::holds_alternative<ReadReply>(send.message.body)) {
    return CheckReadReply(view, send);
  } else if (std::holds_alternative<TimeoutNow>(send.message.body)) {
    view.before.handed_over = send.message.term;
  } else if (const auto* reply = std::get_if<RequestVoteReply>(&send.message.body)) {
    if (reply->pre_vote && !reply->granted && view.state.leader != kNoNode) {
      view.Reach(Goal::kPreVoteRejectedLeaderAlive);
    }
  }
  return true;
}

bool CheckEffects(StepView& view) {
  Index apply_index = view.before.apply_index;
  const effect::RoleChanged* told = nullptr;
  for (const Effect& effect : view.effects) {
    bool holds = true;
    if (const auto* send = std::get_if<effect::Send>(&effect)) {
      holds = CheckSendEffect(view, *send);
    } else if (const auto* outcome = std::get_if<effect::Outcome>(&effect)) {
      holds = CheckOutcome(view, *outcome);
    } else if (const auto* apply = std::get_if<effect::Apply>(&effect)) {
      holds = CheckApply(view, *apply, &apply_index);
    } else if (const auto* role = std::get_if<effect::RoleChanged>(&effect)) {
      told = role;
    } else if (const auto* timer = std::get_if<effect::SetTimer>(&effect)) {
      holds = timer->timer != effect::Timer::kElection || CheckElectionTimer(view);
    } else if (const auto* chunk = std::get_if<effect::StoreSnapshotChunk>(&effect)) {
      holds = CheckChunk(view, *chunk);
    } else if (const auto* install = std::get_if<effect::InstallSnapshot>(&effect)) {
      holds = CheckInstall(view, *install);
    } else if (std::holds_alternative<effect::LoadEntries>(effect)) {
      view.Reach(Goal::kEntriesLoaded);
    }
    if (!holds) return false;
  }
  return CheckRoleTold(view, told);
}

// Writes first: a message may wait for one that its step asks for later in the list.
bool TakeWrites(StepView& view) {
  for (const Effect& effect : view.effects) {
    if (!std::holds_alternative<effect::Send>(effect) && !CheckWrite(view, effect)) return false;
  }
  return true;
}

NodeMask Granted(StepView& view) {
  NodeMask granted = 0;
  for (const Vote& vote : view.state.candidacy.votes) {
    if (vote.granted) granted |= MaskOf(view.watch.history.SlotOf(vote.voter));
  }
  return granted;
}

void MoveOn(NodeShadow& node, const State& state) {
  node.role = state.role;
  node.leader = state.leader;
  node.term = state.current_term;
  node.voted_for = state.voted_for;
  node.commit_index = state.commit_index;
  node.apply_index = state.apply_index;
  node.applied_index = state.applied_index;
  node.snapshot = state.snapshot.last_included;
  node.failing = state.storage.failing;
  node.halted = state.halted;
}

// A halted node keeps a state that nothing is said of; it still answers requests, and its disk still counts.
bool CheckHaltedStep(StepView& view) {
  if (!TakeCompletions(view) || !OpenRequests(view)) return false;
  for (const Effect& effect : view.effects) {
    const auto* halt = std::get_if<effect::Halt>(&effect);
    if (halt != nullptr && !CheckHalt(view, *halt)) return false;
    const auto* outcome = std::get_if<effect::Outcome>(&effect);
    if (outcome != nullptr && !CheckOutcome(view, *outcome)) return false;
    if (std::holds_alternative<effect::SaveVote>(effect) || std::holds_alternative<effect::AppendLog>(effect) ||
        std::holds_alternative<effect::TruncateLog>(effect)) {
      if (!CheckWrite(view, effect)) return false;
    }
  }
  view.before.halted = true;
  view.before.role = Role::kFollower;
  return true;
}

bool CheckStep(StepView& view) {
  NodeShadow& node = view.before;
  if (view.state.halted) return CheckHaltedStep(view);
  if (!TakeCompletions(view)) return false;
  view.log = FindLogChange(node, view.state);
  if (!CheckTermAndRole(view) || !CheckVote(view) || !CheckElection(view) || !CheckLogChange(view)) return false;
  if (!CheckNewEntries(view)) return false;
  if (view.watch.event % kScanInterval == 0 && !ScanOneEntry(view)) return false;
  node.verified_index = VerifiedIndex(view);
  if (view.became_leader()) std::fill(node.heard.begin(), node.heard.end(), 0);
  if (!CheckIndexes(view) || !CheckCommit(view)) return false;
  if (!CheckConfiguration(view) || !CheckMembers(view) || !CheckPeers(view) || !CheckWellFormed(view)) return false;
  if (!TakeWrites(view) || !CheckDurableIndex(view)) return false;
  if (!CheckLease(view) || !OpenRequests(view) || !CheckConfirmedReads(view) || !CheckEffects(view) ||
      !CheckCancelled(view))
    return false;
  ReachInputGoals(view);
  node.granted = view.state.role == Role::kCandidate ? Granted(view) : 0;
  if (node.applied_command < view.state.snapshot.last_included.index &&
      view.event<input::SnapshotInstalled>() != nullptr) {
    node.applied_command = view.state.snapshot.last_included.index;
  }
  MoveOn(node, view.state);
  return true;
}

void CountRestart(Watch& watch, const NodeShadow& node, Slot slot) {
  const Index committed = watch.history.committed_index();
  if (watch.restarted == 0) watch.committed_at_restart = committed;
  watch.restarted |= MaskOf(slot);
  if (!node.electorate.IsQuorum(watch.restarted) || committed == watch.committed_at_restart) return;
  watch.goals.Reach(Goal::kMajorityRestarts);
  watch.restarted = 0;
}

// Everything that a process keeps in memory is gone.
void Forget(NodeShadow& node) {
  node.peers.clear();
  node.uncommitted_bytes = 0;
  node.confirmed_round = 0;
  node.heard.clear();
  node.granted = 0;
  node.verified_index = 0;
  node.chunks = {};
  node.round = 0;
  node.round_began_micros = node.lease_until_micros = 0;
  node.requests.clear();
  node.forwarded.clear();
  node.lease_reads.clear();
  node.confirmed_reads = 0;
  node.last_confirmed_read = 0;
  node.scan = 0;
}

bool CheckIdentity(Watch& watch, const NodeShadow& node, NodeId id, uint64_t step) {
  if (node.alive) {
    return watch.Fail(Property::kNoIdentityReuseProp, id, step, "started while it was running");
  }
  for (const NodeShadow& other : watch.nodes) {
    if (other.alive && other.id.number == id.number) {
      return watch.Fail(Property::kNoIdentityReuseProp, id, step,
                        absl::StrCat("started while ", ToString(other.id), ", another life of its disk, was running"));
    }
  }
  return true;
}

}  // namespace

NodeShadow* Monitor::Find(NodeId id, Slot* slot) {
  *slot = watch_.history.SlotOf(id);
  return watch_.Shadow(*slot);
}

bool Monitor::Started(uint64_t step, const DiskView& disk, const State& state, const EffectSink&) {
  if (watch_.violation.has_value()) return false;
  ++watch_.event;
  const Slot slot = watch_.history.SlotOf(state.id);
  if (watch_.nodes.size() <= slot) watch_.nodes.resize(slot + 1);
  NodeShadow& node = watch_.nodes[slot];
  const bool first_start = !node.started;
  if (!CheckIdentity(watch_, node, state.id, step) || !CheckStartDisk(watch_, node, disk, state, step)) return false;
  node.id = state.id;
  node.started = node.alive = true;
  node.start = state.start;
  node.any_disk = false;
  node.disk.Reset(disk);
  if (!disk.log.Matches(disk.snapshot.last_included)) {
    node.disk.SnapshotInstalled(disk.snapshot.last_included, /*drop_log=*/true);
  }
  NodeId other;
  if (disk.voted_for != kNoNode && !watch_.history.AddVote(disk.term, slot, disk.voted_for, &other)) {
    return watch_.Fail(Property::kVoteOncePerTermInv, state.id, step,
                       absl::StrCat("starts with a vote for ", ToString(disk.voted_for), " in term ", disk.term,
                                    " and had one for ", ToString(other)));
  }
  if (!CheckStartLog(watch_, node, state, step, first_start) ||
      !CheckStartConfiguration(watch_, node, state, step, first_start)) {
    return false;
  }
  Forget(node);
  MoveOn(node, state);
  node.applied_command = state.snapshot.last_included.index;
  if (!first_start) CountRestart(watch_, node, slot);
  if (first_start && state.id.incarnation > 0) watch_.goals.Reach(Goal::kWipedNodeReturns);
  return true;
}

bool Monitor::Stepped(uint64_t step, const Input& input, const State& state, const EffectSink& effects) {
  if (watch_.violation.has_value()) [[unlikely]]
    return false;
  ++watch_.event;
  Slot slot;
  NodeShadow* node = Find(state.id, &slot);
  LOCKSTEP_CHECK(node != nullptr && node->alive);
  StepView view{watch_, *node, slot, step, input, state, effects, nullptr, {}};
  if (const auto* receive = std::get_if<input::Receive>(&input.event)) view.message = &receive->message;
  return CheckStep(view);
}

bool Monitor::Sent(uint64_t step, const Message& message) {
  if (watch_.violation.has_value()) [[unlikely]]
    return false;
  Slot slot;
  if (Find(message.source, &slot) != nullptr) return CheckSent(watch_, slot, message, step);
  return watch_.Fail(Property::kNoIdentityReuseProp, message.source, step,
                     absl::StrCat("a message of ", ToString(message.source), ", which never started"));
}

bool Monitor::WriteDurable(uint64_t step, NodeId node, WriteId write_id) {
  if (watch_.violation.has_value()) [[unlikely]]
    return false;
  Slot slot;
  return Find(node, &slot) == nullptr || CompleteWrite(watch_, slot, write_id, step);
}

bool Monitor::WriteFailed(uint64_t, NodeId node, WriteId write_id) {
  if (watch_.violation.has_value()) [[unlikely]]
    return false;
  Slot slot;
  if (NodeShadow* shadow = Find(node, &slot)) shadow->disk.Fail(write_id);
  return true;
}

bool Monitor::DiskLost(uint64_t, NodeId node) {
  if (watch_.violation.has_value()) [[unlikely]]
    return false;
  Slot slot;
  if (NodeShadow* shadow = Find(node, &slot)) shadow->any_disk = true;
  watch_.disk_lost = true;
  return true;
}

bool Monitor::Crashed(uint64_t, NodeId node) {
  if (watch_.violation.has_value()) [[unlikely]]
    return false;
  Slot slot;
  NodeShadow* shadow = Find(node, &slot);
  if (shadow == nullptr) return true;
  shadow->alive = false;
  Forget(*shadow);
  return true;
}

bool Monitor::AppliedCommand(uint64_t step, NodeId node, Index index, uint64_t payload, uint64_t operation) {
  if (watch_.violation.has_value()) [[unlikely]]
    return false;
  Slot slot;
  NodeShadow* shadow = Find(node, &slot);
  LOCKSTEP_CHECK(shadow != nullptr);
  return CheckAppliedCommand(watch_, *shadow, index, payload, operation, step);
}

bool Monitor::OperationAcknowledged(uint64_t step, uint64_t operation) {
  if (watch_.violation.has_value()) [[unlikely]]
    return false;
  return CheckAcknowledged(watch_, operation, step);
}

bool Monitor::ReadServed(uint64_t step, NodeId node, RequestId request_id, Index applied, Now now) {
  if (watch_.violation.has_value()) [[unlikely]]
    return false;
  Slot slot;
  NodeShadow* shadow = Find(node, &slot);
  return shadow == nullptr || CheckServed(watch_, *shadow, request_id, applied, now, step);
}

bool Monitor::ReadDropped(uint64_t, NodeId node, RequestId request_id) {
  if (watch_.violation.has_value()) [[unlikely]]
    return false;
  Slot slot;
  NodeShadow* shadow = Find(node, &slot);
  if (shadow == nullptr) return true;
  const size_t dropped =
      std::erase_if(shadow->lease_reads, [request_id](const LeaseRead& read) { return read.request_id == request_id; });
  if (dropped > 0) watch_.goals.Reach(Goal::kLeaseReadRefused);
  return true;
}

bool Monitor::Fail(Property property, NodeId node, uint64_t step, std::string evidence) {
  if (!watch_.violation.has_value()) watch_.violation = Violation{property, node, step, std::move(evidence)};
  return false;
}

size_t Monitor::open_requests(NodeId node) const {
  for (const NodeShadow& shadow : watch_.nodes) {
    if (shadow.started && shadow.id == node) return shadow.requests.size();
  }
  return 0;
}

}  // namespace lockstep::spec
