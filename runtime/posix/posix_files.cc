#include "runtime/posix/posix_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "runtime/posix/file_calls.h"
#include "runtime/posix/io_uring_queue.h"
#include "runtime/posix/worker.h"

namespace lockstep::runtime {

Descriptor::~Descriptor() {
  close(fd_);
  if (direct_fd_ >= 0) close(direct_fd_);
}

DirectBuffer::DirectBuffer() : data_(static_cast<char*>(std::aligned_alloc(kBlockBytes, kBytesMax))) {
  LOCKSTEP_CHECK(data_ != nullptr);
}

DirectBuffer::~DirectBuffer() { std::free(data_); }

size_t DirectBuffer::Fill(const Descriptor& file, uint64_t offset, const std::vector<SharedBytes>& parts) {
  size_t bytes = 0;
  for (const SharedBytes& part : parts) bytes += part.size();
  if (file.direct_fd() < 0 || offset % kBlockBytes != 0 || bytes % kBlockBytes != 0 || bytes > kBytesMax) return 0;
  char* at = data_;
  for (const SharedBytes& part : parts) at = std::copy_n(part.data(), part.size(), at);
  return bytes;
}

namespace {

absl::StatusOr<std::unique_ptr<Descriptor>> OpenDescriptor(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (fd < 0) return ErrnoStatus(errno, path, "open");
  const bool writes = (flags & O_ACCMODE) == O_RDWR;
  return std::make_unique<Descriptor>(fd, writes ? open(path.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC) : -1);
}

// Writes with sync on a thread.
class ThreadQueue final : public SyncQueue {
 public:
  explicit ThreadQueue(EventLoop& loop) : loop_(loop), alive_(std::make_shared<bool>(true)) {}
  ~ThreadQueue() override { *alive_ = false; }

  void WriteAndSync(std::shared_ptr<const Descriptor> file, const std::string& path, uint64_t offset,
                    std::vector<SharedBytes> parts, Completion done) override {
    worker_.Add([this, file = std::move(file), path, offset, parts = std::move(parts), done = std::move(done)] {
      absl::Status status = Write(*file, path, offset, parts);
      loop_.Post([alive = alive_, status = std::move(status), done] {
        if (*alive) done(status);
      });
    });
  }

 private:
  absl::Status Write(const Descriptor& file, const std::string& path, uint64_t offset,
                     const std::vector<SharedBytes>& parts) {
    if (const size_t bytes = buffer_.Fill(file, offset, parts); bytes > 0) {
      iovec piece{const_cast<char*>(buffer_.data()), bytes};
      const ssize_t count = pwritev2(file.direct_fd(), &piece, 1, static_cast<off_t>(offset), RWF_DSYNC);
      if (count == static_cast<ssize_t>(bytes)) return absl::OkStatus();
      if (count < 0 && errno != EINTR && errno != EINVAL) return ErrnoStatus(errno, path, "write and sync");
    }
    absl::Status status = WriteParts(file.fd(), path, offset, parts);
    if (status.ok()) status = SyncData(file.fd(), path);
    return status;
  }

  EventLoop& loop_;
  const std::shared_ptr<bool> alive_;  // Touched on the loop's thread alone.
  DirectBuffer buffer_;                // Touched by the worker alone.
  Worker worker_;
};

class PosixFile final : public File {
 public:
  PosixFile(std::string path, std::shared_ptr<const Descriptor> file, SyncQueue& queue)
      : path_(std::move(path)), file_(std::move(file)), queue_(queue) {}

  absl::StatusOr<size_t> Read(uint64_t offset, std::span<char> out) const override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t count = pread(file_->fd(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return ErrnoStatus(errno, path_, "read");
      if (count == 0) break;
      done += static_cast<size_t>(count);
    }
    return done;
  }

  absl::Status Write(uint64_t offset, std::string_view bytes) override {
    return WriteAll(file_->fd(), path_, offset, bytes);
  }

  absl::Status Preallocate(uint64_t bytes) override {
    const auto size = Size();
    if (!size.ok()) return size.status();
    if (*size >= bytes) return absl::OkStatus();
    int error = 0;
    do {
      error = posix_fallocate(file_->fd(), 0, static_cast<off_t>(bytes));
    } while (error == EINTR);
    if (error != 0) return ErrnoStatus(error, path_, "reserve space");
    return absl::OkStatus();
  }

  absl::Status Sync() override { return SyncData(file_->fd(), path_); }

  void WriteAndSync(uint64_t offset, std::vector<SharedBytes> parts, Completion done) override {
    queue_.WriteAndSync(file_, path_, offset, std::move(parts), std::move(done));
  }

  absl::StatusOr<uint64_t> Size() const override {
    struct stat info {};
    if (fstat(file_->fd(), &info) != 0) return ErrnoStatus(errno, path_, "stat");
    return static_cast<uint64_t>(info.st_size);
  }

 private:
  const std::string path_;
  const std::shared_ptr<const Descriptor> file_;
  SyncQueue& queue_;
};

absl::Status SyncFolder(const std::string& path) {
  auto folder = OpenDescriptor(path, O_RDONLY | O_DIRECTORY);
  if (!folder.ok()) return folder.status();
  if (fsync((*folder)->fd()) != 0) return ErrnoStatus(errno, path, "sync");
  return absl::OkStatus();
}

// Makes a folder and those above it; each new one is synced into the one above.
absl::Status MakeFolders(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat(path, " is a file; a folder is needed there"));
  }
  const size_t slash = path.find_last_of('/');
  const std::string above = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  if (above != path) {
    if (absl::Status status = MakeFolders(above); !status.ok()) return status;
  }
  if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return ErrnoStatus(errno, path, "make the folder");
  return SyncFolder(above);
}

}  // namespace

class PosixFiles::Background {
 public:
  explicit Background(EventLoop& loop) : loop_(loop), alive_(std::make_shared<bool>(true)) {}
  ~Background() { *alive_ = false; }

  void Add(std::function<absl::Status()> work, Completion done) {
    worker_.Add([this, work = std::move(work), done = std::move(done)] {
      loop_.Post([alive = alive_, status = work(), done] {
        if (*alive) done(status);
      });
    });
  }

 private:
  EventLoop& loop_;
  const std::shared_ptr<bool> alive_;  // Touched on the loop's thread alone.
  Worker worker_;
};

absl::StatusOr<std::unique_ptr<Descriptor>> LockFolder(const std::string& root) {
  if (absl::Status status = MakeFolders(root); !status.ok()) return status;
  auto folder = OpenDescriptor(root, O_RDONLY | O_DIRECTORY);
  if (!folder.ok()) return folder.status();
  if (flock((*folder)->fd(), LOCK_EX | LOCK_NB) == 0) return folder;
  if (errno != EWOULDBLOCK) return ErrnoStatus(errno, root, "lock");
  return absl::UnavailableError(absl::StrCat(root, ": another process uses this folder: end it, or use another one"));
}

absl::StatusOr<std::unique_ptr<PosixFiles>> PosixFiles::Make(EventLoop& loop, const std::string& root,
                                                             SyncMethod method) {
  if (absl::Status status = MakeFolders(root); !status.ok()) return status;
  std::unique_ptr<SyncQueue> queue;
  if (method != SyncMethod::kThread) {
    auto ring = MakeIoUringQueue(loop);
    if (ring.ok()) queue = *std::move(ring);
    if (!ring.ok() && method == SyncMethod::kIoUring) return ring.status();
  }
  if (queue == nullptr) queue = std::make_unique<ThreadQueue>(loop);
  return std::unique_ptr<PosixFiles>(new PosixFiles(loop, root, std::move(queue)));
}

PosixFiles::PosixFiles(EventLoop& loop, std::string root, std::unique_ptr<SyncQueue> queue)
    : root_(std::move(root)), queue_(std::move(queue)), background_(std::make_unique<Background>(loop)) {}

PosixFiles::~PosixFiles() = default;

std::string PosixFiles::FullPath(const std::string& path) const {
  return path.empty() ? root_ : absl::StrCat(root_, "/", path);
}

absl::StatusOr<std::unique_ptr<File>> PosixFiles::Open(const std::string& path, OpenMode mode) {
  int flags = O_RDONLY;
  if (mode == OpenMode::kReadWrite) flags = O_RDWR;
  if (mode == OpenMode::kCreate) flags = O_RDWR | O_CREAT | O_TRUNC;
  const std::string full = FullPath(path);
  auto file = OpenDescriptor(full, flags);
  if (!file.ok()) return file.status();
  return std::make_unique<PosixFile>(full, *std::move(file), *queue_);
}

absl::Status PosixFiles::Rename(const std::string& from, const std::string& to) {
  if (rename(FullPath(from).c_str(), FullPath(to).c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, FullPath(from), absl::StrCat("rename to ", to));
}

absl::Status PosixFiles::Remove(const std::string& path) {
  if (unlink(FullPath(path).c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, FullPath(path), "remove");
}

absl::StatusOr<std::vector<std::string>> PosixFiles::List(const std::string& directory) {
  const std::string full = FullPath(directory);
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(full.c_str()), &closedir);
  if (folder == nullptr) return ErrnoStatus(errno, full, "list");
  std::vector<std::string> names;
  while (const dirent* entry = readdir(folder.get())) {
    struct stat info {};
    const std::string name = entry->d_name;
    if (stat(absl::StrCat(full, "/", name).c_str(), &info) == 0 && S_ISREG(info.st_mode)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status PosixFiles::MakeDirectory(const std::string& directory) { return MakeFolders(FullPath(directory)); }

absl::Status PosixFiles::SyncDirectory(const std::string& directory) { return SyncFolder(FullPath(directory)); }

void PosixFiles::RunInBackground(std::function<absl::Status()> work, Completion done) {
  background_->Add(std::move(work), std::move(done));
}

}  // namespace lockstep::runtime
