// Callers' requests: how they come in, and how each of them ends.
#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "runtime/driver/driver.h"

namespace lockstep::runtime {

absl::StatusOr<RequestId> Driver::Ask(Request request) {
  if (!stopped_.ok()) {
    return absl::FailedPreconditionError(absl::StrCat("this node has stopped: ", std::string(stopped_.message())));
  }
  return requests_.Add(std::move(request));
}

absl::StatusOr<RequestId> Driver::Propose(SharedBytes command, AnswerDone done) {
  const auto id = Ask({RequestKind::kProposal, command.size(), "", std::move(done)});
  if (!id.ok()) return id;
  const auto bytes = static_cast<uint32_t>(command.size());
  proposed_.push_back({{*id, bytes}, MakePayload(std::move(command))});
  ScheduleTurn();
  return id;
}

absl::StatusOr<RequestId> Driver::Read(std::string query, ReadLevel level, AnswerDone done) {
  const uint64_t bytes = query.size();
  const auto id = Ask({RequestKind::kRead, bytes, std::move(query), std::move(done)});
  if (!id.ok()) return id;
  if (level == ReadLevel::kStale) {
    lookups_.push_back({*id, 0, 0});
    ScheduleTurn();
  } else {
    const bool lease = level == ReadLevel::kLease;
    Enqueue(input::Read{*id, lease ? input::ReadMode::kLease : input::ReadMode::kReadIndex});
  }
  return id;
}

absl::StatusOr<RequestId> Driver::ChangeConfiguration(const ConfigurationChange& change, AnswerDone done) {
  const auto id = Ask({RequestKind::kOther, 0, "", std::move(done)});
  if (id.ok()) Enqueue(input::ProposeConfiguration{*id, change});
  return id;
}

absl::StatusOr<RequestId> Driver::TransferLeadership(NodeId target, AnswerDone done) {
  const auto id = Ask({RequestKind::kOther, 0, "", std::move(done)});
  if (id.ok()) Enqueue(input::TransferLeadership{*id, target});
  return id;
}

void Driver::Cancel(RequestId id) {
  if (requests_.Find(id) != nullptr) Enqueue(input::Cancel{id});
}

void Driver::TakeSnapshot() {
  const Index applied = applier_.applied();
  const bool possible = stopped_.ok() && !snapshotter_.taking() && !snapshotter_.restoring() &&
                        applied > state_.snapshot.last_included.index && applied >= state_.log.base_index();
  if (!possible) return;
  applied_bytes_ = 0;
  snapshotter_.Take({applied, *state_.log.TermAt(applied)}, state_.log.ConfigurationAt(applied));
}

// ---- Outcomes ------------------------------------------------------------------------------------------

void Driver::Do(effect::Outcome& outcome) {
  const Request* request = requests_.Find(outcome.request_id);
  if (request == nullptr) return;  // Withdrawn, or not a caller's.
  if (outcome.kind == effect::OutcomeKind::kDone && request->kind == RequestKind::kProposal) {
    LOCKSTEP_CHECK(outcome.index > applier_.applied());
    committed_[outcome.index] = outcome.request_id;
    return;
  }
  if (outcome.kind == effect::OutcomeKind::kDone && request->kind == RequestKind::kRead) {
    lookups_.push_back({outcome.request_id, outcome.index, outcome.lease_until_micros});
    return;
  }
  Finish(outcome.request_id, {StatusOf(outcome), outcome.reason, outcome.leader, outcome.index, ""});
}

void Driver::AnswerLookups() {
  if (snapshotter_.restoring()) return;
  // An answer may bring new questions: those are for the next turn.
  std::vector<Lookup> lookups = std::exchange(lookups_, {});
  for (const Lookup& lookup : lookups) {
    const Request* request = requests_.Find(lookup.id);
    if (request == nullptr) continue;
    absl::StatusOr<std::string> reply = host_.machine.Lookup(request->query);
    if (lookup.lease_until_micros != 0) {
      const Now now = ReadClock();
      if (now.micros + now.error_micros >= lookup.lease_until_micros) {
        // The lease may have ended while the state machine was asked.
        Enqueue(input::Read{lookup.id, input::ReadMode::kReadIndex});
        continue;
      }
    }
    Answer answer{reply.status(), effect::Reason::kNone, state_.leader, applier_.applied(), ""};
    if (reply.ok()) answer.reply = *std::move(reply);
    Finish(lookup.id, std::move(answer));
  }
}

void Driver::OnReply(Index index, std::string reply) {
  const auto at = committed_.find(index);
  if (at == committed_.end()) return;
  const RequestId id = at->second;
  committed_.erase(at);
  Finish(id, {absl::OkStatus(), effect::Reason::kNone, state_.leader, index, std::move(reply)});
}

void Driver::OnApplied(Index last) {
  Enqueue(input::Applied{last});
  if (options_.snapshot_log_bytes != 0 && applied_bytes_ >= options_.snapshot_log_bytes) TakeSnapshot();
  snapshotter_.OnApplierIdle();
}

void Driver::OnRestored(const Snapshot& snapshot) {
  const Index last = snapshot.last_included.index;
  applier_.Restored(last);
  applied_bytes_ = 0;
  cache_.Clear(last);
  while (!committed_.empty() && committed_.begin()->first <= last) {
    const auto [index, id] = *committed_.begin();
    committed_.erase(committed_.begin());
    Finish(id, {absl::UnknownError("it has happened, but its reply is not known here: a snapshot overtook it"),
                effect::Reason::kLeadershipLost, state_.leader, index, ""});
  }
}

void Driver::Finish(RequestId id, Answer answer) {
  const std::optional<Request> request = requests_.Take(id);
  if (request.has_value()) request->done(std::move(answer));
}

void Driver::OnStorage(const absl::Status& status) {
  if (status.code() == storage_.code()) return;
  storage_ = status;
  if (observer_ != nullptr) observer_->OnStorage(status);
}

}  // namespace lockstep::runtime
