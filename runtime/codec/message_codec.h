// Messages as frames: a protobuf header, and the payloads behind it as they are.
//
// Encoding copies no payload and sums none; decoding copies none and verifies each, so that what is damaged on the way
// is refused by name. Only messages that ValidateMessage accepts come out.
#ifndef LOCKSTEP_RUNTIME_CODEC_MESSAGE_CODEC_H_
#define LOCKSTEP_RUNTIME_CODEC_MESSAGE_CODEC_H_

#include <vector>

#include "absl/status/statusor.h"
#include "runtime/codec/frame.h"
#include "runtime/payload.h"

namespace lockstep::runtime {

// The parts of the frame, in order.
// Requires: one payload for each kCommand entry, of its size; for InstallSnapshot one of the chunk's size; and in all
// less than 4 GiB.
std::vector<SharedBytes> EncodeMessage(const Envelope& envelope);

// Requires: frame.kind == kMessage.
// Errors: InvalidArgument saying what is wrong.
absl::StatusOr<Envelope> DecodeMessage(const Frame& frame);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_CODEC_MESSAGE_CODEC_H_
