// PayloadCache: the payloads of the newest entries, at hand.
//
// A row of indexes without gaps, at the end of the log. What is not on disk yet is always in it; beyond that it keeps
// as much as its budget allows, oldest out first. Small payloads take more memory than their bytes: that counts too.
#ifndef LOCKSTEP_RUNTIME_DRIVER_PAYLOAD_CACHE_H_
#define LOCKSTEP_RUNTIME_DRIVER_PAYLOAD_CACHE_H_

#include <cstdint>
#include <deque>

#include "core/types.h"
#include "runtime/payload.h"

namespace lockstep::runtime {

class PayloadCache {
 public:
  // What holding a payload takes beside its bytes: its place here, the block's two allocations and their heads.
  static constexpr uint64_t kOverheadBytes = 128;

  explicit PayloadCache(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // The payload of entry `index` (empty for an entry without one); null if it is not held.
  const Payload* Find(Index index) const;
  // The first index held; everything from there to the end of the log is. One behind the end if nothing is.
  Index first() const { return first_; }

  // Makes entry `index` the last one. What was there, or behind, goes; so does all, if there would be a gap.
  void Put(Index index, Payload payload);
  // Forgets what is behind `last`.
  void TruncateAfter(Index last);
  // Forgets everything; the next entry is the one after `last`.
  void Clear(Index last);
  // Forgets the oldest, as far as the budget demands and they are not above `disposable`.
  void Shrink(Index disposable);

  uint64_t bytes() const { return bytes_; }

 private:
  const uint64_t bytes_max_;
  Index first_ = 1;
  std::deque<Payload> payloads_;
  uint64_t bytes_ = 0;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_DRIVER_PAYLOAD_CACHE_H_
