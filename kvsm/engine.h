// Engine: where versions of keys are kept, behind one small interface.
//
// A version is what a key was from one revision on, until its next version. The engine keeps them all, finds the one
// that counted at a revision, counts keys, tells what changed in order, and forgets what compaction allows. Revisions,
// transactions, leases and limits are the machine's matter (machine.h): to the engine a revision is a number that
// grows.
//
//     key    1    2    3    4    5    revision          compacted at 4: of "a" stays the version of 4, and
//     a     put       put  put                          of "c" the version of 2, since it still counts at 4;
//     b          put       del                          of "b" the deletion of 4, for who watches from 4 on;
//     c          put            put                     what 5 changed stays as it is
#ifndef LOCKSTEP_KVSM_ENGINE_H_
#define LOCKSTEP_KVSM_ENGINE_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>

#include "absl/functional/function_ref.h"

namespace lockstep::kvsm {

using Revision = int64_t;

// Later than any revision: what is there now.
inline constexpr Revision kNewest = std::numeric_limits<Revision>::max();

// A version of a key. What it refers to lasts until the engine is changed.
struct VersionView {
  std::string_view key;
  std::string_view value;
  Revision create_revision = 0;
  Revision mod_revision = 0;
  int64_t version = 0;  // Counts the key's changes since it came into being; 0: it is deleted.
  int64_t lease = 0;
  uint32_t sub = 0;  // Its place among the changes of its revision.

  bool is_deletion() const { return version == 0; }
  friend bool operator==(const VersionView&, const VersionView&) = default;
};

// A place among the changes.
struct ChangePosition {
  Revision revision = 0;
  uint32_t sub = 0;
};

// Keys in the order of their bytes: one, all from one on, or those in [begin, end).
struct KeyRange {
  enum class Kind : uint8_t { kOne, kFrom, kBetween };
  Kind kind = Kind::kOne;
  std::string_view begin;
  std::string_view end;  // kBetween.

  static KeyRange One(std::string_view key) { return {Kind::kOne, key, {}}; }
  static KeyRange From(std::string_view begin) { return {Kind::kFrom, begin, {}}; }
  static KeyRange Between(std::string_view begin, std::string_view end) { return {Kind::kBetween, begin, end}; }
  // As requests say it: no `range_end` means one key, a zero byte all from `key` on.
  static KeyRange Of(std::string_view key, std::string_view range_end) {
    if (range_end.empty()) return One(key);
    if (range_end == std::string_view("\0", 1)) return From(key);
    return Between(key, range_end);
  }
  bool Contains(std::string_view key) const {
    if (kind == Kind::kOne) return key == begin;
    return key >= begin && (kind == Kind::kFrom || key < end);
  }
};

class Engine {
 public:
  virtual ~Engine() = default;

  // Return false to see no more.
  using Visitor = absl::FunctionRef<bool(const VersionView&)>;

  // Adds the newest change. Requires: it comes after all others by (mod_revision, sub); a deletion is of a key that is
  // there, but for deletions at the compacted revision itself.
  virtual void Append(const VersionView& version) = 0;
  // Adds a version from before the latest compaction, of a key that has none yet. Requires: nothing has been appended;
  // keys ascend; it is no deletion.
  virtual void LoadBase(const VersionView& version) = 0;

  // ---- What counts at a revision; kNewest: now. Requires: it is not compacted, or pinned.

  // Whether the key is there; if so, `found` is what it is.
  virtual bool Find(std::string_view key, Revision at, VersionView& found) const = 0;
  // All that is there, by key.
  virtual void Scan(const KeyRange& range, Revision at, Visitor visitor) const = 0;
  // Cost: for kNewest O(log keys), else as Scan.
  virtual int64_t Count(const KeyRange& range, Revision at) const = 0;
  // The changes from `first` on, up to all of revision `last`, in their order, deletions too.
  virtual void ScanChanges(ChangePosition first, Revision last, Visitor visitor) const = 0;

  // ---- Forgetting.

  // What only revisions before `revision` can see may go, now or later. Requires: it is the latest compaction.
  virtual void Compact(Revision revision) = 0;
  // Goes on forgetting, for about so many versions. Changes nothing that can be seen; false: there is nothing to do.
  virtual bool Collect(size_t versions_max) = 0;
  // Keeps all that can be seen from `revision` on, whatever is compacted, until it is unpinned as often as pinned.
  virtual void Pin(Revision revision) = 0;
  virtual void Unpin(Revision revision) = 0;

  // ---- Sizes, as an outsider sees them: what is compacted does not count, whether it is gone or not.
  virtual int64_t bytes() const = 0;
  virtual int64_t key_count() const = 0;  // That are there now.
};

// What a version counts for in bytes().
inline int64_t BytesOf(const VersionView& version) {
  constexpr int64_t kOverhead = 64;
  return kOverhead + static_cast<int64_t>(version.key.size() + version.value.size());
}

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_ENGINE_H_
