// Files: a directory tree on a disk, as the host sees it.
//
// What is written survives the end of the process; only what is synced survives a loss of power. A new, renamed or
// removed name survives once its directory is synced. After a failed Sync nobody knows which of the bytes written since
// the last good one are on the disk, and a later Sync that succeeds does not vouch for them: write them again, in
// another place.
//
// Calls block, except the ones that take a Completion: those return at once and run it later on the host's thread
// (clock.h). All errors are values that name the file. Paths are relative to the root that an implementation was given.
#ifndef LOCKSTEP_RUNTIME_FILES_H_
#define LOCKSTEP_RUNTIME_FILES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/bytes.h"

namespace lockstep::runtime {

using Completion = std::function<void(absl::Status)>;

class File {
 public:
  virtual ~File() = default;

  // Fills `out` from `offset` on; returns how many bytes there were, fewer than asked only at the end of the file.
  virtual absl::StatusOr<size_t> Read(uint64_t offset, std::span<char> out) const = 0;

  // Writes all of `bytes`. Errors: ResourceExhausted if the disk is full; a part may have been written.
  virtual absl::Status Write(uint64_t offset, std::string_view bytes) = 0;

  // Makes the file at least `bytes` long, with zeros, and reserves the space, so that writing there cannot run out of
  // it. Errors: ResourceExhausted if the disk is full.
  virtual absl::Status Preallocate(uint64_t bytes) = 0;

  // Everything written to this file so far is on the disk when this returns OK.
  virtual absl::Status Sync() = 0;

  // Writes `parts` one after the other from `offset` on, then syncs; `done` hears how that went. Such writes of one
  // file are carried out, and told, in the order in which they were asked for.
  virtual void WriteAndSync(uint64_t offset, std::vector<SharedBytes> parts, Completion done) = 0;

  virtual absl::StatusOr<uint64_t> Size() const = 0;
};

enum class OpenMode : uint8_t {
  kRead,       // An existing file; NotFound if there is none.
  kReadWrite,  // An existing file.
  kCreate,     // A new, empty file; one of that name loses its content.
};

class Files {
 public:
  virtual ~Files() = default;

  virtual absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;

  // Gives a file another name, in the same directory or another, atomically; a file of the new name goes.
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  // Removes the name. The content goes when the last open File of it does. NotFound if there is none.
  virtual absl::Status Remove(const std::string& path) = 0;
  // The names of the files in a directory, ascending. NotFound if there is no such directory.
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& directory) = 0;
  // Makes a directory, and those above it, durably; one that exists is fine.
  virtual absl::Status MakeDirectory(const std::string& directory) = 0;
  // All names made, changed and removed in `directory` so far are on the disk when this returns OK.
  virtual absl::Status SyncDirectory(const std::string& directory) = 0;

  // Runs `work`, which may block, away from the host's thread, and then `done` with its result on it. Works are carried
  // out one after the other, beside the writes of WriteAndSync. `work` must not touch what the host's thread may.
  virtual void RunInBackground(std::function<absl::Status()> work, Completion done) = 0;
};

// The whole content of a small file. Errors: ResourceExhausted if it is larger than `bytes_max`.
absl::StatusOr<std::string> ReadWholeFile(Files& files, const std::string& path, uint64_t bytes_max);

// Puts `content` at `directory`/`name`, durably and atomically: beside, synced, renamed, directory synced.
absl::Status ReplaceFile(Files& files, const std::string& directory, const std::string& name, std::string_view content);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_FILES_H_
