#include "runtime/posix/file_calls.h"

#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace lockstep::runtime {

absl::Status ErrnoStatus(int error, const std::string& path, std::string_view what) {
  const std::string text =
      absl::StrCat(path, ": cannot ", std::string(what), ": ", std::generic_category().message(error));
  if (error == EDQUOT || error == EFBIG) return absl::ResourceExhaustedError(text);
  return absl::Status(absl::ErrnoToStatusCode(error), text);
}

absl::Status WriteAll(int fd, const std::string& path, uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, path, "write");
    offset += static_cast<uint64_t>(count);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

absl::Status WriteParts(int fd, const std::string& path, uint64_t offset, const std::vector<SharedBytes>& parts) {
  for (size_t first = 0; first < parts.size();) {
    const size_t end = std::min<size_t>(parts.size(), first + IOV_MAX);
    std::vector<iovec> pieces;
    pieces.reserve(end - first);
    size_t total = 0;
    for (; first < end; ++first) {
      // writev does not change what it writes.
      pieces.push_back({const_cast<char*>(parts[first].data()), parts[first].size()});
      total += parts[first].size();
    }
    ssize_t count = 0;
    do {
      count = pwritev(fd, pieces.data(), static_cast<int>(pieces.size()), static_cast<off_t>(offset));
    } while (count < 0 && errno == EINTR);
    if (count < 0) return ErrnoStatus(errno, path, "write");
    // A short write (the disk filled up): the rest piece by piece, which tells why.
    size_t written = static_cast<size_t>(count);
    uint64_t at = offset;
    for (const iovec& piece : pieces) {
      const size_t skip = std::min(written, piece.iov_len);
      written -= skip;
      const std::string_view rest(static_cast<const char*>(piece.iov_base) + skip, piece.iov_len - skip);
      if (absl::Status status = WriteAll(fd, path, at + skip, rest); !status.ok()) return status;
      at += piece.iov_len;
    }
    offset += total;
  }
  return absl::OkStatus();
}

absl::Status SyncData(int fd, const std::string& path) {
  int result = 0;
  do {
    result = fdatasync(fd);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? absl::OkStatus() : ErrnoStatus(errno, path, "sync");
}

}  // namespace lockstep::runtime
