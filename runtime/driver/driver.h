// Driver: one node of one group: feeds the core its inputs and carries out its effects.
//
//     callers, peers, timers, disk --> inputs --> Step --> effects --> log, peers, timers, state machine
//                                        ^                              |
//                                        `------- completions ----------'
//
// Everything happens on the host's thread, in turns: a turn takes the inputs there are, one after the other, and then
// begins one commit for all that they asked to be written. What needs no durability leaves within the turn. Callers'
// requests are answered exactly once, whatever happens; a request is never answered within the call that makes it.
#ifndef LOCKSTEP_RUNTIME_DRIVER_DRIVER_H_
#define LOCKSTEP_RUNTIME_DRIVER_DRIVER_H_

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/start.h"
#include "core/state.h"
#include "runtime/data/data_log.h"
#include "runtime/driver/applier.h"
#include "runtime/driver/host.h"
#include "runtime/driver/payload_cache.h"
#include "runtime/driver/requests.h"
#include "runtime/driver/snapshotter.h"
#include "runtime/driver/writes.h"

namespace lockstep::runtime {

enum class ReadLevel : uint8_t {
  kLinearizable,  // Fresh: a quorum confirms the leader after the read began.
  kLease,         // Fresh as long as clocks keep within their bounds; needs no round where a lease is held.
  kStale,         // What this node has.
};

class Driver final : public MessageReceiver {
 public:
  // Restores the state machine from the current snapshot and starts the node. `observer` may be null.
  // Errors: those of Start (core/start.h), of the snapshot, of the state machine and of its data store.
  static absl::StatusOr<std::unique_ptr<Driver>> Start(const Host& host, const DriverOptions& options,
                                                       const StoredLog& stored, DriverObserver* observer);
  // Answers what is open: it may have happened.
  ~Driver() override;

  // ---- Requests. The answer comes to `done`, later and once. Errors: ResourceExhausted if the budgets do not allow
  // the request, FailedPrecondition if the node has stopped; then there is no other answer.

  // Replicates and applies `command`; the answer has the state machine's reply.
  absl::StatusOr<RequestId> Propose(SharedBytes command, AnswerDone done);
  // Asks the state machine `query`; the answer has its reply.
  absl::StatusOr<RequestId> Read(std::string query, ReadLevel level, AnswerDone done);
  absl::StatusOr<RequestId> ChangeConfiguration(const ConfigurationChange& change, AnswerDone done);
  absl::StatusOr<RequestId> TransferLeadership(NodeId target, AnswerDone done);
  // The caller no longer waits: the request ends now, if it has not yet.
  void Cancel(RequestId id);
  // Takes a snapshot of what is applied, if there is anything new.
  void TakeSnapshot();

  // ---- From the network.
  void Receive(Envelope envelope) override;
  void LoseContact(NodeId peer) override;

  const State& state() const { return state_; }
  // Why the node has stopped; OK while it runs.
  const absl::Status& stopped() const { return stopped_; }
  // The disk fails or is full; OK while it works.
  const absl::Status& storage() const { return storage_; }
  size_t open_requests() const { return requests_.size(); }
  uint64_t open_request_bytes() const { return requests_.bytes(); }

 private:
  struct Queued {
    Event event;
    std::vector<Payload> payloads;  // Of Receive, Propose and EntriesLoaded: those of kCommand entries, in order.
  };

  Driver(const Host& host, const DriverOptions& options, const StoredLog& stored, DriverObserver* observer);
  absl::Status Begin(const StoredLog& stored);
  absl::Status OpenData(const StoredLog& stored) const;

  // driver.cc: turns.
  void Enqueue(Event event, std::vector<Payload> payloads = {});
  void ScheduleTurn();
  void Turn();
  void QueueProposals();
  void TakeInput(Queued queued);
  void AssignPayloads(std::vector<Payload> payloads, Index last_before);
  void Stop(absl::Status why);
  Now ReadClock() const { return host_.clock.ReadMonotonic(); }

  // driver_effects.cc: one for each effect.
  void CarryOutAll();
  void Do(effect::SaveVote& write);
  void Do(effect::AppendLog& write);
  void Do(effect::TruncateLog& write);
  void Do(effect::Send& send);
  void Do(effect::LoadEntries& load);
  void Do(effect::Apply& apply);
  void Do(effect::SetTimer& timer);
  void Do(effect::TakeSnapshot& take);
  void Do(effect::CompactLog& compact);
  void Do(effect::StoreSnapshotChunk& chunk);
  void Do(effect::InstallSnapshot& install);
  void Do(effect::Outcome& outcome);
  void Do(effect::ConfigurationChanged& changed);
  void Do(effect::RoleChanged& changed);
  void Do(effect::Halt& halt);
  const Payload* FindPayload(Index index) const;
  bool AttachEntries(const AppendEntries& append, std::vector<Payload>& payloads);
  void FinishLoad(const effect::LoadEntries& load, const std::vector<Term>& terms, std::vector<Payload> payloads);
  void FreeSends(WriteId id, bool done);
  void OnCommitted(const absl::Status& status);

  // driver_requests.cc: callers' requests.
  absl::StatusOr<RequestId> Ask(Request request);
  void AnswerLookups();
  void OnReply(Index index, std::string reply);
  void OnApplied(Index last);
  void OnRestored(const Snapshot& snapshot);
  void Finish(RequestId id, Answer answer);
  void OnStorage(const absl::Status& status);

  const std::unique_ptr<DataLog> data_log_;  // If the state machine keeps commands outside the log.
  const Host host_;                          // Its log is that one, if there is one.
  const DriverOptions options_;
  DriverObserver* const observer_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  State state_;
  EffectSink effects_;
  Input input_;
  std::vector<std::pair<Index, Payload>> input_payloads_;  // That came with the input being taken, ascending.
  std::deque<Queued> inputs_;
  bool turn_scheduled_ = false;
  absl::Status stopped_;
  absl::Status storage_;  // The last thing that was said about the disk.

  PayloadCache cache_;
  Requests requests_;
  Writes writes_;
  Applier applier_;
  Snapshotter snapshotter_;
  int64_t committed_micros_ = 0;        // When the log's last commit ended.
  uint64_t applied_bytes_ = 0;          // Since the last snapshot of this start was begun.
  std::optional<effect::Apply> apply_;  // To be begun once all effects of the step are carried out.

  struct Proposed {
    input::Proposal proposal;
    Payload payload;
  };
  std::vector<Proposed> proposed_;        // For the next turn.
  std::map<Index, RequestId> committed_;  // Proposals that wait to be applied.
  struct Lookup {
    RequestId id = 0;
    Index index = 0;
    int64_t lease_until_micros = 0;
  };
  std::vector<Lookup> lookups_;  // For the next turn in which the state machine may be asked.

  Timer election_timer_;
  Timer heartbeat_timer_;
  Timer quorum_check_timer_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_DRIVER_DRIVER_H_
