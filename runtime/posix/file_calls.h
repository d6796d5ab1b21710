// System calls on files, until they are done, with errors as values that name the file.
#ifndef LOCKSTEP_RUNTIME_POSIX_FILE_CALLS_H_
#define LOCKSTEP_RUNTIME_POSIX_FILE_CALLS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "runtime/bytes.h"

namespace lockstep::runtime {

// "PATH: cannot WHAT: No space left on device", of the kind that fits `error` (ENOSPC: ResourceExhausted).
absl::Status ErrnoStatus(int error, const std::string& path, std::string_view what);

absl::Status WriteAll(int fd, const std::string& path, uint64_t offset, std::string_view bytes);
absl::Status WriteParts(int fd, const std::string& path, uint64_t offset, const std::vector<SharedBytes>& parts);
absl::Status SyncData(int fd, const std::string& path);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_POSIX_FILE_CALLS_H_
