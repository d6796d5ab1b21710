// Durability. [Raft Fig. 2 "persistent state", Thesis §3.8]
#include <algorithm>

#include "spec/model/operators.h"

namespace lockstep::model {

void SetTermAndVote(Node& n, Term term, NodeId vote) {
  if (n.current_term == term && n.voted_for == vote) return;
  n.current_term = term;
  n.voted_for = vote;
  n.vote_write = 0;
}

void SaveVote(Context& c) {
  Node& n = c.node;
  if (n.VoteDurable() || n.vote_write != 0) return;
  n.vote_write = n.next_write++;
  c.output.writes.push_back({WriteKind::kVote, n.vote_write, n.current_term, n.voted_for, 0, 0, {}, {}});
}

void WriteLog(Context& c) {
  Node& n = c.node;
  const Index first = std::max(n.issued_index, n.log.base_index()) + 1;
  if (first > n.log.last_index()) return;
  SaveVote(c);
  const WriteId id = n.next_write++;
  c.output.writes.push_back({WriteKind::kAppend, id, 0, {}, first, n.log.last_index(), {}, {}});
  n.log_writes.push_back({id, n.log.last_index(), false});
  n.issued_index = n.log.last_index();
}

void TruncateLog(Context& c, Index last) {
  Node& n = c.node;
  if (last >= n.log.last_index()) return;
  SaveVote(c);
  for (Write& write : c.output.writes) {
    if (write.kind != WriteKind::kAppend || write.last <= last) continue;
    for (Index i = write.first; i <= write.last; ++i) write.taken_off.push_back(n.log.At(i));
  }
  n.log.TruncateAfter(last);
  n.durable_index = std::min(n.durable_index, last);
  n.issued_index = std::min(n.issued_index, last);
  for (LogWrite& write : n.log_writes) write.last = std::min(write.last, last);
  const WriteId id = n.next_write++;
  c.output.writes.push_back({WriteKind::kTruncate, id, 0, {}, last + 1, 0, {}, {}});
  n.log_writes.push_back({id, n.issued_index, false});
}

void RetryWrites(Context& c) {
  if (!c.node.failing || c.node.Installing()) return;
  WriteLog(c);
  SaveVote(c);
  c.node.failing = !c.node.log_writes.empty() || c.node.vote_write != 0;
}

void Send(Context& c, Message message) {
  if (!c.node.VoteDurable()) SaveVote(c);
  const WriteId after = c.node.VoteDurable() ? 0 : c.node.vote_write;
  c.output.sent.push_back({std::move(message), after, false});
}

void SendOptionally(Context& c, Message message) {
  Send(c, std::move(message));
  c.output.sent.back().optional = true;
}

Message Compose(const Node& n, MessageKind kind, NodeId dest) {
  Message message;
  message.kind = kind;
  message.source = n.id;
  message.dest = dest;
  message.term = n.current_term;
  return message;
}

namespace {

// [TLA Owes]
bool Owes(const Node& n) { return n.issued_index < n.log.last_index() || (!n.VoteDurable() && n.vote_write == 0); }

// [TLA AdvanceDurableIndex]
void AdvanceDurableIndex(Context& c) {
  Node& n = c.node;
  const auto end =
      std::find_if(n.log_writes.begin(), n.log_writes.end(), [](const LogWrite& write) { return !write.done; });
  if (end == n.log_writes.begin()) return;
  Index durable = n.durable_index;
  for (auto write = n.log_writes.begin(); write != end; ++write) durable = std::max(durable, write->last);
  n.log_writes.erase(n.log_writes.begin(), end);
  n.failing = n.failing && Owes(n);
  if (durable == n.durable_index) return;
  n.durable_index = durable;
  if (n.role == Role::kLeader) {
    AdvanceCommitIndex(c);
  } else {
    AcknowledgeDurable(c);
  }
}

}  // namespace

bool WriteDone(Context& c, WriteId id) {
  Node& n = c.node;
  if (n.halted) return false;
  if (id != 0 && id == n.vote_write) {
    n.vote_write = 0;
    n.durable_term = n.current_term;
    n.durable_vote = n.voted_for;
    n.failing = n.failing && Owes(n);
    CountOwnVote(c);
    return EndOfStep(c);
  }
  for (LogWrite& write : n.log_writes) {
    if (write.id != id) continue;
    write.done = true;
    AdvanceDurableIndex(c);
    break;
  }
  return EndOfStep(c);
}

bool WriteFailed(Context& c, WriteId id) {
  Node& n = c.node;
  if (n.halted) return false;
  if (id == 0 || id >= n.next_write) return EndOfStep(c);
  // Names of writes ascend: what was asked for later follows a hole, whether or not the failed write itself still
  // counts.
  const bool of_log =
      std::any_of(n.log_writes.begin(), n.log_writes.end(), [id](const LogWrite& write) { return write.id >= id; });
  std::erase_if(n.log_writes, [id](const LogWrite& write) { return write.id >= id; });
  if (n.vote_write >= id) n.vote_write = 0;
  n.issued_index = n.log_writes.empty() ? n.durable_index : n.log_writes.back().last;
  if (Owes(n)) n.failing = true;
  if (of_log && n.role == Role::kLeader) HandOverAndStepDown(c);
  return EndOfStep(c);
}

bool EndOfStep(Context& c) {
  if (!c.node.halted && !c.node.failing) SaveVote(c);
  return true;
}

}  // namespace lockstep::model
