#include "runtime/codec/frame.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "runtime/crc32c.h"
#include "runtime/little_endian.h"

namespace lockstep::runtime {
namespace {

// Small frames share a block; a larger one has its own.
constexpr size_t kBlockBytes = 64 << 10;

}  // namespace

SharedBytes EncodeFrameHead(FrameKind kind, std::string_view header, uint64_t payload_bytes) {
  LOCKSTEP_CHECK(payload_bytes <= UINT32_MAX && header.size() <= UINT32_MAX);
  std::string bytes(kFramePrefixBytes, '\0');
  bytes.reserve(kFramePrefixBytes + header.size());
  bytes[4] = static_cast<char>(kind);
  StoreLittle(&bytes[8], static_cast<uint32_t>(header.size()));
  StoreLittle(&bytes[12], static_cast<uint32_t>(payload_bytes));
  bytes += header;
  StoreLittle(&bytes[0], Crc32c(std::string_view(bytes).substr(4)));
  return SharedBytes(std::move(bytes));
}

std::span<char> FrameReader::Space() {
  const size_t have = end_ - begin_;
  const bool fits = begin_ + needed_ <= capacity_ && end_ < capacity_;
  if (!fits) {
    // Frames given out keep the old block; what has arrived of the next one moves to a new one.
    const size_t capacity = std::max(kBlockBytes, needed_);
    std::shared_ptr<char[]> block = std::make_unique_for_overwrite<char[]>(capacity);
    if (have > 0) std::memcpy(block.get(), block_.get() + begin_, have);
    block_ = std::move(block);
    capacity_ = capacity;
    begin_ = 0;
    end_ = have;
  }
  return {block_.get() + end_, capacity_ - end_};
}

absl::StatusOr<std::optional<Frame>> FrameReader::Next() {
  const size_t have = end_ - begin_;
  if (have < kFramePrefixBytes) return std::nullopt;
  const char* at = block_.get() + begin_;
  const auto kind = static_cast<uint8_t>(at[4]);
  const auto header_bytes = LoadLittle<uint32_t>(at + 8);
  const auto payload_bytes = LoadLittle<uint32_t>(at + 12);
  if (kind < static_cast<uint8_t>(FrameKind::kHello) || kind > static_cast<uint8_t>(FrameKind::kNote) || at[5] != 0 ||
      at[6] != 0 || at[7] != 0) {
    return absl::InvalidArgumentError(absl::StrCat("a frame of unknown kind ", kind));
  }
  if (header_bytes > limits_.header_bytes_max || payload_bytes > limits_.payload_bytes_max) {
    return absl::ResourceExhaustedError(absl::StrCat("a frame of ", header_bytes, " + ", payload_bytes,
                                                     " bytes, at most ", limits_.header_bytes_max, " + ",
                                                     limits_.payload_bytes_max, " are accepted"));
  }
  const size_t head_bytes = kFramePrefixBytes + header_bytes;
  // Room for the payload only once the header has shown that its size is meant.
  needed_ = std::max(needed_, head_bytes);
  if (have < head_bytes) return std::nullopt;
  if (needed_ == head_bytes) {
    if (Crc32c({at + 4, head_bytes - 4}) != LoadLittle<uint32_t>(at)) {
      return absl::InvalidArgumentError("a frame's header does not have the checksum it says");
    }
    needed_ = head_bytes + payload_bytes;
  }
  if (have < needed_) return std::nullopt;
  Frame frame;
  frame.kind = static_cast<FrameKind>(kind);
  frame.header = SharedBytes(block_, at + kFramePrefixBytes, header_bytes);
  frame.payload = SharedBytes(block_, at + head_bytes, payload_bytes);
  begin_ += needed_;
  needed_ = kFramePrefixBytes;
  return frame;
}

}  // namespace lockstep::runtime
