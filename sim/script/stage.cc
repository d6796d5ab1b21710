#include "sim/script/stage.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::sim {

uint64_t Stage::Answers::Choose(uint64_t bound) {
  if (!next.empty()) {
    const uint64_t answer = std::min(next.front(), bound - 1);
    next.pop_front();
    return answer;
  }
  if (bound == uint64_t{1} << 32) return starts_++ % bound;  // Every start is another.
  if (bound == 4) return 1;                                  // A read that may be answered is.
  return bound == snapshot_bytes ? bound - 1 : 0;
}

Stage::Stage(const Setup& setup, Observer* observer)
    : scenario_(setup.scenario),
      keys_(setup.keys),
      lenient_(setup.lenient),
      choices_(Choices::FromSource(answers_)),
      observer_(observer),
      world_(scenario_, choices_, this, Checks{}),
      network_(world_) {
  answers_.snapshot_bytes = scenario_.snapshot_bytes_max;
  for (uint32_t n = 1; n <= scenario_.servers; ++n) {
    servers_.emplace_back(world_, network_, n, setup.disks[n - 1]);
  }
  for (Node& node : servers_) {
    if (!world_.failed()) node.Start();
  }
  WorkByItself();
}

void Stage::CutNext(const Directive& crash) {
  crash_ = crash;
  cut_happened_ = false;
}

absl::StatusOr<Directive> Stage::Do(const Directive& directive) {
  Directive done = directive;
  world_.now += 1000;
  const bool cuts = crash_.has_value();
  if (cuts) {
    scenario_.fault_ppm[Fault::kCrashAtCut] = 1'000'000;
    answers_.next = {999'999, crash_->Number("after-effect", 0)};
  }
  const absl::Status status = Happen(done);
  scenario_.fault_ppm = {};
  crash_.reset();
  answers_.next.clear();
  if (!world_.failed()) WorkByItself();
  if (!status.ok()) return status;
  if (cuts && !cut_happened_ && !world_.failed()) {
    return absl::FailedPreconditionError("the line after says where a step is cut, and there is no such step");
  }
  return done;
}

absl::Status Stage::Happen(Directive& directive) {
  switch (directive.verb) {
    case Verb::kTimeout:
    case Verb::kHeartbeat:
    case Verb::kCheckQuorum: {
      const uint32_t number = directive.nodes[0];
      if (const absl::Status status = NeedRunning(number); !status.ok()) return status;
      if (directive.verb == Verb::kTimeout) server(number).FireEarly(input::ElectionTimeout{});
      if (directive.verb == Verb::kHeartbeat) server(number).FireEarly(input::HeartbeatTimeout{});
      if (directive.verb == Verb::kCheckQuorum) server(number).FireEarly(input::QuorumCheckTimeout{});
      return absl::OkStatus();
    }
    case Verb::kTime:
      world_.now += static_cast<int64_t>(directive.number);
      return absl::OkStatus();
    case Verb::kDeliver:
      return Deliver(directive);
    case Verb::kDrop:
    case Verb::kSettle:
    case Verb::kCut:
    case Verb::kPartition:
    case Verb::kHeal:
    case Verb::kUnreachable:
      return HappenToNetwork(directive);
    case Verb::kCrash:
    case Verb::kRestart:
    case Verb::kWipe:
    case Verb::kLoseDisk:
    case Verb::kPause:
    case Verb::kResume:
      return HappenToProcess(directive);
    case Verb::kPropose:
      return Propose(directive);
    case Verb::kRead:
    case Verb::kTransfer:
      return Request(directive);
    case Verb::kChange:
      return Change(directive);
    case Verb::kCancel:
      return Cancel(directive);
    default:
      return HappenToDisk(directive);
  }
}

// ---- Waiting -------------------------------------------------------------------------------------------

void Stage::Drain() {
  while (!world_.queue.empty()) {
    const QueuedEvent event = world_.queue.Pop();
    switch (event.kind) {
      case EventKind::kDeliver: {
        const auto slot = static_cast<uint32_t>(event.argument);
        const Message& message = network_.on_its_way(slot).message;
        links_[message.source.number][message.dest.number].push_back(slot);
        break;
      }
      case EventKind::kReply:
        Answered(static_cast<uint32_t>(event.argument));
        break;
      case EventKind::kTimer:
      case EventKind::kRestart:
        break;  // A directive says when.
      default:
        work_.push_back(event);
    }
  }
}

bool Stage::IsDead(const QueuedEvent& event) {
  return event.life != 0 && event.life != servers_[event.node - 1].life();
}

void Stage::DropDead() {
  std::erase_if(work_, [this](const QueuedEvent& event) { return IsDead(event); });
}

void Stage::Dispatch(const QueuedEvent& event) {
  servers_[event.node - 1].Handle(event);
  Drain();
}

bool Stage::WorkOnce(ServerSet nodes) {
  for (size_t i = 0; i < work_.size(); ++i) {
    const QueuedEvent event = work_[i];
    if (!Has(nodes, event.node) || !servers_[event.node - 1].running()) continue;
    work_.erase(work_.begin() + static_cast<ptrdiff_t>(i));
    Dispatch(event);
    return true;
  }
  return false;
}

void Stage::WorkByItself() {
  Drain();
  DropDead();
  while (!world_.failed() && WorkOnce(~manual_)) {
  }
}

std::optional<size_t> Stage::FindWork(uint32_t number, EventKind kind, uint64_t rank) const {
  std::optional<size_t> last;
  for (size_t i = 0; i < work_.size(); ++i) {
    if (work_[i].node != number || work_[i].kind != kind) continue;
    last = i;
    if (rank <= 1) return i;
    --rank;
  }
  return lenient_ ? last : std::nullopt;
}

absl::Status Stage::NeedRunning(uint32_t number) const {
  if (node(number).running()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("node ", number, node(number).up() ? " is paused" : " is down"));
}

// ---- Looking on ----------------------------------------------------------------------------------------

void Stage::OnStart(const StartEvent& event) {
  if (observer_ != nullptr) observer_->OnStart(event);
}

// Within Crash, before it draws what survives: the answers are put in.
void Stage::OnCrash(const CrashEvent& event) {
  if (observer_ != nullptr) observer_->OnCrash(event);
  cut_happened_ = true;
  answers_.next.clear();
  if (!crash_.has_value() || !crash_->Has("keep")) return;
  Drain();
  for (const QueuedEvent& work : work_) {
    const bool is_snapshot = work.node == event.node.number && work.kind == EventKind::kSnapshotWritten;
    if (is_snapshot) answers_.next.push_back(0);
  }
  answers_.next.push_back(crash_->Number("keep", 0));
  answers_.next.push_back(crash_->Number("torn", 0));
  scenario_.fault_ppm[Fault::kLoseUnsynced] = 1'000'000;
  scenario_.fault_ppm[Fault::kTornWrite] = crash_->Has("torn") ? 1'000'000 : 0;
}

void Stage::OnStep(const StepEvent& event) {
  for (size_t i = 0; i < event.effects_done; ++i) {
    if (const auto* outcome = std::get_if<effect::Outcome>(&event.effects[i])) {
      outcomes_.emplace(outcome->request_id, *outcome);
    }
  }
  if (observer_ != nullptr) observer_->OnStep(event);
}

void Stage::OnMessage(const MessageEvent& event) {
  if (observer_ != nullptr) observer_->OnMessage(event);
}

void Stage::OnFault(const FaultEvent& event) {
  if (observer_ != nullptr) observer_->OnFault(event);
}

void Stage::OnCut(const CutEvent& event) {
  if (observer_ != nullptr) observer_->OnCut(event);
}

// ---- Clients -------------------------------------------------------------------------------------------

void Stage::Answered(uint32_t slot) {
  const sim::Request reply = world_.requests.Take(slot);
  Operation& operation = operations_[reply.client];
  if (operation.answer == Answer::kOk || (reply.answer != Answer::kOk && reply.attempt != operation.attempts)) return;
  operation.answer = reply.answer;
  operation.result = reply.result;
  operation.node = reply.node;
  if (reply.answer == Answer::kOk && operation.payload != 0) {
    world_.monitor.OperationAcknowledged(world_.step, operation.payload);
  }
  // What was refused at the first attempt has not happened; later an earlier attempt may have.
  operation.refused = reply.answer == Answer::kFailed && operation.attempts == 1;
  if (reply.answer == Answer::kOk || operation.refused) return TellClient(operation);
  if (observer_ != nullptr) observer_->OnClient(Told(operation));
}

ClientEvent Stage::Told(const Operation& operation) const {
  const Command& c = operation.command;
  return {world_.now, c.client, c.sequence,       c.kind,           c.key,
          c.argument, 0,        operation.answer, operation.result, operation.node};
}

void Stage::TellClient(const Operation& operation) {
  if (operation.answer == Answer::kPending) {
    history_.Begin(operation.command.client, operation.command);
  } else {
    history_.End(operation.command.client, operation.answer, operation.result);
  }
  if (observer_ != nullptr) observer_->OnClient(Told(operation));
}

HistoryVerdict Stage::CheckHistory() {
  history_.Finish();
  if (history_.verdict() == History::Verdict::kLinearizable) return HistoryVerdict::kLinearizable;
  world_.monitor.Fail(spec::Property::kLinearizability, kNoNode, world_.step, history_.Evidence());
  return HistoryVerdict::kNotLinearizable;
}

// ---- What can be asked ---------------------------------------------------------------------------------

std::optional<Violation> Stage::violation() const {
  if (world_.violation.has_value()) return world_.violation;
  const auto& broken = world_.monitor.violation();
  if (!broken.has_value()) return std::nullopt;
  return Violation{Name(broken->property), broken->step, world_.now, broken->node, broken->evidence};
}

uint64_t Stage::Value(uint32_t number, const std::string& key) const {
  const auto at = std::find(keys_.begin(), keys_.end(), key);
  return at == keys_.end() ? 0 : node(number).store().Get(static_cast<uint32_t>(at - keys_.begin()));
}

const Stage::Operation* Stage::FindOperation(const std::string& label) const {
  const auto at = std::find_if(operations_.begin(), operations_.end(),
                               [&](const Operation& operation) { return operation.label == label; });
  return at == operations_.end() ? nullptr : &*at;
}

const effect::Outcome* Stage::FindOutcome(const std::string& label) const {
  const auto id = labels_.find(label);
  if (id == labels_.end()) return nullptr;
  const auto outcome = outcomes_.find(id->second);
  return outcome == outcomes_.end() ? nullptr : &outcome->second;
}

std::vector<const Message*> Stage::OnTheirWay(uint32_t from, uint32_t to, const std::string& kind) const {
  std::vector<const Message*> messages;
  for (uint32_t slot : links_[from][to]) {
    const Message& message = network_.on_its_way(slot).message;
    if (kind.empty() || kind == KindName(message.body)) messages.push_back(&message);
  }
  return messages;
}

}  // namespace lockstep::sim
