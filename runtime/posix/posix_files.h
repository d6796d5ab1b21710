// The production Files: a folder of the operating system's.
//
// Blocking calls block. WriteAndSync goes to io_uring where the kernel offers it and to a thread where not; whole
// blocks go past the page cache where the file system can do that (a small write with sync takes a fifth less time so).
// RunInBackground has a thread of its own, so that a snapshot never stands in the log's way.
#ifndef LOCKSTEP_RUNTIME_POSIX_POSIX_FILES_H_
#define LOCKSTEP_RUNTIME_POSIX_POSIX_FILES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/files.h"
#include "runtime/posix/event_loop.h"

namespace lockstep::runtime {

// An open file descriptor, closed with the last of its holders.
class Descriptor {
 public:
  explicit Descriptor(int fd, int direct_fd = -1) : fd_(fd), direct_fd_(direct_fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  int fd() const { return fd_; }
  // The same file, past the page cache (O_DIRECT); -1 where that is not possible.
  int direct_fd() const { return direct_fd_; }

 private:
  const int fd_;
  const int direct_fd_;
};

// The bytes of a write in whole blocks, where the disk can fetch them by itself: past the page cache, write and sync
// are one request, and half the work.
class DirectBuffer {
 public:
  static constexpr size_t kBytesMax = 256 << 10;
  static constexpr size_t kBlockBytes = 4096;

  DirectBuffer();
  ~DirectBuffer();
  DirectBuffer(const DirectBuffer&) = delete;
  DirectBuffer& operator=(const DirectBuffer&) = delete;

  // Takes `parts` in, if they are to be written at `offset` of `file` directly; 0 if not, else how many bytes they are.
  size_t Fill(const Descriptor& file, uint64_t offset, const std::vector<SharedBytes>& parts);
  const char* data() const { return data_; }

 private:
  char* const data_;
};

// Makes the folder `root`, if need be, for this process alone, until the descriptor ends.
// Errors: Unavailable if another one has it.
absl::StatusOr<std::unique_ptr<Descriptor>> LockFolder(const std::string& root);

// Carries out writes with sync in the order given, and tells each one's completion on the loop's thread.
class SyncQueue {
 public:
  virtual ~SyncQueue() = default;
  virtual void WriteAndSync(std::shared_ptr<const Descriptor> file, const std::string& path, uint64_t offset,
                            std::vector<SharedBytes> parts, Completion done) = 0;
};

enum class SyncMethod : uint8_t {
  kBest,     // io_uring if the kernel has it and permits it, else a thread.
  kIoUring,  // Errors: Unavailable.
  kThread,
};

class PosixFiles final : public Files {
 public:
  // The tree below the folder `root`, which is made if need be.
  static absl::StatusOr<std::unique_ptr<PosixFiles>> Make(EventLoop& loop, const std::string& root, SyncMethod method);
  // Waits for what is under way; completions that have not been told by then never are.
  ~PosixFiles() override;

  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override;
  absl::Status MakeDirectory(const std::string& directory) override;
  absl::Status SyncDirectory(const std::string& directory) override;
  void RunInBackground(std::function<absl::Status()> work, Completion done) override;

 private:
  PosixFiles(EventLoop& loop, std::string root, std::unique_ptr<SyncQueue> queue);
  std::string FullPath(const std::string& path) const;

  const std::string root_;
  std::unique_ptr<SyncQueue> queue_;
  class Background;
  std::unique_ptr<Background> background_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_POSIX_POSIX_FILES_H_
