// What each directive lets happen.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/script/likeness.h"
#include "sim/script/stage.h"

namespace lockstep::sim {
namespace {

constexpr int kWorkMax = 100'000;

absl::Status Impossible(const std::string& why) { return absl::FailedPreconditionError(why); }

ServerSet SetOf(const std::vector<uint32_t>& nodes) {
  ServerSet set = 0;
  for (uint32_t node : nodes) set |= Only(node);
  return set;
}

}  // namespace

// ---- Network -------------------------------------------------------------------------------------------

absl::Status Stage::Deliver(Directive& directive) {
  const uint32_t from = directive.nodes[0], to = directive.nodes[1];
  std::vector<uint32_t>& link = links_[from][to];
  std::vector<size_t> fit;
  for (size_t i = 0; i < link.size(); ++i) {
    const char* kind = KindName(network_.on_its_way(link[i]).message.body);
    if (directive.word.empty() || directive.word == kind) fit.push_back(i);
  }
  if (directive.like != nullptr && !fit.empty()) {
    int best = -1;
    for (size_t i = 0; i < fit.size(); ++i) {
      const int likeness = Likeness(network_.on_its_way(link[fit[i]]).message, *directive.like);
      if (likeness > best) directive.number = i + 1;
      best = std::max(best, likeness);
    }
  }
  const size_t rank = std::max<size_t>(directive.number, 1);
  if (rank > fit.size()) {
    std::string others;
    for (uint32_t slot : link) absl::StrAppend(&others, "\n    ", ToString(network_.on_its_way(slot).message));
    return Impossible(absl::StrCat(fit.empty() ? "no " : absl::StrCat("only ", fit.size(), " "),
                                   directive.word.empty() ? "message" : directive.word, " from ", from, " to ", to,
                                   " is on its way; on that link are:", others.empty() ? " none" : others));
  }
  const uint32_t slot = link[fit[rank - 1]];
  if (directive.word.empty()) directive.word = KindName(network_.on_its_way(slot).message.body);
  if (directive.Has("keep")) network_.Repeat(slot);
  link.erase(link.begin() + static_cast<ptrdiff_t>(fit[rank - 1]));
  Node& node = server(to);
  if (directive.verb == Verb::kDrop || !node.up()) {
    Envelope lost;
    network_.Arrive(slot, false, lost);
    return absl::OkStatus();
  }
  QueuedEvent event;
  event.kind = EventKind::kDeliver;
  event.node = static_cast<uint8_t>(to);
  event.argument = slot;
  node.Handle(event);
  return absl::OkStatus();
}

absl::Status Stage::HappenToNetwork(Directive& directive) {
  switch (directive.verb) {
    case Verb::kDrop:
      return Deliver(directive);
    case Verb::kSettle:
      Settle(directive.nodes);
      return absl::OkStatus();
    case Verb::kUnreachable:
      if (const absl::Status status = NeedRunning(directive.nodes[0]); !status.ok()) return status;
      server(directive.nodes[0]).FireEarly(input::PeerUnreachable{server(directive.nodes[1]).id()});
      return absl::OkStatus();
    case Verb::kCut:
      cut_ = cut_ | LinkSet::Between(Only(directive.nodes[0]), Only(directive.nodes[1]));
      break;
    case Verb::kPartition:
      cut_ = cut_ | LinkSet::Both(SetOf(directive.nodes), SetOf(directive.others));
      break;
    default:
      cut_ = {};
  }
  network_.Cut(cut_, 0, 0);
  const FaultPhase phase = cut_.empty() ? FaultPhase::kEnd : FaultPhase::kBegin;
  world_.Inject(Fault::kPartition, phase, kNoNode);
  return absl::OkStatus();
}

void Stage::Settle(const std::vector<uint32_t>& nodes) {
  const ServerSet all = FirstServers(servers());
  const ServerSet concerned = nodes.empty() ? all : SetOf(nodes);
  Drain();
  DropDead();
  for (int done = 0; done < kWorkMax && !world_.failed(); ++done) {
    if (WorkOnce(concerned)) continue;
    // The message that was sent first.
    std::optional<std::pair<uint32_t, uint32_t>> first;
    uint64_t first_id = 0;
    for (uint32_t from = 1; from <= servers(); ++from) {
      for (uint32_t to = 1; to <= servers(); ++to) {
        const bool chosen = Has(concerned, from) && Has(concerned, to) && !node(to).paused();
        if (!chosen || links_[from][to].empty()) continue;
        const uint64_t id = network_.on_its_way(links_[from][to].front()).id;
        if (first.has_value() && id > first_id) continue;
        first = {from, to};
        first_id = id;
      }
    }
    if (!first.has_value()) return;
    Directive deliver;
    deliver.verb = Verb::kDeliver;
    deliver.nodes = {first->first, first->second};
    deliver.number = 1;
    (void)Deliver(deliver);
    Drain();
    DropDead();
  }
  if (!world_.failed()) world_.Fail("SettlesInTime", kNoNode, "the cluster does not come to rest");
}

// ---- Processes -----------------------------------------------------------------------------------------

absl::Status Stage::HappenToProcess(const Directive& directive) {
  const uint32_t number = directive.nodes[0];
  Node& node = server(number);
  const bool wants_down =
      directive.verb == Verb::kRestart || directive.verb == Verb::kWipe || directive.verb == Verb::kLoseDisk;
  if (wants_down && node.up()) return Impossible(absl::StrCat("node ", number, " is up: crash it first"));
  if (!wants_down && !node.up()) return Impossible(absl::StrCat("node ", number, " is down"));
  switch (directive.verb) {
    case Verb::kCrash:
      crash_ = directive;
      node.Crash();
      break;
    case Verb::kRestart:
      node.Start();
      break;
    case Verb::kWipe:
      world_.Inject(Fault::kWipe, FaultPhase::kOnce, node.id());
      node.Wipe();
      break;
    case Verb::kLoseDisk:
      world_.Inject(Fault::kWipe, FaultPhase::kOnce, node.id());
      node.LoseDisk();
      break;
    case Verb::kPause:
      world_.Inject(Fault::kPause, FaultPhase::kOnce, node.id());
      node.Pause();
      break;
    default:
      if (!node.paused()) return Impossible(absl::StrCat("node ", number, " is not paused"));
      node.Resume();
  }
  return absl::OkStatus();
}

// ---- Disks and state machines --------------------------------------------------------------------------

absl::Status Stage::HappenToDisk(Directive& directive) {
  if (directive.verb == Verb::kDisk) {
    const ServerSet nodes = directive.nodes.empty() ? FirstServers(servers()) : SetOf(directive.nodes);
    if (directive.word != "manual" && directive.word != "auto") {
      return absl::InvalidArgumentError(absl::StrCat("'", directive.word, "' found where manual or auto is expected"));
    }
    manual_ = directive.word == "manual" ? manual_ | nodes : manual_ & ~nodes;
    return absl::OkStatus();
  }
  const uint32_t number = directive.nodes[0];
  if (const absl::Status status = NeedRunning(number); !status.ok()) return status;
  if (directive.verb == Verb::kSnapshot) {
    const State& state = node(number).state();
    const Index index = directive.Number("index", state.applied_index);
    if (index <= state.snapshot.last_included.index || index > state.applied_index) {
      return Impossible(absl::StrCat("no snapshot of index ", index, " can be taken: node ", number, " has applied ",
                                     state.applied_index, " and has one of ", state.snapshot.last_included.index));
    }
    server(number).TakeSnapshot(index);
    return absl::OkStatus();
  }
  EventKind kind = EventKind::kWriteComplete;
  Fault fault = Fault::kSnapshotFailure;
  if (directive.verb == Verb::kWrite) fault = Fault::kWriteFailure;
  if (directive.verb == Verb::kApply) kind = EventKind::kApplied;
  if (directive.verb == Verb::kSave) kind = EventKind::kSnapshotWritten;
  if (directive.verb == Verb::kStore) kind = EventKind::kChunkStored;
  if (directive.verb == Verb::kInstall) kind = EventKind::kSnapshotInstalled;
  if (directive.verb == Verb::kLookUp) kind = EventKind::kLookUp;
  if (directive.verb == Verb::kLoad) {
    kind = EventKind::kEntriesLoaded;
    fault = Fault::kLoadFailure;
  }
  DropDead();
  const std::optional<size_t> at = FindWork(number, kind, directive.number);
  if (!at.has_value()) {
    return Impossible(
        absl::StrCat("node ", number, " has no such thing to do",
                     Has(manual_, number) ? "" : "; it does such things by itself: expected 'disk manual'"));
  }
  const QueuedEvent event = work_[*at];
  work_.erase(work_.begin() + static_cast<ptrdiff_t>(*at));
  if (directive.Has("fails")) scenario_.fault_ppm[fault] = 1'000'000;
  if (directive.Has("torn")) {
    scenario_.fault_ppm[Fault::kTornWrite] = 1'000'000;
    answers_.next.push_back(directive.Number("torn", 0));
  }
  Dispatch(event);
  return absl::OkStatus();
}

// ---- Requests ------------------------------------------------------------------------------------------

void Stage::Ask(uint32_t number, uint32_t index, bool lease) {
  Operation& operation = operations_[index];
  sim::Request request;
  request.client = index;
  request.attempt = ++operation.attempts;
  request.sequence = operation.command.sequence;
  request.payload = operation.payload;
  request.key = operation.command.key;
  request.lease = lease;
  operation.answer = Answer::kPending;
  operation.request_id = world_.next_request_id;
  if (!operation.label.empty()) labels_[operation.label] = operation.request_id;
  QueuedEvent event;
  event.kind = EventKind::kRequest;
  event.node = static_cast<uint8_t>(number);
  event.argument = world_.requests.Put(request);
  Dispatch(event);
}

absl::Status Stage::Propose(const Directive& directive) {
  const uint32_t number = directive.nodes[0];
  if (const absl::Status status = NeedRunning(number); !status.ok()) return status;
  if (directive.Has("again")) {
    const Operation* operation = FindOperation(directive.Text("again"));
    if (operation == nullptr) return Impossible(absl::StrCat("no request is called ", directive.Text("again")));
    if (operation->answer == Answer::kOk) return Impossible(absl::StrCat(operation->label, " has been answered"));
    const auto client = static_cast<uint32_t>(operation - operations_.data());
    operations_[client].answer = Answer::kPending;
    if (operation->refused) TellClient(*operation);  // It begins anew.
    operations_[client].refused = false;
    Ask(number, client, false);
    return absl::OkStatus();
  }
  scenario_.batch_ppm = directive.assignments.size() > 1 ? 1'000'000 : 0;
  for (const auto& [key, value] : directive.assignments) {
    Operation operation;
    operation.label = directive.Text("as");
    operation.key = key;
    operation.command.client = static_cast<uint32_t>(operations_.size());
    operation.command.sequence = 1;
    operation.command.key = static_cast<uint32_t>(std::find(keys_.begin(), keys_.end(), key) - keys_.begin());
    operation.command.argument = value;
    operation.command.bytes = static_cast<uint32_t>(directive.Number("bytes", 1));
    operation.payload = world_.commands.Add(operation.command);
    operations_.push_back(operation);
    TellClient(operation);
    Ask(number, operation.command.client, false);
  }
  scenario_.batch_ppm = 0;
  if (const auto batch = FindWork(number, EventKind::kProposeBatch, 1); batch.has_value()) {
    const QueuedEvent event = work_[*batch];
    work_.erase(work_.begin() + static_cast<ptrdiff_t>(*batch));
    Dispatch(event);
  }
  return absl::OkStatus();
}

absl::Status Stage::Request(const Directive& directive) {
  const uint32_t number = directive.nodes[0];
  if (const absl::Status status = NeedRunning(number); !status.ok()) return status;
  if (directive.verb == Verb::kTransfer) {
    if (directive.Has("as")) labels_[directive.Text("as")] = world_.next_request_id;
    world_.Inject(Fault::kTransfer, FaultPhase::kOnce, node(number).id(), node(directive.nodes[1]).id());
    server(number).Operate(input::TransferLeadership{0, node(directive.nodes[1]).id()});
    return absl::OkStatus();
  }
  Operation operation;
  operation.label = directive.Text("as");
  operation.key = directive.word;
  operation.command.client = static_cast<uint32_t>(operations_.size());
  operation.command.sequence = 1;
  operation.command.kind = OperationKind::kRead;
  operation.command.key = static_cast<uint32_t>(std::find(keys_.begin(), keys_.end(), directive.word) - keys_.begin());
  operations_.push_back(operation);
  TellClient(operation);
  Ask(number, operation.command.client, directive.Has("lease"));
  return absl::OkStatus();
}

absl::Status Stage::Change(const Directive& directive) {
  const uint32_t number = directive.nodes[0];
  if (const absl::Status status = NeedRunning(number); !status.ok()) return status;
  input::ProposeConfiguration request;
  std::optional<ChangeKind> kind;
  for (const std::string& word : directive.words) {
    if (word == "add" || word == "learner" || word == "remove") {
      kind = word == "add" ? ChangeKind::kAddVoter : word == "learner" ? ChangeKind::kAddLearner : ChangeKind::kRemove;
    } else if (word == "joint" || word == "explicit") {
      request.change.transition =
          word == "joint" ? lockstep::Transition::kJointImplicit : lockstep::Transition::kJointExplicit;
    } else if (word != "leave") {
      absl::StatusOr<NodeId> id = ParseNodeId(word);
      if (!id.ok() || !kind.has_value() || id->number > servers()) {
        return absl::InvalidArgumentError(absl::StrCat(
            "'", word, "' found where add, learner, remove, joint, explicit, leave or a node is expected"));
      }
      if (word.find('.') == std::string::npos) id = node(id->number).id();
      request.change.members.push_back({*kind, *id});
    }
  }
  if (directive.Has("as")) labels_[directive.Text("as")] = world_.next_request_id;
  world_.Inject(Fault::kMembership, FaultPhase::kOnce, node(number).id(), kNoNode,
                static_cast<int64_t>(request.change.members.size()));
  server(number).Operate(std::move(request));
  return absl::OkStatus();
}

absl::Status Stage::Cancel(const Directive& directive) {
  const uint32_t number = directive.nodes[0];
  if (const absl::Status status = NeedRunning(number); !status.ok()) return status;
  const auto id = labels_.find(directive.word);
  if (id == labels_.end()) return Impossible(absl::StrCat("no request is called ", directive.word));
  server(number).FireEarly(input::Cancel{id->second});
  return absl::OkStatus();
}

}  // namespace lockstep::sim
