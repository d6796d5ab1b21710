// Store: revisions, versions and compaction over an engine: what puts and deletions mean, one at a time.
//
// A write is a series of changes between Begin and End: all have the next revision, numbered by `sub`, and are seen by
// what follows within the write. A write without changes takes no revision.
#ifndef LOCKSTEP_KVSM_STORE_H_
#define LOCKSTEP_KVSM_STORE_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvsm/engine.h"
#include "kvsm/errors.h"
#include "kvsm/leases.h"

namespace lockstep::kvsm {

class Store {
 public:
  Store(std::unique_ptr<Engine> engine, Leases& leases) : engine_(std::move(engine)), leases_(leases) {}

  // The revision of the last finished write; 1 at the beginning.
  Revision revision() const { return revision_; }
  // Reads below it are refused; -1: nothing is compacted.
  Revision compact_revision() const { return compact_revision_; }
  // What a reader here and now sees: within a write that has changed something, its revision.
  Revision seen_revision() const { return revision_ + (changes_ > 0 ? 1 : 0); }
  const Engine& engine() const { return *engine_; }
  Engine& engine() { return *engine_; }

  // The revision to ask the engine for, if a request names `revision`; 0 and below: now.
  // Errors: kFutureRev, kCompacted.
  Error Resolve(Revision revision, Revision& at) const;

  // ---- Writes.
  // Requires: the lease is there, if not 0. The previous version's lease lets the key go.
  void Put(std::string_view key, std::string_view value, LeaseId lease);
  // How many keys were there.
  int64_t DeleteRange(const KeyRange& range);
  // Ends the write. True: it has changed something, and taken a revision.
  bool End();

  // Errors: kCompacted, kFutureRev. Requires: no write is under way.
  Error Compact(Revision revision);

  // ---- From a snapshot.
  void Restore(Revision revision, Revision compact_revision);
  void RestoreVersion(const VersionView& version, bool is_base);

 private:
  std::unique_ptr<Engine> engine_;
  Leases& leases_;
  Revision revision_ = 1;
  Revision compact_revision_ = -1;
  uint32_t changes_ = 0;  // Of the write under way.
};

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_STORE_H_
