// A SyncQueue on io_uring: write and sync as a chain in the kernel, without a thread of ours.
#ifndef LOCKSTEP_RUNTIME_POSIX_IO_URING_QUEUE_H_
#define LOCKSTEP_RUNTIME_POSIX_IO_URING_QUEUE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "runtime/posix/event_loop.h"
#include "runtime/posix/posix_files.h"

namespace lockstep::runtime {

// Errors: Unavailable where the kernel has no io_uring or does not permit it.
absl::StatusOr<std::unique_ptr<SyncQueue>> MakeIoUringQueue(EventLoop& loop);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_POSIX_IO_URING_QUEUE_H_
