// Payload: the bytes the core does not see, with the checksum their maker gave them.
//
// The proposer sums a command once; from there the sum travels with the bytes, over the network, to the log and back,
// and everyone who takes them over verifies it. So damage anywhere on the way is found, wherever it happens.
#ifndef LOCKSTEP_RUNTIME_PAYLOAD_H_
#define LOCKSTEP_RUNTIME_PAYLOAD_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "core/message.h"
#include "runtime/bytes.h"
#include "runtime/crc32c.h"

namespace lockstep::runtime {

struct Payload {
  SharedBytes bytes;
  uint32_t crc32c = 0;

  bool intact() const { return Crc32c(bytes.view()) == crc32c; }
  friend bool operator==(const Payload&, const Payload&) = default;
};

// Sums `bytes`: for whoever makes them.
inline Payload MakePayload(SharedBytes bytes) {
  const uint32_t crc = Crc32c(bytes.view());
  return {std::move(bytes), crc};
}

// A message and what travels beside it: of AppendEntries one payload for each kCommand entry, in order; of
// InstallSnapshot one, the chunk; of the others none.
struct Envelope {
  uint64_t group = 0;  // Which of the groups that share the connection.
  Message message;
  std::vector<Payload> payloads;

  friend bool operator==(const Envelope&, const Envelope&) = default;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_PAYLOAD_H_
