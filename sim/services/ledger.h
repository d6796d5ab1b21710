// Ledger: what the log says: every command in order, and what the key-value store is after each of them by the naive
// model.
//
//     position   0      1       2          3               commands applied
//     command    -      put a   grant 7    put b, delete a
//     revision   1      2       2          3               of the state after it
//
// The first node that applies a command enters it; the model (kvsm/model) takes it too and must give the same reply, as
// must every other node that applies it later. So the log is the witness of every answer: an answer that shows a
// revision was given by the state after one of the positions that have it.
// Left to others: who was told what, and when (judge.h).
#ifndef LOCKSTEP_SIM_SERVICES_LEDGER_H_
#define LOCKSTEP_SIM_SERVICES_LEDGER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/types.h"
#include "kvsm/api/cluster.pb.h"
#include "kvsm/command.h"
#include "kvsm/model/model.h"

namespace lockstep::sim {

class Ledger {
 public:
  using Change = kvsm::model::Change;

  struct Entry {
    Index index = 0;
    Term term = 0;
    kvsm::CommandKind kind = kvsm::CommandKind::kPut;
    std::string body;
    std::string reply;  // Whole, as machines give it.
    kvsm::Error error = kvsm::Error::kNone;
    int64_t revision = 0;  // Of the state after it.
    bool claimed = false;  // A client has been told of it.
  };
  // From when to when a lease was there.
  struct LeaseLife {
    int64_t ttl_seconds = 0;
    size_t granted = 0;      // The position.
    size_t ended = 0;        // 0: it is still there.
    int64_t expired_at = 0;  // In true time; 0: it has not, or was revoked.
  };

  // The members, by id.
  using Table = std::map<uint64_t, etcdserverpb::Member>;

  // A node has applied this, and replied so. Returns what is wrong with that; empty: nothing.
  std::string Apply(Index index, Term term, std::string_view command, std::string_view reply, int64_t now);

  // How many commands there are: the last position.
  size_t size() const { return entries_.size(); }
  Entry& at(size_t position) { return entries_[position - 1]; }
  const Entry& at(size_t position) const { return entries_[position - 1]; }
  int64_t revision() const { return model_.revision(); }
  int64_t compact_revision() const { return model_.compact_revision(); }
  int64_t CompactRevisionAt(size_t position) const;

  // Whether a state that can be seen has this revision; at which positions.
  bool IsShown(int64_t revision) const { return first_.contains(revision); }
  size_t FirstAt(int64_t revision) const { return first_.at(revision); }
  size_t LastAt(int64_t revision) const;

  // Everything that ever changed, in order, and the first of it at or after a revision.
  const std::vector<Change>& changes() const { return changes_; }
  size_t ChangesFrom(int64_t revision) const;
  // What is there after a revision; what a range then gives. Compaction is not known here.
  std::map<std::string, Change> StateAt(int64_t revision) const { return archive_.StateAt(revision); }
  kvsm::Error RangeAt(int64_t revision, etcdserverpb::RangeRequest request,
                      etcdserverpb::RangeResponse& response) const;
  // Below a prefix, the key that was created first of those there after `revision`.
  std::optional<Change> FirstCreated(const std::string& prefix, int64_t revision) const;
  // The first revision after `revision` from which on that key is not there as created then; kvsm::kNewest: none yet.
  int64_t EndOf(const std::string& key, int64_t created, int64_t revision) const;

  // The table of members after each change of it, by position; the first is empty, at 0.
  const std::vector<std::pair<size_t, Table>>& tables() const { return tables_; }
  const Table& members() const { return tables_.back().second; }
  // Founders have been written down, in the runs in which they are.
  bool founded() const { return tables_.size() > 1; }
  // What all that was ever put counts for against a quota.
  int64_t bytes_put() const { return bytes_put_; }

  // Null: there never was such a lease.
  const LeaseLife* FindLease(int64_t id) const;
  // Leases that are there and were to end before this position's log time, as far as the log tells.
  const std::map<int64_t, LeaseLife>& leases() const { return leases_; }
  // Ended by the command entered last, because their time was over.
  const std::vector<int64_t>& just_expired() const { return just_expired_; }
  bool just_entered(Index index) const { return !entries_.empty() && entries_.back().index == index; }

 private:
  void NoteLeases(const Entry& entry, int64_t now);
  void NoteMembers(const Entry& entry);

  kvsm::model::Model model_;
  kvsm::model::Model archive_;  // Never compacted.
  std::vector<Entry> entries_;
  std::map<int64_t, size_t> first_{{1, 0}};  // Positions, by the revision that begins there.
  std::map<size_t, int64_t> compactions_;    // By position.
  std::vector<Change> changes_;
  std::map<int64_t, LeaseLife> leases_;
  std::vector<int64_t> just_expired_;
  std::vector<std::pair<size_t, Table>> tables_{{0, {}}};
  int64_t bytes_put_ = 0;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SERVICES_LEDGER_H_
