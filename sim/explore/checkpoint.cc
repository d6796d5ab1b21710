// Space: what is kept of it between two runs of a search.
#include <utility>

#include "absl/status/status.h"
#include "sim/explore/space.h"

namespace lockstep::sim::explore {
namespace {

constexpr uint64_t kMagic = 0x4c6f636b53706163u;  // "LockSpac"

// Whatever makes two searches different.
uint64_t BoundsWord(const Bounds& bounds) {
  Fingerprinter f;
  for (const uint32_t value :
       {bounds.nodes,        bounds.voters,     bounds.terms,           bounds.entries,   bounds.crashes,
        bounds.duplicates,   bounds.heartbeats, bounds.quorum_checks,   bounds.reads,     bounds.transfers,
        bounds.snapshots,    bounds.changes,    bounds.write_failures,  bounds.in_flight, bounds.elections,
        bounds.unreachables, bounds.cancels,    bounds.snapshot_chunks, bounds.leader,    bounds.candidates}) {
    f.Add(value);
  }
  for (const bool value : {bounds.reorder_completions, bounds.prompt_apply, bounds.drop_dead, bounds.step_checks,
                           bounds.pre_vote, bounds.check_quorum, bounds.symmetry}) {
    f.Add(value ? 1 : 0);
  }
  for (const ConfigurationChange& target : bounds.targets) {
    AddTo(f, Event{input::ProposeConfiguration{0, target}});
  }
  return f.Finish().low;
}

void Save(const Ghost& ghost, Writer& writer) {
  for (const uint8_t leader : ghost.leaders) writer.Put(leader);
  for (const auto& term : ghost.votes) {
    for (const uint8_t vote : term) writer.Put(vote);
  }
  writer.Put(ghost.committed.size());
  for (const CommittedEntry& entry : ghost.committed) {
    writer.Put(entry.term);
    writer.Put(static_cast<uint64_t>(entry.kind));
    writer.Put(entry.commit_term);
  }
  writer.Put(ghost.commit_quorum);
  writer.Put(ghost.commit_quorum_term);
  writer.Put(ghost.reads.size());
  for (const OpenRead& read : ghost.reads) {
    writer.Put(read.request_id);
    writer.Put(read.committed);
  }
}

Ghost RestoreGhost(Reader& reader) {
  Ghost ghost;
  for (uint8_t& leader : ghost.leaders) leader = static_cast<uint8_t>(reader.Get());
  for (auto& term : ghost.votes) {
    for (uint8_t& vote : term) vote = static_cast<uint8_t>(reader.Get());
  }
  for (uint64_t n = reader.Get(); n > 0 && reader.ok(); --n) {
    CommittedEntry entry;
    entry.term = reader.Get();
    entry.kind = static_cast<EntryKind>(reader.Get());
    entry.commit_term = reader.Get();
    ghost.committed.push_back(entry);
  }
  ghost.commit_quorum = static_cast<uint8_t>(reader.Get());
  ghost.commit_quorum_term = reader.Get();
  for (uint64_t n = reader.Get(); n > 0 && reader.ok(); --n) {
    OpenRead read;
    read.request_id = reader.Get();
    read.committed = reader.Get();
    ghost.reads.push_back(read);
  }
  return ghost;
}

absl::Status Damaged(const char* what) {
  return absl::DataLossError(std::string("the checkpoint ") + what + ": remove it to begin anew");
}

}  // namespace

void Space::Save(Writer& writer) const {
  writer.Put(kMagic);
  writer.Put(BoundsWord(bounds_));
  writer.Put(outcomes_.size());
  for (uint32_t id = 0; id < outcomes_.size(); ++id) {
    const Outcome& outcome = outcomes_[id];
    writer.Put(outcome.key);
    writer.Put(outcome.after);
    writer.Put(outcome.sent.size());
    for (const uint32_t message : outcome.sent) writer.Put(message);
  }
  writer.Put(ghosts_.size());
  for (uint32_t id = 0; id < ghosts_.size(); ++id) explore::Save(ghosts_[id].value, writer);
}

absl::Status Space::Restore(Reader& reader) {
  if (reader.Get() != kMagic) return Damaged("is not one");
  if (reader.Get() != BoundsWord(bounds_)) return Damaged("is of a search with other bounds");
  const uint64_t outcomes = reader.Get();
  for (uint64_t id = 0; id < outcomes; ++id) {
    Outcome saved;
    saved.key = reader.Get();
    saved.after = static_cast<uint32_t>(reader.Get());
    for (uint64_t n = reader.Get(); n > 0 && reader.ok(); --n) {
      saved.sent.push_back(static_cast<uint32_t>(reader.Get()));
    }
    const uint64_t process = saved.key >> 32;
    if (!reader.ok() || process >= processes_.size()) return Damaged("is cut off");
    if (!RestoreOutcome(static_cast<uint32_t>(id), saved)) return Damaged("is of another version of the core");
  }
  const uint64_t ghosts = reader.Get();
  for (uint64_t id = 0; id < ghosts && reader.ok(); ++id) {
    Ghost ghost = RestoreGhost(reader);
    ghosts_.Restore(explore::FingerprintOf(ghost), static_cast<uint32_t>(id),
                    [this, &ghost] { return MakeEntry(std::move(ghost)); });
  }
  return reader.ok() ? absl::OkStatus() : Damaged("is cut off");
}

}  // namespace lockstep::sim::explore
