#include "traces/view/columns.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"

namespace lockstep::traces::view {
namespace {

constexpr int kDown = 4;
// How far the chain of causes is followed.
constexpr size_t kCausesMax = 24;

constexpr const char* kNames[kEventKindCount] = {"election timeout",
                                                 "heartbeat timeout",
                                                 "quorum check timeout",
                                                 "receive",
                                                 "write done",
                                                 "write failed",
                                                 "propose",
                                                 "propose configuration",
                                                 "read",
                                                 "transfer leadership",
                                                 "cancel",
                                                 "applied",
                                                 "snapshot taken",
                                                 "snapshot chunk stored",
                                                 "snapshot installed",
                                                 "entries loaded",
                                                 "peer unreachable",
                                                 "start",
                                                 "crash",
                                                 "send",
                                                 "lost",
                                                 "duplicated",
                                                 "fault",
                                                 "cut",
                                                 "call",
                                                 "answer",
                                                 "healed",
                                                 "violation"};

std::string OperationText(const proto::Operation& operation) {
  if (!operation.words().empty()) return operation.words();
  const std::string key = absl::StrCat(operation.key());
  switch (operation.kind()) {
    case proto::OPERATION_KIND_READ:
      return operation.answer() == proto::ANSWER_OK ? absl::StrCat("read ", key, " = ", operation.result())
                                                    : absl::StrCat("read ", key);
    case proto::OPERATION_KIND_WRITE:
      return absl::StrCat("write ", key, " = ", operation.argument());
    default:
      return absl::StrCat("cas ", key, " ", operation.expected(), " → ", operation.argument());
  }
}

}  // namespace

const char* NameOf(EventKind kind) { return kNames[static_cast<int>(kind)]; }

void Columns::Take(const proto::Record& record) {
  switch (record.content_case()) {
    case proto::Record::kStart: {
      const proto::Start& start = record.start();
      const int event = AddEvent(record, EventKind::kStart, start.node().number());
      TakeState(event, start.node().number(), start.state());
      TakeWrites(event, start.node().number(), start.effects(), start.effects_size());
      return;
    }
    case proto::Record::kStep:
      return TakeStep(record);
    case proto::Record::kCrash: {
      const uint32_t node = record.crash().node().number();
      const int event = AddEvent(record, EventKind::kCrash, node);
      StateColumns& s = states[node];
      s.event.push_back(event);
      s.role.push_back(kDown);
      for (std::vector<uint64_t>* column : {&s.term, &s.commit, &s.last}) {
        column->push_back(column->empty() ? 0 : column->back());
      }
      std::erase_if(open_writes_, [node](const auto& write) { return write.first.first == node; });
      return;
    }
    case proto::Record::kNetwork:
      return TakeNetwork(record);
    case proto::Record::kFault:
      return TakeFault(record);
    case proto::Record::kCut:
      return TakeCut(record);
    case proto::Record::kOperation:
      return TakeOperation(record);
    case proto::Record::kHealed:
      AddEvent(record, EventKind::kHealed, 0);
      return;
    case proto::Record::kEnd:
      return TakeEnd(record);
    default:
      return;  // What it takes to run it again.
  }
}

int Columns::AddEvent(const proto::Record& record, EventKind kind, uint32_t node) {
  const int64_t time = TimeMicros(record);
  events.time.push_back(time - last_time_);
  last_time_ = time;
  events.kind.push_back(static_cast<int>(kind));
  events.node.push_back(node);
  events.step.push_back(record.has_step() ? record.step().step() : 0);
  events.term.push_back(0);
  events.low.push_back(1);
  events.high.push_back(0);
  events.text.push_back(narrator_.Story(record));
  if (node != 0) nodes.insert(node);
  return static_cast<int>(events.kind.size()) - 1;
}

void Columns::TakeStep(const proto::Record& record) {
  const proto::Step& step = record.step();
  steps = step.step();
  const uint32_t node = step.node().number();
  const auto kind = static_cast<EventKind>(std::max(0, step.input().event_case() - 3));
  const int event = AddEvent(record, kind, node);
  SetConcern(step.state().term(), 1, 0);
  const proto::Input& input = step.input();
  if (input.has_receive()) {
    Concern(input.receive().message());
    if (const int message = FindOpen(step.message_id()); message >= 0) {
      messages.end[static_cast<size_t>(message)] = event;
      messages.fate[static_cast<size_t>(message)] = 1;
      std::erase(open_messages_[step.message_id()], message);
      taken_[event] = message;
    }
  }
  if (input.has_applied()) SetConcern(step.state().term(), input.applied().index(), input.applied().index());
  if (input.has_propose())
    SetConcern(step.state().term(), step.state().last_log().index(), step.state().last_log().index());
  if (input.has_write_done()) EndWrite(event, node, input.write_done().write_id(), 1);
  if (input.has_write_failed()) EndWrite(event, node, input.write_failed().write_id(), 2);
  TakeState(event, node, step.state());
  TakeWrites(event, node, step.effects(), static_cast<int>(step.effects_done()));
}

void Columns::TakeState(int event, uint32_t node, const proto::NodeState& state) {
  StateColumns& s = states[node];
  const int role = static_cast<int>(state.role());
  const uint64_t last = state.last_log().index();
  const bool same = !s.event.empty() && s.role.back() == role && s.term.back() == state.term() &&
                    s.commit.back() == state.commit_index() && s.last.back() == last;
  if (same) return;
  s.event.push_back(event);
  s.role.push_back(role);
  s.term.push_back(state.term());
  s.commit.push_back(state.commit_index());
  s.last.push_back(last);
}

void Columns::TakeWrites(int event, uint32_t node, const google::protobuf::RepeatedPtrField<proto::Effect>& effects,
                         int done) {
  for (int i = 0; i < std::min(done, effects.size()); ++i) {
    const proto::Effect& effect = effects[i];
    const uint64_t id = effect.has_save_vote()      ? effect.save_vote().write_id()
                        : effect.has_append_log()   ? effect.append_log().write_id()
                        : effect.has_truncate_log() ? effect.truncate_log().write_id()
                                                    : 0;
    if (id == 0) continue;
    WriteColumns& w = writes[node];
    open_writes_[{node, id}] = w.begin.size();
    w.begin.push_back(event);
    w.end.push_back(-1);
    w.state.push_back(0);
  }
}

void Columns::EndWrite(int event, uint32_t node, uint64_t write_id, int state) {
  const auto open = open_writes_.find({node, write_id});
  if (open == open_writes_.end()) return;
  writes[node].end[open->second] = event;
  writes[node].state[open->second] = state;
  written_[event] = writes[node].begin[open->second];
  open_writes_.erase(open);
}

int Columns::KindOf(const proto::Message& message) {
  const google::protobuf::OneofDescriptor* body = proto::Message::descriptor()->FindOneofByName("body");
  const google::protobuf::FieldDescriptor* field = message.GetReflection()->GetOneofFieldDescriptor(message, body);
  const std::string name = field == nullptr ? "unknown" : field->message_type()->name();
  const auto at = std::find(message_names.begin(), message_names.end(), name);
  if (at != message_names.end()) return static_cast<int>(at - message_names.begin());
  message_names.push_back(name);
  return static_cast<int>(message_names.size()) - 1;
}

int Columns::FindOpen(uint64_t id) const {
  const auto open = open_messages_.find(id);
  return open == open_messages_.end() || open->second.empty() ? -1 : open->second.back();
}

void Columns::TakeNetwork(const proto::Record& record) {
  const proto::Network& network = record.network();
  const proto::Message& message = network.message();
  const bool lost = network.fate() == proto::FATE_LOST;
  const EventKind kind = lost                                       ? EventKind::kLost
                         : network.fate() == proto::FATE_DUPLICATED ? EventKind::kDuplicated
                                                                    : EventKind::kSend;
  const int event = AddEvent(record, kind, message.source().number());
  Concern(message);
  nodes.insert(message.dest().number());
  if (lost) {
    if (const int open = FindOpen(network.id()); open >= 0) {
      messages.end[static_cast<size_t>(open)] = event;
      messages.fate[static_cast<size_t>(open)] = 2;
      std::erase(open_messages_[network.id()], open);
    }
    return;
  }
  open_messages_[network.id()].push_back(static_cast<int>(messages.from.size()));
  messages.begin.push_back(event);
  messages.end.push_back(-1);
  messages.from.push_back(message.source().number());
  messages.to.push_back(message.dest().number());
  messages.kind.push_back(KindOf(message));
  messages.fate.push_back(0);
}

void Columns::Concern(const proto::Message& message) {
  uint64_t low = 1, high = 0;
  if (message.has_append_entries()) {
    const proto::AppendEntries& append = message.append_entries();
    low = append.previous().index() + (append.entries_size() == 0 ? 0 : 1);
    high = append.previous().index() + static_cast<uint64_t>(append.entries_size());
  } else if (message.has_append_entries_reply()) {
    const proto::AppendEntriesReply& reply = message.append_entries_reply();
    low = high = reply.accepted() ? reply.match_index() : reply.rejected_index();
  } else if (message.has_install_snapshot()) {
    low = high = message.install_snapshot().last_included().index();
  } else if (message.has_heartbeat()) {
    low = high = message.heartbeat().commit_index();
  } else if (message.has_request_vote()) {
    low = high = message.request_vote().last_log().index();
  } else if (message.has_read_reply()) {
    low = high = message.read_reply().read_index();
  }
  SetConcern(message.term(), low, high);
}

void Columns::SetConcern(uint64_t term, uint64_t low, uint64_t high) {
  events.term.back() = term;
  events.low.back() = low;
  events.high.back() = high;
}

void Columns::TakeFault(const proto::Record& record) {
  const proto::Fault& fault = record.fault();
  const int event = AddEvent(record, EventKind::kFault, fault.node().number());
  const std::string name = fault.name();
  const auto open = open_spans_.find(name);
  if (open != open_spans_.end() && fault.phase() != proto::PHASE_ONCE) {
    spans.end[open->second] = event;
    open_spans_.erase(open);
  }
  if (fault.phase() != proto::PHASE_BEGIN) return;
  open_spans_[name] = spans.begin.size();
  spans.name.push_back(name);
  spans.begin.push_back(event);
  spans.end.push_back(-1);
}

void Columns::TakeCut(const proto::Record& record) {
  cuts.event.push_back(AddEvent(record, EventKind::kCut, 0));
  auto& links = cuts.links.emplace_back();
  for (const proto::Link& link : record.cut().links()) links.emplace_back(link.from(), link.to());
}

void Columns::TakeOperation(const proto::Record& record) {
  const proto::Operation& operation = record.operation();
  const bool call = operation.answer() == proto::ANSWER_PENDING;
  const int event = AddEvent(record, call ? EventKind::kCall : EventKind::kAnswer, operation.node().number());
  const std::pair<uint32_t, uint64_t> name{operation.client(), operation.sequence()};
  if (call) {
    open_operations_[name] = operations.begin.size();
    operations.begin.push_back(event);
    operations.end.push_back(-1);
    operations.kind.push_back(static_cast<int>(operation.kind()));
    operations.answer.push_back(0);
    operations.text.push_back(OperationText(operation));
    return;
  }
  const auto open = open_operations_.find(name);
  if (open == open_operations_.end()) return;
  operations.end[open->second] = event;
  operations.answer[open->second] = static_cast<int>(operation.answer());
  operations.text[open->second] = OperationText(operation);
}

void Columns::TakeEnd(const proto::Record& record) {
  ended = true;
  steps = std::max(steps, record.end().steps());
  if (!record.end().has_violation()) return;
  violation = record.end().violation();
  AddEvent(record, EventKind::kViolation, violation->node().number());
}

// ---- What a violation rests on -------------------------------------------------------------------------

int Columns::ViolationEvent() const {
  const int last = static_cast<int>(events.kind.size()) - 1;
  for (int event = last; event >= 0; --event) {
    if (events.step[static_cast<size_t>(event)] == violation->step() && violation->step() != 0) return event;
  }
  return last;
}

int Columns::LastTurn(uint32_t node, int before) const {
  const auto found = states.find(node);
  if (found == states.end()) return -1;
  const StateColumns& s = found->second;
  for (size_t i = s.event.size(); i-- > 1;) {
    if (s.event[i] < before && (s.role[i] != s.role[i - 1] || s.term[i] != s.term[i - 1])) return s.event[i];
  }
  return -1;
}

std::vector<int> Columns::RestsOn() const {
  if (!violation.has_value()) return {};
  std::set<int> rests;
  std::vector<int> next = {ViolationEvent()};
  while (!next.empty() && rests.size() < kCausesMax) {
    const int event = next.front();
    next.erase(next.begin());
    if (event < 0 || !rests.insert(event).second) continue;
    // A message, and the step that sent it: the last one of its sender before.
    if (const auto taken = taken_.find(event); taken != taken_.end()) {
      const int sent = messages.begin[static_cast<size_t>(taken->second)];
      int step = sent;
      const uint32_t sender = messages.from[static_cast<size_t>(taken->second)];
      while (step >= 0 &&
             (events.node[static_cast<size_t>(step)] != sender || events.step[static_cast<size_t>(step)] == 0)) {
        --step;
      }
      next.push_back(step);
    }
    if (const auto written = written_.find(event); written != written_.end()) next.push_back(written->second);
    next.push_back(LastTurn(events.node[static_cast<size_t>(event)], event));
  }
  return {rests.begin(), rests.end()};
}

}  // namespace lockstep::traces::view
