// Frames: how a stream of bytes is cut into messages.
//
//     crc32c 4 | kind 1 | zero 3 | header bytes 4 | payload bytes 4 | header ... | payload ...
//
// Numbers are little-endian. The checksum covers what follows it up to the end of the header; payloads have sums of
// their own, in the header. What a header says is for its kind's codec; here only sizes and sums are judged, the sizes
// before any memory is set aside for them.
#ifndef LOCKSTEP_RUNTIME_CODEC_FRAME_H_
#define LOCKSTEP_RUNTIME_CODEC_FRAME_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/bytes.h"

namespace lockstep::runtime {

enum class FrameKind : uint8_t { kHello = 1, kHelloReply = 2, kMessage = 3, kNote = 4 };

struct Frame {
  FrameKind kind = FrameKind::kMessage;
  SharedBytes header;
  SharedBytes payload;
};

struct FrameLimits {
  uint32_t header_bytes_max = 4 << 20;
  uint32_t payload_bytes_max = 128 << 20;
};

inline constexpr size_t kFramePrefixBytes = 16;

// The prefix and header of a frame whose payload, of `payload_bytes`, is written right after.
SharedBytes EncodeFrameHead(FrameKind kind, std::string_view header, uint64_t payload_bytes);

// Takes bytes as they arrive and gives frames, whose bytes stay where they arrived.
class FrameReader {
 public:
  explicit FrameReader(FrameLimits limits) : limits_(limits) {}

  // Where the next bytes shall go; not empty.
  std::span<char> Space();
  // `count` bytes have been put there.
  void Filled(size_t count) { end_ += count; }

  // The next frame, or nothing yet.
  // Errors: InvalidArgument for a bad kind or checksum, ResourceExhausted for sizes above the limits. After an error
  // nothing more can be read: the stream has lost its step.
  absl::StatusOr<std::optional<Frame>> Next();

 private:
  FrameLimits limits_;
  std::shared_ptr<char[]> block_;
  size_t capacity_ = 0;
  size_t begin_ = 0;                   // Of the next frame.
  size_t end_ = 0;                     // Of what has arrived.
  size_t needed_ = kFramePrefixBytes;  // Bytes of that frame, as far as is known and believed.
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_CODEC_FRAME_H_
