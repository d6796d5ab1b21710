#include "sim/run.h"

#include <type_traits>
#include <utility>

namespace lockstep::sim {
namespace {

constexpr size_t kReceive = 3;
static_assert(std::is_same_v<std::variant_alternative_t<kReceive, Event>, input::Receive>);
constexpr size_t kMessageKinds = std::variant_size_v<MessageBody>;

// In the order of the variants, messages in the place of Receive.
constexpr const char* kActionNames[] = {"ElectionTimeout",
                                        "HeartbeatTimeout",
                                        "QuorumCheckTimeout",
                                        "ReceiveRequestVote",
                                        "ReceiveRequestVoteReply",
                                        "ReceiveAppendEntries",
                                        "ReceiveAppendEntriesReply",
                                        "ReceiveHeartbeat",
                                        "ReceiveHeartbeatReply",
                                        "ReceiveInstallSnapshot",
                                        "ReceiveInstallSnapshotReply",
                                        "ReceiveTimeoutNow",
                                        "ReceiveReadRequest",
                                        "ReceiveReadReply",
                                        "WriteDone",
                                        "WriteFailed",
                                        "Propose",
                                        "ProposeConfiguration",
                                        "Read",
                                        "TransferLeadership",
                                        "Cancel",
                                        "Applied",
                                        "SnapshotTaken",
                                        "SnapshotChunkStored",
                                        "SnapshotInstalled",
                                        "EntriesLoaded",
                                        "PeerUnreachable"};
static_assert(std::size(kActionNames) == kActionCount);

constexpr const char* kEffectNames[] = {
    "SaveVote",        "AppendLog", "TruncateLog",          "Send",        "LoadEntries",
    "Apply",           "SetTimer",  "TakeSnapshot",         "CompactLog",  "StoreSnapshotChunk",
    "InstallSnapshot", "Outcome",   "ConfigurationChanged", "RoleChanged", "Halt"};
static_assert(std::size(kEffectNames) == kEffectCount);

constexpr const char* kTransitionNames[] = {"Follower -> PreCandidate",
                                            "Follower -> Candidate",
                                            "PreCandidate -> Candidate",
                                            "PreCandidate -> Follower",
                                            "Candidate -> Leader",
                                            "Candidate -> Follower",
                                            "Candidate -> PreCandidate",
                                            "Leader -> Follower",
                                            "simple -> joint",
                                            "joint -> simple",
                                            "configuration rolled back",
                                            "log truncated",
                                            "snapshot taken",
                                            "snapshot installed",
                                            "log compacted",
                                            "running -> stopped",
                                            "stopped -> running",
                                            "wiped -> new node"};
static_assert(std::size(kTransitionNames) == kTransitionCount);

}  // namespace

size_t ActionOf(const Event& event) {
  const size_t index = event.index();
  if (index < kReceive) return index;
  if (index > kReceive) return index - 1 + kMessageKinds;
  return kReceive + std::get<input::Receive>(event).message.body.index();
}

const char* ActionNameAt(size_t action) { return kActionNames[action]; }
const char* EffectNameAt(size_t effect) { return kEffectNames[effect]; }
std::optional<Transition> RoleTransition(Role from, Role to) {
  static constexpr Transition kNone = static_cast<Transition>(kTransitionCount);
  static constexpr Transition kOf[4][4] = {
      {kNone, Transition::kFollowerToPreCandidate, Transition::kFollowerToCandidate, kNone},
      {Transition::kPreCandidateToFollower, kNone, Transition::kPreCandidateToCandidate, kNone},
      {Transition::kCandidateToFollower, Transition::kCandidateToPreCandidate, kNone, Transition::kCandidateToLeader},
      {Transition::kLeaderToFollower, kNone, kNone, kNone},
  };
  const Transition transition = kOf[static_cast<size_t>(from)][static_cast<size_t>(to)];
  return transition == kNone ? std::nullopt : std::optional<Transition>(transition);
}

std::optional<Transition> ConfigurationTransition(const ConfigurationEntry& from, const ConfigurationEntry& to) {
  const bool was_joint = from.configuration.joint(), is_joint = to.configuration.joint();
  if (to.index < from.index) return Transition::kConfigurationRolledBack;
  if (was_joint == is_joint) return std::nullopt;
  return is_joint ? Transition::kSimpleToJoint : Transition::kJointToSimple;
}

const char* ToString(Transition transition) { return kTransitionNames[static_cast<size_t>(transition)]; }

const char* ToString(HistoryVerdict verdict) {
  switch (verdict) {
    case HistoryVerdict::kNotChecked:
      return "not checked";
    case HistoryVerdict::kLinearizable:
      return "linearizable";
    case HistoryVerdict::kNotLinearizable:
      return "not linearizable";
    case HistoryVerdict::kUndecided:
      return "undecided";
  }
  return "";
}

void Counters::Add(const Counters& other) {
  for (size_t i = 0; i < kActionCount; ++i) actions[i] += other.actions[i];
  for (size_t i = 0; i < kEffectCount; ++i) effects[i] += other.effects[i];
  for (size_t i = 0; i < kTransitionCount; ++i) transitions[i] += other.transitions[i];
  for (const FaultRow& row : FaultTable()) faults[row.fault] += other.faults[row.fault];
  if (goals.size() < other.goals.size()) goals.resize(other.goals.size());
  for (size_t i = 0; i < other.goals.size(); ++i) goals[i] += other.goals[i];
  if (service.size() < other.service.size()) service.resize(other.service.size());
  for (size_t i = 0; i < other.service.size(); ++i) service[i] += other.service[i];
  operations_invoked += other.operations_invoked;
  operations_ok += other.operations_ok;
  operations_failed += other.operations_failed;
  operations_unknown += other.operations_unknown;
}

const char* ToString(MessageFate fate) {
  switch (fate) {
    case MessageFate::kSent:
      return "sent";
    case MessageFate::kDelivered:
      return "delivered";
    case MessageFate::kLost:
      return "lost";
    case MessageFate::kDuplicated:
      return "duplicated";
  }
  return "";
}

const char* ToString(OperationKind kind) {
  switch (kind) {
    case OperationKind::kRead:
      return "read";
    case OperationKind::kWrite:
      return "write";
    case OperationKind::kCompareAndSet:
      return "compare-and-set";
  }
  return "";
}

const char* ToString(Answer answer) {
  switch (answer) {
    case Answer::kPending:
      return "pending";
    case Answer::kOk:
      return "ok";
    case Answer::kFailed:
      return "failed";
    case Answer::kUnknown:
      return "unknown";
  }
  return "";
}

}  // namespace lockstep::sim
