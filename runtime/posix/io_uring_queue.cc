#include "runtime/posix/io_uring_queue.h"

#include <liburing.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "runtime/posix/file_calls.h"

namespace lockstep::runtime {
namespace {

constexpr unsigned kRingEntries = 64;
constexpr size_t kPiecesMax = IOV_MAX;

class IoUringQueue final : public SyncQueue {
 public:
  // Requires: `ring` is set up.
  IoUringQueue(EventLoop& loop, io_uring ring) : loop_(loop), ring_(ring) {
    loop_.Watch(ring_.ring_fd, EPOLLIN, [this](uint32_t) { TakeCompletions(); });
  }

  ~IoUringQueue() override {
    loop_.Unwatch(ring_.ring_fd);
    // The kernel reads our buffers until the chain under way has ended.
    while (left_ > 0) {
      io_uring_cqe* completion = nullptr;
      if (io_uring_wait_cqe(&ring_, &completion) != 0) continue;
      io_uring_cqe_seen(&ring_, completion);
      --left_;
    }
    io_uring_queue_exit(&ring_);
  }

  void WriteAndSync(std::shared_ptr<const Descriptor> file, const std::string& path, uint64_t offset,
                    std::vector<SharedBytes> parts, Completion done) override {
    jobs_.push_back({std::move(file), path, offset, std::move(parts), std::move(done), {}});
    if (jobs_.size() == 1) Begin();
  }

 private:
  struct Job {
    std::shared_ptr<const Descriptor> file;
    std::string path;
    uint64_t offset = 0;
    std::vector<SharedBytes> parts;
    Completion done;
    std::vector<iovec> pieces;
  };

  // Submits the first job: its writes, then its sync, each only after the one before has done all it should.
  void Begin() {
    short_ = false;
    error_ = 0;
    expected_.clear();
    const Job& job = jobs_.front();
    if (const size_t bytes = buffer_.Fill(*job.file, job.offset, job.parts); bytes > 0) {
      PrepareDirect(bytes);
    } else {
      PrepareParts();
    }
    int submitted = 0;
    do {
      submitted = io_uring_submit(&ring_);
    } while (submitted == -EINTR || submitted == -EAGAIN);
    LOCKSTEP_CHECK(submitted == static_cast<int>(left_));
  }

  void PrepareDirect(size_t bytes) {
    const Job& job = jobs_.front();
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    LOCKSTEP_CHECK(entry != nullptr);
    io_uring_prep_write(entry, job.file->direct_fd(), buffer_.data(), static_cast<unsigned>(bytes), job.offset);
    entry->rw_flags = RWF_DSYNC;
    io_uring_sqe_set_data64(entry, 0);
    expected_.push_back(bytes);
    left_ = 1;
  }

  void PrepareParts() {
    Job& job = jobs_.front();
    job.pieces.clear();
    for (const SharedBytes& part : job.parts) job.pieces.push_back({const_cast<char*>(part.data()), part.size()});
    uint64_t offset = job.offset;
    for (size_t first = 0; first < job.pieces.size(); first += kPiecesMax) {
      const size_t count = std::min(kPiecesMax, job.pieces.size() - first);
      uint64_t total = 0;
      for (size_t i = first; i < first + count; ++i) total += job.pieces[i].iov_len;
      io_uring_sqe* entry = io_uring_get_sqe(&ring_);
      LOCKSTEP_CHECK(entry != nullptr);  // A batch has far fewer pieces than the ring's entries hold.
      io_uring_prep_writev(entry, job.file->fd(), &job.pieces[first], static_cast<unsigned>(count), offset);
      entry->flags |= IOSQE_IO_LINK;
      io_uring_sqe_set_data64(entry, expected_.size());
      expected_.push_back(total);
      offset += total;
    }
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    LOCKSTEP_CHECK(entry != nullptr);
    io_uring_prep_fsync(entry, job.file->fd(), IORING_FSYNC_DATASYNC);
    io_uring_sqe_set_data64(entry, kSyncMark);
    left_ = expected_.size() + 1;
  }

  void TakeCompletions() {
    io_uring_cqe* completion = nullptr;
    while (left_ > 0 && io_uring_peek_cqe(&ring_, &completion) == 0) {
      const uint64_t mark = io_uring_cqe_get_data64(completion);
      const int result = completion->res;
      io_uring_cqe_seen(&ring_, completion);
      Account(mark, result);
      if (--left_ == 0) Finish();
    }
  }

  void Account(uint64_t mark, int result) {
    if (result < 0) {
      // What comes behind a link that broke is cancelled: the break itself is the reason.
      if (result != -ECANCELED && result != -EINVAL && error_ == 0) error_ = -result;
      if (result == -ECANCELED || result == -EINVAL) short_ = true;
    } else if (mark != kSyncMark && static_cast<uint64_t>(result) != expected_[mark]) {
      short_ = true;
    }
  }

  void Finish() {
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    absl::Status status;
    if (error_ != 0) {
      status = ErrnoStatus(error_, job.path, "write and sync");
    } else if (short_) {
      // A short write, or none past the page cache: do the whole by plain calls, which tell why it cannot be done.
      status = WriteParts(job.file->fd(), job.path, job.offset, job.parts);
      if (status.ok()) status = SyncData(job.file->fd(), job.path);
    }
    if (!jobs_.empty()) Begin();
    job.done(status);
  }

  static constexpr uint64_t kSyncMark = UINT64_MAX;

  EventLoop& loop_;
  io_uring ring_;
  DirectBuffer buffer_;             // Of the job under way.
  std::deque<Job> jobs_;            // The first one is under way.
  std::vector<uint64_t> expected_;  // What each write of it should write.
  size_t left_ = 0;                 // Completions that it still owes.
  bool short_ = false;
  int error_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SyncQueue>> MakeIoUringQueue(EventLoop& loop) {
  io_uring ring{};
  if (const int result = io_uring_queue_init(kRingEntries, &ring, 0); result != 0) {
    return absl::UnavailableError(
        absl::StrCat("the kernel offers no io_uring: ", std::generic_category().message(-result)));
  }
  return std::make_unique<IoUringQueue>(loop, ring);
}

}  // namespace lockstep::runtime
