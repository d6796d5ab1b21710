// What the driver does for each effect of the core.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "runtime/driver/driver.h"

namespace lockstep::runtime {

void Driver::CarryOutAll() {
  for (Effect& effect : effects_) {
    std::visit([this](auto& which) { Do(which); }, effect);
    if (!stopped_.ok()) return;
  }
  if (apply_.has_value()) {
    const effect::Apply apply = *std::exchange(apply_, std::nullopt);
    applier_.Apply(apply.first, apply.last, state_.log);
  }
}

// ---- Disk ----------------------------------------------------------------------------------------------

void Driver::Do(effect::SaveVote& write) { writes_.Collect(write); }

void Driver::Do(effect::AppendLog& write) {
  // Entries that are written again have theirs in the cache: all are found before any is put there anew.
  std::vector<Payload> all(write.entries.size());
  std::vector<Payload> payloads;
  for (size_t i = 0; i < all.size(); ++i) {
    if (write.entries[i].kind != EntryKind::kCommand) continue;
    const Payload* found = FindPayload(write.first + i);
    LOCKSTEP_CHECK(found != nullptr && found->bytes.size() == write.entries[i].bytes);
    all[i] = *found;
    payloads.push_back(*found);
  }
  for (size_t i = 0; i < all.size(); ++i) cache_.Put(write.first + i, std::move(all[i]));
  writes_.Collect(write, std::move(payloads));
}

void Driver::Do(effect::TruncateLog& write) {
  cache_.TruncateAfter(write.last);
  writes_.Collect(write);
}

void Driver::Do(effect::CompactLog& compact) {
  // The log on disk may have been emptied for the snapshot already, and goes on behind it: it must not go back.
  if (state_.incoming.has_value() && state_.incoming->installing) return;
  writes_.Compact(compact.last, state_.log.ConfigurationAt(compact.last.index));
}

void Driver::OnCommitted(const absl::Status& status) {
  committed_micros_ = ReadClock().micros;
  OnStorage(status);
  ScheduleTurn();
}

void Driver::FreeSends(WriteId id, bool done) {
  for (Envelope& envelope : writes_.Told(id, done)) host_.sender.Send(std::move(envelope));
}

// ---- Network -------------------------------------------------------------------------------------------

const Payload* Driver::FindPayload(Index index) const {
  const auto at = std::lower_bound(input_payloads_.begin(), input_payloads_.end(), index,
                                   [](const auto& entry, Index wanted) { return entry.first < wanted; });
  if (at != input_payloads_.end() && at->first == index) return &at->second;
  return cache_.Find(index);
}

// The payloads of the entries of `append`. False if the log cannot give one back; then the node has stopped.
bool Driver::AttachEntries(const AppendEntries& append, std::vector<Payload>& payloads) {
  const Index first = append.previous.index + 1;
  // What is not at hand lies before what is.
  Index missing = 0;
  for (Index index = first; index <= append.last_index(); ++index) {
    if (append.entries[index - first].kind == EntryKind::kCommand && FindPayload(index) == nullptr) missing = index;
  }
  if (missing != 0) {
    absl::StatusOr<std::vector<Payload>> read = host_.log.Read(first, missing);
    if (!read.ok()) {
      Stop(read.status());
      return false;
    }
    payloads = *std::move(read);
  }
  for (Index index = std::max(first, missing + 1); index <= append.last_index(); ++index) {
    if (append.entries[index - first].kind == EntryKind::kCommand) payloads.push_back(*FindPayload(index));
  }
  return true;
}

void Driver::Do(effect::Send& send) {
  if (std::holds_alternative<InstallSnapshot>(send.message.body)) {
    // A leader's vote is durable: it need not wait for it.
    LOCKSTEP_CHECK(send.after == 0);
    snapshotter_.SendChunk(std::move(send.message), options_.group);
    return;
  }
  Envelope envelope{options_.group, std::move(send.message), {}};
  if (const auto* append = std::get_if<AppendEntries>(&envelope.message.body)) {
    if (!AttachEntries(*append, envelope.payloads)) return;
  }
  if (send.after != 0) {
    writes_.Hold(send.after, std::move(envelope));
  } else {
    host_.sender.Send(std::move(envelope));
  }
}

void Driver::Do(effect::LoadEntries& load) {
  std::vector<Term> terms;
  for (Index index = load.first; index <= load.last; ++index) terms.push_back(*state_.log.TermAt(index));
  // The last part may still be at hand, and not even on disk.
  const Index held = std::clamp(cache_.first(), load.first, load.last + 1);
  std::vector<Payload> tail;
  for (Index index = held; index <= load.last; ++index) {
    if (state_.log.At(index).kind == EntryKind::kCommand) tail.push_back(*cache_.Find(index));
  }
  if (held == load.first) return FinishLoad(load, terms, std::move(tail));
  host_.log.ReadInBackground(load.first, held - 1,
                             [this, alive = alive_, load, terms = std::move(terms),
                              tail = std::move(tail)](absl::StatusOr<std::vector<Payload>> read) {
                               if (!*alive) return;
                               if (!read.ok()) return Stop(read.status());
                               read->insert(read->end(), tail.begin(), tail.end());
                               FinishLoad(load, terms, *std::move(read));
                             });
}

void Driver::FinishLoad(const effect::LoadEntries& load, const std::vector<Term>& terms,
                        std::vector<Payload> payloads) {
  // Meanwhile other entries may have taken their places, or a snapshot: these are not to be sent, and the peer waits
  // for something else.
  bool there = true;
  for (Index index = load.first; index <= load.last && there; ++index) {
    there = index >= state_.log.first_index() && state_.log.TermAt(index) == terms[index - load.first];
  }
  if (!there) payloads.clear();
  Enqueue(input::EntriesLoaded{load.peer, load.first, load.last, there}, std::move(payloads));
}

// ---- Time ----------------------------------------------------------------------------------------------

void Driver::Do(effect::SetTimer& timer) {
  const int64_t timeout = options_.election_timeout_micros;
  switch (timer.timer) {
    case effect::Timer::kElection:
      election_timer_.Set(
          host_.entropy.DrawBetween(timeout, timeout + timeout * options_.election_spread_percent / 100 - 1),
          [this] { Enqueue(input::ElectionTimeout{}); });
      return;
    case effect::Timer::kHeartbeat:
      heartbeat_timer_.Set(options_.heartbeat_micros, [this] {
        std::vector<LogPosition> in_use;
        for (const Peer& peer : state_.leading.peers) {
          if (peer.progress.mode != ProgressMode::kSnapshot) continue;
          in_use.push_back(peer.progress.snapshot.snapshot.last_included);
        }
        snapshotter_.Retain(in_use);
        Enqueue(input::HeartbeatTimeout{});
      });
      return;
    case effect::Timer::kQuorumCheck:
      quorum_check_timer_.Set(timeout, [this] { Enqueue(input::QuorumCheckTimeout{}); });
      return;
  }
}

// ---- State machine and snapshots -----------------------------------------------------------------------

// Begun only once all outcomes of the step are known, so that each reply finds its request.
void Driver::Do(effect::Apply& apply) {
  apply_ = apply;
  for (Index index = apply.first; index <= apply.last; ++index) applied_bytes_ += state_.log.At(index).bytes;
}

void Driver::Do(effect::TakeSnapshot& take) { snapshotter_.Take(take.last_included, take.configuration); }

void Driver::Do(effect::StoreSnapshotChunk& chunk) {
  LOCKSTEP_CHECK(input_payloads_.size() == 1 && input_payloads_[0].second.bytes.size() == chunk.bytes);
  snapshotter_.StoreChunk(chunk, input_payloads_[0].second);
}

void Driver::Do(effect::InstallSnapshot& install) {
  LOCKSTEP_CHECK(state_.incoming.has_value());
  snapshotter_.Install(install, state_.incoming->total_bytes);
}

// ---- News ----------------------------------------------------------------------------------------------

void Driver::Do(effect::ConfigurationChanged& changed) {
  if (observer_ != nullptr) observer_->OnConfigurationChanged(changed.configuration);
}

void Driver::Do(effect::RoleChanged& changed) {
  if (observer_ != nullptr) observer_->OnRoleChanged(changed);
}

void Driver::Do(effect::Halt& halt) {
  std::string what =
      absl::StrCat("this node has stopped: ", ToString(halt.reason), ", shown by node ", ToString(halt.peer), ": here ",
                   halt.here.index, ":", halt.here.term, ", there ", halt.there.index, ":", halt.there.term);
  if (halt.reason == effect::HaltReason::kAcknowledgedEntriesLost) {
    absl::StrAppend(&what,
                    "; its disk lost what it had acknowledged: remove its data and let it join again under a new "
                    "incarnation");
  } else {
    absl::StrAppend(&what,
                    "; two nodes disagree about what is committed, or who leads: keep the data of all nodes, and "
                    "look for a disk that lost writes or a node that runs twice");
  }
  Stop(absl::DataLossError(what));
}

}  // namespace lockstep::runtime
