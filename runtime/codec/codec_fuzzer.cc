// Any bytes at all, read as a stream of frames: no input may do more than be refused. What is accepted must encode to
// something that decodes to the same.
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "runtime/codec/hello.h"
#include "runtime/codec/message_codec.h"

namespace lockstep::runtime {
namespace {

void TakeFrame(const Frame& frame) {
  if (frame.kind == FrameKind::kHello) {
    const auto hello = DecodeHello(frame);
    if (hello.ok()) AnswerHello(*hello, 42, {2, 0});
    return;
  }
  if (frame.kind == FrameKind::kHelloReply) {
    (void)DecodeHelloReply(frame);
    return;
  }
  if (frame.kind == FrameKind::kNote) return;
  const auto envelope = DecodeMessage(frame);
  if (!envelope.ok()) return;
  const std::vector<SharedBytes> parts = EncodeMessage(*envelope);
  std::string payload;
  for (size_t i = 1; i < parts.size(); ++i) payload += parts[i].view();
  const SharedBytes header(std::string(parts[0].view().substr(kFramePrefixBytes)));
  const auto again = DecodeMessage({FrameKind::kMessage, header, SharedBytes(std::move(payload))});
  LOCKSTEP_CHECK(again.ok() && *again == *envelope);
}

// Frames as they are: this finds what the checksum would hide from the fuzzer.
void ReadWithoutChecksum(std::string_view bytes) {
  if (bytes.size() < 2) return;
  const size_t header = std::min<size_t>(static_cast<unsigned char>(bytes[0]), bytes.size() - 1);
  const auto kind = static_cast<FrameKind>(1 + static_cast<unsigned char>(bytes[0]) % 3);
  bytes.remove_prefix(1);
  TakeFrame({kind, SharedBytes(std::string(bytes.substr(0, header))), SharedBytes(std::string(bytes.substr(header)))});
}

}  // namespace
}  // namespace lockstep::runtime

// protobuf would report each text that is not UTF-8.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lockstep::runtime;  // NOLINT: this file is the fuzzer's alone.
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ReadWithoutChecksum(bytes);
  FrameReader reader(FrameLimits{.header_bytes_max = 1 << 16, .payload_bytes_max = 1 << 16});
  while (!bytes.empty()) {
    const std::span<char> space = reader.Space();
    const size_t count = std::min(space.size(), bytes.size());
    std::memcpy(space.data(), bytes.data(), count);
    reader.Filled(count);
    bytes.remove_prefix(count);
    while (true) {
      const auto frame = reader.Next();
      if (!frame.ok()) return 0;
      if (!frame->has_value()) break;
      TakeFrame(**frame);
    }
  }
  return 0;
}
