// A disk in memory that loses, like a real one, what was not synced, and fails when it is told to.
//
// MemoryDisk is the device: it outlives the process that uses it. MemoryFiles is a process's view of it. Crash() is the
// loss of power: each sector that was written and not synced stays or goes, and of the changed names of a directory a
// prefix stays, as the caller draws. A failed sync leaves its sectors in doubt for good: a later sync does not vouch
// for them, only writing them again does. What else goes wrong, DiskFaults decides at every operation.
#ifndef LOCKSTEP_RUNTIME_MEMORY_MEMORY_FILES_H_
#define LOCKSTEP_RUNTIME_MEMORY_MEMORY_FILES_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/clock.h"
#include "runtime/files.h"

namespace lockstep::runtime {

inline constexpr uint64_t kSectorBytes = 512;

// What goes wrong, asked at each operation. The default is a faultless disk of unlimited size that answers at once.
class DiskFaults {
 public:
  virtual ~DiskFaults() = default;
  // An error here fails the operation. For OnWrite nothing is written, for OnSync nothing is vouched for.
  virtual absl::Status OnWrite(const std::string&, uint64_t, size_t) { return absl::OkStatus(); }
  virtual absl::Status OnSync(const std::string&) { return absl::OkStatus(); }
  // A name is made, changed or removed; nothing is, after an error.
  virtual absl::Status OnNames(const std::string&) { return absl::OkStatus(); }
  // May damage what is read, in `bytes`.
  virtual absl::Status OnRead(const std::string&, uint64_t, std::span<char>) { return absl::OkStatus(); }
  virtual uint64_t capacity_bytes() { return UINT64_MAX; }
  // How long the next write with sync, or background work, takes.
  virtual int64_t DelayMicros() { return 0; }
};

class MemoryDisk {
 public:
  // Says for each thing in doubt whether it stays; asked in a fixed order.
  using Keep = std::function<bool()>;

  // Everything in doubt is decided: the power was lost. All files must be closed.
  void Crash(const Keep& keep);
  // Flips bits of a file, as a failing device does. Requires: the file has a byte at `offset`.
  void Damage(const std::string& path, uint64_t offset, char flip);
  // A file is gone, for good and without a trace.
  void Remove(const std::string& path) { names_.erase(path); }
  bool Exists(const std::string& path) const { return names_.contains(path); }
  // The content as a process would read it.
  const std::string& Content(const std::string& path) const { return names_.at(path)->bytes; }
  void SetContent(const std::string& path, std::string bytes);
  std::vector<std::string> Paths() const;
  uint64_t used_bytes() const;
  // What a file holds for good: its content if the power were lost now. Nothing if there is no such file then.
  std::optional<std::string> DurableContent(const std::string& path) const;
  // The whole disk as it would be then.
  MemoryDisk Durable() const;

 private:
  friend class MemoryFile;
  friend class MemoryFiles;

  // A file's content, and what its sectors would go back to.
  struct Inode {
    std::string bytes;
    uint64_t synced_size = 0;
    std::map<uint64_t, std::string> unsynced;  // Sector -> its content when it was last vouched for.
    std::set<uint64_t> doubtful;               // Those of them that a failed sync had been asked for.
  };
  // A name as it was before a change that is not synced.
  struct NameChange {
    std::string directory;
    std::vector<std::pair<std::string, std::shared_ptr<Inode>>> before;  // Null: no such name.
  };

  void ChangeNames(const std::string& directory, const std::vector<std::string>& paths);
  static void CrashInode(Inode& inode, const Keep& keep);
  std::shared_ptr<Inode> DurableInode(const std::string& path) const;

  std::map<std::string, std::shared_ptr<Inode>> names_;
  std::set<std::string> directories_{""};
  std::vector<NameChange> unsynced_names_;  // Oldest first.
};

// A process's view of the device. Ending it ends what is under way: no completion comes after that.
class MemoryFiles final : public Files {
 public:
  MemoryFiles(MemoryDisk& disk, Scheduler& scheduler, DiskFaults& faults)
      : disk_(disk), scheduler_(scheduler), faults_(faults) {}
  ~MemoryFiles() override;

  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override;
  absl::Status MakeDirectory(const std::string& directory) override;
  absl::Status SyncDirectory(const std::string& directory) override;
  void RunInBackground(std::function<absl::Status()> work, Completion done) override;

 private:
  friend class MemoryFile;
  // Runs `task` after the disk's delay, after what was asked for before on the same `lane`; never once this object
  // has ended.
  enum Lane : uint8_t { kWrites, kBackground, kLanes };
  void RunLater(Lane lane, Task task);
  void RunFirst(Lane lane);
  absl::Status ReserveBytes(const std::string& path, uint64_t more) const;

  MemoryDisk& disk_;
  Scheduler& scheduler_;
  DiskFaults& faults_;
  std::vector<Task> waiting_[kLanes];
  TaskId running_[kLanes] = {};
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_MEMORY_MEMORY_FILES_H_
