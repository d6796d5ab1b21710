#include "runtime/driver/driver.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "core/step.h"

namespace lockstep::runtime {
namespace {

// The log rests when no commit has ended for so long.
constexpr int64_t kRestMicros = 10'000;

std::unique_ptr<DataLog> MakeDataLog(const Host& host, const StoredLog& stored) {
  if (host.machine.data() == nullptr) return nullptr;
  return std::make_unique<DataLog>(host.log, *host.machine.data(), host.files, stored.outside);
}

Host WithLog(const Host& host, DataLog* log) {
  if (log == nullptr) return host;
  return {host.clock, host.scheduler, host.entropy, host.files, *log, host.snapshots, host.machine, host.sender};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Driver>> Driver::Start(const Host& host, const DriverOptions& options,
                                                      const StoredLog& stored, DriverObserver* observer) {
  std::unique_ptr<Driver> driver(new Driver(host, options, stored, observer));
  if (absl::Status status = driver->Begin(stored); !status.ok()) return status;
  return driver;
}

Driver::Driver(const Host& host, const DriverOptions& options, const StoredLog& stored, DriverObserver* observer)
    : data_log_(MakeDataLog(host, stored)),
      host_(WithLog(host, data_log_.get())),
      options_(options),
      observer_(observer),
      cache_(options.payload_cache_bytes),
      requests_(options.requests),
      writes_(
          host_.log, [this](Event event) { Enqueue(std::move(event)); },
          [this](const absl::Status& status) { OnCommitted(status); }),
      applier_(host_, options_, cache_,
               {[this](Index index, std::string reply) { OnReply(index, std::move(reply)); },
                [this](Index last) { OnApplied(last); }, [this](absl::Status why) { Stop(std::move(why)); }}),
      snapshotter_(host_, writes_, applier_,
                   {[this](Event event) { Enqueue(std::move(event)); },
                    [this](Envelope envelope) { host_.sender.Send(std::move(envelope)); },
                    [this](const Snapshot& snapshot) { OnRestored(snapshot); },
                    [this](const absl::Status& status) { OnStorage(status); },
                    [this](absl::Status why) { Stop(std::move(why)); }, [this] { ScheduleTurn(); }}),
      election_timer_(host.scheduler),
      heartbeat_timer_(host.scheduler),
      quorum_check_timer_(host.scheduler) {}

Driver::~Driver() {
  *alive_ = false;
  requests_.EndAll(absl::UnknownError("it may have happened: this node stops"), effect::Reason::kHalted);
}

// What the log refers to must be there: this node may have acknowledged it.
absl::Status Driver::OpenData(const StoredLog& stored) const {
  DataStore* const data = host_.machine.data();
  if (data != nullptr) return data->Open(stored.outside);
  if (stored.outside.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the log refers to data of ", stored.outside.size(), " entries, the first of them ",
                   stored.outside.front().position.index,
                   ", that was kept outside it, and this program's state machine keeps none: start the program that "
                   "wrote it"));
}

absl::Status Driver::Begin(const StoredLog& stored) {
  if (absl::Status status = OpenData(stored); !status.ok()) return status;
  DurableState durable{stored.term, stored.voted_for, {}, stored.log};
  if (const auto& current = host_.snapshots.current(); current.has_value()) {
    durable.snapshot = *current;
    auto source = host_.snapshots.OpenCurrent();
    if (!source.ok()) return source.status();
    if (absl::Status status = host_.machine.Restore(**source); !status.ok()) return status;
  } else {
    durable.snapshot.configuration = stored.log.configurations().front();
  }
  effects_.clear();
  absl::StatusOr<State> state = lockstep::Start(options_.id, options_.core, host_.entropy.Draw(), durable, effects_);
  if (!state.ok()) return state.status();
  state_ = *std::move(state);
  applier_.Restored(state_.applied_index);
  cache_.Clear(state_.log.last_index());
  if (observer_ != nullptr) observer_->OnStarted(durable, state_, effects_);
  CarryOutAll();
  ScheduleTurn();
  return absl::OkStatus();
}

// ---- Turns ---------------------------------------------------------------------------------------------

void Driver::Enqueue(Event event, std::vector<Payload> payloads) {
  if (!stopped_.ok()) return;
  inputs_.push_back({std::move(event), std::move(payloads)});
  ScheduleTurn();
}

void Driver::ScheduleTurn() {
  if (turn_scheduled_ || !stopped_.ok()) return;
  turn_scheduled_ = true;
  host_.scheduler.RunAfter(0, [this, alive = alive_] {
    if (*alive) Turn();
  });
}

void Driver::Turn() {
  turn_scheduled_ = false;
  QueueProposals();
  for (uint32_t i = 0; i < options_.inputs_per_turn_max && !inputs_.empty() && stopped_.ok(); ++i) {
    Queued queued = std::move(inputs_.front());
    inputs_.pop_front();
    TakeInput(std::move(queued));
  }
  if (!stopped_.ok()) return;
  AnswerLookups();
  cache_.Shrink(std::min(state_.storage.durable_index, applier_.applied()));
  writes_.MaybeCommit();
  if (ReadClock().micros - committed_micros_ >= kRestMicros) host_.log.Rest();
  if (!inputs_.empty()) ScheduleTurn();
}

void Driver::QueueProposals() {
  if (proposed_.empty()) return;
  input::Propose propose;
  std::vector<Payload> payloads;
  propose.proposals.reserve(proposed_.size());
  payloads.reserve(proposed_.size());
  for (Proposed& proposed : proposed_) {
    propose.proposals.push_back(proposed.proposal);
    payloads.push_back(std::move(proposed.payload));
  }
  proposed_.clear();
  inputs_.push_back({std::move(propose), std::move(payloads)});
}

void Driver::TakeInput(Queued queued) {
  input_ = {std::move(queued.event), ReadClock()};
  const Index last_before = state_.log.last_index();
  if (!std::holds_alternative<input::Propose>(input_.event)) {
    AssignPayloads(std::move(queued.payloads), last_before);
    queued.payloads.clear();
  }
  effects_.clear();
  Step(state_, input_, effects_);
  if (!queued.payloads.empty()) AssignPayloads(std::move(queued.payloads), last_before);
  if (observer_ != nullptr) observer_->OnStep(input_, state_, effects_);
  CarryOutAll();
  input_payloads_.clear();
  if (const auto* done = std::get_if<input::WriteDone>(&input_.event)) FreeSends(done->write_id, true);
  if (const auto* failed = std::get_if<input::WriteFailed>(&input_.event)) FreeSends(failed->write_id, false);
  if (const auto* cancel = std::get_if<input::Cancel>(&input_.event)) {
    // What the core no longer knows has been done, or waits to be applied, or has not reached it yet.
    Finish(cancel->request_id, {absl::UnknownError("it may have happened, or may yet: withdrawn by the caller"),
                                effect::Reason::kCancelled, state_.leader, 0, ""});
  }
}

// Finds out which entries the payloads that came with the input are of.
void Driver::AssignPayloads(std::vector<Payload> payloads, Index last_before) {
  if (payloads.empty()) return;
  auto payload = payloads.begin();
  const auto assign = [&](Index index, const EntryMeta& entry) {
    if (entry.kind == EntryKind::kCommand && payload != payloads.end()) {
      input_payloads_.emplace_back(index, std::move(*payload++));
    }
  };
  if (const auto* receive = std::get_if<input::Receive>(&input_.event)) {
    const Message& message = receive->message;
    if (const auto* append = std::get_if<AppendEntries>(&message.body)) {
      Index index = append->previous.index;
      for (const EntryMeta& entry : append->entries) assign(++index, entry);
    } else {
      input_payloads_.emplace_back(0, std::move(*payload));  // A snapshot's chunk.
    }
  } else if (const auto* loaded = std::get_if<input::EntriesLoaded>(&input_.event)) {
    const bool there = loaded->first >= state_.log.first_index() && loaded->last <= state_.log.last_index();
    for (Index index = loaded->first; there && index <= loaded->last; ++index) assign(index, state_.log.At(index));
  } else {
    // Those accepted are the first ones, and the first commands behind what the log had.
    for (Index index = last_before + 1; index <= state_.log.last_index(); ++index) assign(index, state_.log.At(index));
  }
}

void Driver::Stop(absl::Status why) {
  if (!stopped_.ok()) return;
  stopped_ = std::move(why);
  election_timer_.Stop();
  heartbeat_timer_.Stop();
  quorum_check_timer_.Stop();
  applier_.Stop();
  inputs_.clear();
  proposed_.clear();
  lookups_.clear();
  committed_.clear();
  requests_.EndAll(absl::UnknownError("it may have happened: this node has stopped, see its log"),
                   effect::Reason::kHalted);
  if (observer_ != nullptr) observer_->OnStopped(stopped_);
}

// ---- From the network ----------------------------------------------------------------------------------

void Driver::Receive(Envelope envelope) {
  if (envelope.group != options_.group) return;
  Enqueue(input::Receive{std::move(envelope.message)}, std::move(envelope.payloads));
}

void Driver::LoseContact(NodeId peer) { Enqueue(input::PeerUnreachable{peer}); }

}  // namespace lockstep::runtime
