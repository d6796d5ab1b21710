// DataStore: where a state machine keeps the data of large commands, outside the log. Optional.
//
//     entry     4     5        6         the log holds of entry 5 only a reference: position, size and checksum;
//     log      [4] [ ref 5 ] [ 6 ]       its command goes to the machine's own store, durably, before the reference
//                     `--> data 5        is written: what the log refers to is there
//
// Commands travel between nodes whole, with their checksums; where they lie is each node's own matter. A node
// acknowledges an entry only once its data and the reference are durable. Data is immutable: a position names one
// command for good.
#ifndef LOCKSTEP_RUNTIME_DATA_STORE_H_
#define LOCKSTEP_RUNTIME_DATA_STORE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/log.h"
#include "runtime/bytes.h"

namespace lockstep::runtime {

// What the log holds of a command that lies outside it.
struct DataReference {
  LogPosition position;
  uint32_t bytes = 0;
  uint32_t crc32c = 0;  // That its proposer gave it.

  friend bool operator==(const DataReference&, const DataReference&) = default;
};

struct Datum {
  DataReference reference;
  SharedBytes data;
};

class DataStore {
 public:
  virtual ~DataStore() = default;

  // Whether commands of this size go here. Called on the host's thread, as is Open, before all else. The others may
  // block and come in the background, one after the other; Load may also come on the host's thread at the same time.
  virtual bool Takes(uint32_t bytes) const = 0;

  // The node starts; its log refers to `held`, ascending. Whatever else is stored is left over and may be removed.
  // Errors: DataLoss saying which of them is not there as a whole, as far as can be seen without reading it; the node
  // then does not start.
  virtual absl::Status Open(std::span<const DataReference> held) = 0;

  // Makes all of `data` durable before it returns OK. One that is there already may be asked for again: it must not be
  // lost, whenever the process ends. After an error any of it may be there. Errors: ResourceExhausted if the disk is
  // full; others if it fails; the node goes on as with a log that fails.
  virtual absl::Status Store(std::span<const Datum> data) = 0;

  // The data of `reference`; the caller verifies its checksum. Errors: those of the disk; the node then stops.
  virtual absl::StatusOr<SharedBytes> Load(const DataReference& reference) = 0;

  // The log refers to these no more: an entry was replaced, or a snapshot covers it. What a state still needs of them
  // is the machine's matter.
  virtual void Forget(std::span<const DataReference> references) = 0;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_DATA_STORE_H_
