#include "core/step.h"

#include <variant>

#include "core/action.h"
#include "core/apply.h"
#include "core/election.h"
#include "core/following.h"
#include "core/membership.h"
#include "core/read.h"
#include "core/replication.h"
#include "core/snapshot.h"
#include "core/storage.h"
#include "core/transfer.h"

namespace lockstep {
namespace {

// A message of an earlier term. Those that a leader or candidate sent are answered, so that it learns the term.
void ReceiveStale(Context& context, const Message& message) {
  if (const auto* request = std::get_if<RequestVote>(&message.body)) {
    ReceiveRequestVote(context, message, *request);
  } else if (const auto* reply = std::get_if<RequestVoteReply>(&message.body)) {
    // A pre-vote may be granted by a node whose term is lower than the candidate's.
    if (reply->pre_vote) ReceiveRequestVoteReply(context, message, *reply);
  } else if (const auto* append = std::get_if<AppendEntries>(&message.body)) {
    Send(context, message.source, AppendEntriesReply{false, 0, append->previous.index, {}});
  } else if (std::holds_alternative<Heartbeat>(message.body)) {
    Send(context, message.source, HeartbeatReply{});
  } else if (const auto* chunk = std::get_if<InstallSnapshot>(&message.body)) {
    Send(context, message.source, InstallSnapshotReply{chunk->last_included, 0, false});
  } else if (const auto* read = std::get_if<ReadRequest>(&message.body)) {
    Send(context, message.source, ReadReply{read->start, read->position, false, 0});
  }
}

// Whether a message of a later term raises this node's: not a question whether one would be heard, nor an election
// that this node is bound not to hear.
bool RaisesTerm(const State& state, const Message& message) {
  const auto* request = std::get_if<RequestVote>(&message.body);
  return request == nullptr || (!request->pre_vote && HearsElection(state, *request));
}

struct Dispatch {
  Context& context;
  const Message& message;

  void operator()(const RequestVote& request) const { ReceiveRequestVote(context, message, request); }
  void operator()(const RequestVoteReply& reply) const { ReceiveRequestVoteReply(context, message, reply); }
  void operator()(const AppendEntries& request) const { ReceiveAppendEntries(context, message, request); }
  void operator()(const AppendEntriesReply& reply) const { ReceiveAppendEntriesReply(context, message, reply); }
  void operator()(const Heartbeat& request) const { ReceiveHeartbeat(context, message, request); }
  void operator()(const HeartbeatReply& reply) const { ReceiveHeartbeatReply(context, message, reply); }
  void operator()(const InstallSnapshot& chunk) const { ReceiveInstallSnapshot(context, message, chunk); }
  void operator()(const InstallSnapshotReply& reply) const { ReceiveInstallSnapshotReply(context, message, reply); }
  void operator()(const TimeoutNow&) const { ReceiveTimeoutNow(context); }
  void operator()(const ReadRequest& request) const { ReceiveReadRequest(context, message, request); }
  void operator()(const ReadReply& reply) const { ReceiveReadReply(context, reply); }
};

void Receive(Context& context, const Message& message) {
  State& state = context.state;
  if (message.dest != state.id || message.source == state.id || !ValidateMessage(message).ok()) return;
  if (message.term > state.current_term) {
    if (RaisesTerm(state, message)) {
      UpdateTerm(context, message.term);
    } else if (!std::get<RequestVote>(message.body).pre_vote) {
      return;
    }
  } else if (message.term < state.current_term) {
    ReceiveStale(context, message);
    return;
  }
  std::visit(Dispatch{context, message}, message.body);
}

struct Act {
  Context& context;

  void operator()(const input::ElectionTimeout&) const { ElectionTimeout(context); }
  void operator()(const input::HeartbeatTimeout&) const { HeartbeatTimeout(context); }
  void operator()(const input::QuorumCheckTimeout&) const { QuorumCheckTimeout(context); }
  void operator()(const input::Receive& receive) const { Receive(context, receive.message); }
  void operator()(const input::WriteDone& done) const { WriteDone(context, done.write_id); }
  void operator()(const input::WriteFailed& failed) const { WriteFailed(context, failed.write_id); }
  void operator()(const input::Propose& request) const { Propose(context, request); }
  void operator()(const input::ProposeConfiguration& request) const { ProposeConfiguration(context, request); }
  void operator()(const input::Read& request) const { Read(context, request); }
  void operator()(const input::TransferLeadership& request) const { TransferLeadership(context, request); }
  void operator()(const input::Cancel& cancel) const { Cancel(context, cancel.request_id); }
  void operator()(const input::Applied& applied) const { Applied(context, applied.index); }
  void operator()(const input::SnapshotTaken& taken) const { SnapshotTaken(context, taken); }
  void operator()(const input::SnapshotChunkStored& stored) const { SnapshotChunkStored(context, stored); }
  void operator()(const input::SnapshotInstalled& installed) const { SnapshotInstalled(context, installed); }
  void operator()(const input::EntriesLoaded& loaded) const { EntriesLoaded(context, loaded); }
  void operator()(const input::PeerUnreachable& unreachable) const { PeerUnreachable(context, unreachable.peer); }
};

// A halted node answers requests, and nothing else.
struct Refuse {
  Context& context;

  void Reject(RequestId id) const { Finish(context, id, effect::OutcomeKind::kRejected, effect::Reason::kHalted); }
  void operator()(const input::Propose& request) const {
    for (const input::Proposal& proposal : request.proposals) Reject(proposal.request_id);
  }
  void operator()(const input::ProposeConfiguration& request) const { Reject(request.request_id); }
  void operator()(const input::Read& request) const { Reject(request.request_id); }
  void operator()(const input::TransferLeadership& request) const { Reject(request.request_id); }
  template <typename Other>
  void operator()(const Other&) const {}
};

}  // namespace

void Step(State& state, const Input& input, EffectSink& effects) {
  Context context{state, effects, input.now};
  if (state.halted) {
    std::visit(Refuse{context}, input.event);
    return;
  }
  const Role role = state.role;
  const Term term = state.current_term;
  const NodeId leader = state.leader;
  std::visit(Act{context}, input.event);
  if (state.halted) return;
  // A term or vote that no message has made durable yet is written all the same; a failing disk is tried again only
  // with the next reason to.
  if (!state.storage.failing) SaveVote(context);
  if (context.configuration_changed) effects.Add(effect::ConfigurationChanged{state.log.configuration()});
  if (state.role != role || state.current_term != term || state.leader != leader) {
    effects.Add(effect::RoleChanged{state.role, state.current_term, state.leader});
  }
}

}  // namespace lockstep
