#include "spec/trace/tracer.h"

#include <variant>

namespace lockstep::spec {

void Tracer::Start(const State& state) {
  NodeRefinement& node = nodes_[state.id];
  node.Begin(state);
  options_ = {state.options.pre_vote, state.options.check_quorum, state.options.lease_micros > 0};
  See(state.id);
  TraceLine line;
  line.action = "Restart";
  line.node = state.id;
  line.disk = {state.current_term, state.voted_for, node.node().snapshot, node.node().log};
  line.withheld = state.vote_withheld;
  line.state = VariablesNow(state);
  sink_(line);
}

void Tracer::Crash(NodeId node) {
  TraceLine line;
  line.action = "Crash";
  line.node = node;
  sink_(line);
}

void Tracer::Step(const Input& input, const EffectSink& effects, const State& after) {
  NodeRefinement& node = nodes_[after.id];
  TraceLine line;
  line.node = after.id;
  PutChoices(input, node.node(), after, line);
  node.Step(input, effects, after);  // A mismatch is for whoever checks the trace to find.
  PutAction(input, node, after, line);
  PutEffects(effects, line);
  line.state = VariablesNow(after);
  sink_(line);
}

// Which action it was; a read gets its number.
void Tracer::PutAction(const Input& input, const NodeRefinement& node, const State& after, TraceLine& line) {
  line.action = node.acted() ? ActionName(input.event) : "Stutter";
  if (!node.acted()) return;
  if (const auto* read = std::get_if<input::Read>(&input.event)) {
    if (node.read_by_lease()) {
      line.action = "ReadByLease";
      return;
    }
    line.read = ++reads_;
    by_request_[{after.id, read->request_id}] = line.read;
    numbers_[{after.id, after.start, after.next_read_position - 1}] = line.read;
  }
  if (const auto* cancel = std::get_if<input::Cancel>(&input.event)) {
    const auto read = by_request_.find({after.id, cancel->request_id});
    line.read = read == by_request_.end() ? 0 : read->second;
  }
}

void Tracer::PutChoices(const Input& input, const model::Node& before, const State& after, TraceLine& line) {
  if (const auto* receive = std::get_if<input::Receive>(&input.event)) line.message = Mapped(receive->message);
  if (const auto* done = std::get_if<input::WriteDone>(&input.event)) line.write = done->write_id;
  if (const auto* failed = std::get_if<input::WriteFailed>(&input.event)) line.write = failed->write_id;
  if (std::holds_alternative<input::QuorumCheckTimeout>(input.event)) {
    line.give_up = before.transfer.has_value() && !after.transfer.has_value();
    line.step_down = after.role != Role::kLeader;
  }
  if (const auto* installed = std::get_if<input::SnapshotInstalled>(&input.event)) line.ok = installed->ok;
  if (const auto* propose = std::get_if<input::Propose>(&input.event)) {
    const Index last = before.log.last_index();
    for (size_t i = 0; i < propose->proposals.size() && last + i < after.log.last_index(); ++i) {
      line.values.push_back(propose->proposals[i].bytes);
    }
  }
  if (const auto* change = std::get_if<input::ProposeConfiguration>(&input.event)) line.change = Map(change->change);
  if (const auto* transfer = std::get_if<input::TransferLeadership>(&input.event)) line.target = transfer->target;
  if (const auto* applied = std::get_if<input::Applied>(&input.event)) line.index = applied->index;
  if (const auto* taken = std::get_if<input::SnapshotTaken>(&input.event)) {
    line.index = taken->index;
    line.last = after.log.base_index();
  }
  if (const auto* stored = std::get_if<input::SnapshotChunkStored>(&input.event)) {
    const bool ended = !after.incoming.has_value() || after.incoming->installing;
    line.result = !stored->ok ? "failed" : ended ? "complete" : "more";
  }
}

void Tracer::PutEffects(const EffectSink& effects, TraceLine& line) {
  for (const Effect& effect : effects) {
    if (const auto* save = std::get_if<effect::SaveVote>(&effect)) line.writes.push_back(save->write_id);
    if (const auto* append = std::get_if<effect::AppendLog>(&effect)) line.writes.push_back(append->write_id);
    if (const auto* cut = std::get_if<effect::TruncateLog>(&effect)) line.writes.push_back(cut->write_id);
    if (std::holds_alternative<effect::InstallSnapshot>(effect)) line.writes.push_back(0);  // It has no name.
    if (const auto* send = std::get_if<effect::Send>(&effect))
      line.sent.push_back({Mapped(send->message), send->after});
  }
}

model::Message Tracer::Mapped(const Message& message) {
  See(message.source);
  See(message.dest);
  if (!ValidateMessage(message).ok()) return {};
  model::Message mapped;
  MapMessage(message, mapped);
  const NodeId reader = mapped.kind == model::MessageKind::kReadRequest ? mapped.source : mapped.dest;
  mapped.read = {0, NumberOf({reader, mapped.read.start, mapped.read.position})};
  for (const model::Entry& entry : mapped.entries) {
    if (entry.configuration == nullptr) continue;
    for (NodeId member : entry.configuration->Members()) See(member);
  }
  return mapped;
}

// The core's own state, as the specification sees it, with the numbers of reads.
Variables Tracer::VariablesNow(const State& state) {
  model::Node node;
  MapState(state, node);
  const auto number = [&](RequestId request) {
    const auto known = by_request_.find({state.id, request});
    return known == by_request_.end() ? 0 : known->second;
  };
  for (model::PendingRead& read : node.reads) {
    if (read.origin == state.id) {
      read.request = number(read.request);
    } else {
      read.key = {0, NumberOf({read.origin, read.key.start, read.key.position})};
    }
  }
  for (model::ForwardedRead& read : node.forwarded) read.key = {0, number(read.request)};
  for (NodeId member : node.configuration().Members()) See(member);
  return VariablesOf(node);
}

uint64_t Tracer::NumberOf(const ReadName& read) const {
  const auto number = numbers_.find(read);
  return number == numbers_.end() ? 0 : number->second;
}

TraceHead Tracer::Head() const {
  TraceHead head;
  head.options = options_;
  for (const auto& [node, seen] : seen_) head.servers.push_back(node);
  return head;
}

}  // namespace lockstep::spec
