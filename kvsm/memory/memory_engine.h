// MemoryEngine: the engine in memory: a tree of keys, and the changes since the compaction in their order.
//
// Forgetting is put off: a compaction is noted at once, and what it lets go is freed bit by bit. Each change up to the
// compaction frees the version before it; a deletion also itself. So the work is that of the changes, not of the keys.
#ifndef LOCKSTEP_KVSM_MEMORY_MEMORY_ENGINE_H_
#define LOCKSTEP_KVSM_MEMORY_MEMORY_ENGINE_H_

#include <deque>
#include <map>

#include "kvsm/engine.h"
#include "kvsm/memory/key_index.h"

namespace lockstep::kvsm {

class MemoryEngine final : public Engine {
 public:
  void Append(const VersionView& version) override;
  void LoadBase(const VersionView& version) override;
  bool Find(std::string_view key, Revision at, VersionView& found) const override;
  void Scan(const KeyRange& range, Revision at, Visitor visitor) const override;
  int64_t Count(const KeyRange& range, Revision at) const override;
  void ScanChanges(ChangePosition first, Revision last, Visitor visitor) const override;
  void Compact(Revision revision) override;
  bool Collect(size_t versions_max) override;
  void Pin(Revision revision) override { ++pins_[revision]; }
  void Unpin(Revision revision) override;
  int64_t bytes() const override { return bytes_; }
  int64_t key_count() const override { return keys_.count(); }

 private:
  // What can be forgotten: what only revisions before this one can see.
  Revision Horizon() const;
  void AddGarbage(Revision revision, int64_t bytes);
  void CollectBefore(const Version& change);

  KeyIndex keys_;
  std::deque<Version*> changes_;  // Those that may still be seen as changes, in order. They are in keys_, too.
  size_t collected_ = 0;          // Of changes_: before these nothing is left to free, for `collected_at_`.
  Revision collected_at_ = 0;
  Revision compacted_ = 0;
  std::map<Revision, int> pins_;

  int64_t bytes_ = 0;
  // How many bytes a compaction at each revision from garbage_first_ on sets free.
  std::deque<int64_t> garbage_;
  Revision garbage_first_ = 1;
};

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_MEMORY_MEMORY_ENGINE_H_
