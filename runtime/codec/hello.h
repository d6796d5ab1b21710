// The first words on a connection: who is there, and which version they will speak.
//
// The side that connected says Hello; the other answers with the version to speak or with the reason of its refusal,
// which an operator can read. What is checked: that both belong to the same cluster, that the one reached is the one
// meant, in the same life of its disk, and that there is a version both speak.
#ifndef LOCKSTEP_RUNTIME_CODEC_HELLO_H_
#define LOCKSTEP_RUNTIME_CODEC_HELLO_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "core/types.h"
#include "runtime/codec/frame.h"

namespace lockstep::runtime {

using ClusterId = uint64_t;

inline constexpr uint32_t kProtocolVersionMin = 1;
inline constexpr uint32_t kProtocolVersionMax = 1;

// What a connection carries: so that a snapshot never delays a heartbeat.
enum class Channel : uint8_t { kMessages = 0, kSnapshots = 1 };

struct Hello {
  uint32_t version_min = kProtocolVersionMin;
  uint32_t version_max = kProtocolVersionMax;
  ClusterId cluster = 0;
  NodeId source;
  NodeId dest;
  Channel channel = Channel::kMessages;
  std::string address;  // Where the sender listens.

  friend bool operator==(const Hello&, const Hello&) = default;
};

struct HelloReply {
  uint32_t version = 0;  // 0: refused.
  std::string reason;
  NodeId source;

  friend bool operator==(const HelloReply&, const HelloReply&) = default;
};

SharedBytes EncodeHello(const Hello& hello);
SharedBytes EncodeHelloReply(const HelloReply& reply);
// Errors: InvalidArgument for a frame of another kind, or bytes that say something else.
absl::StatusOr<Hello> DecodeHello(const Frame& frame);
absl::StatusOr<HelloReply> DecodeHelloReply(const Frame& frame);

// What `self` of `cluster` answers to `hello`.
HelloReply AnswerHello(const Hello& hello, ClusterId cluster, NodeId self);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_CODEC_HELLO_H_
