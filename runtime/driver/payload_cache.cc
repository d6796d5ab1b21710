#include "runtime/driver/payload_cache.h"

#include <utility>

namespace lockstep::runtime {

const Payload* PayloadCache::Find(Index index) const {
  if (index < first_ || index - first_ >= payloads_.size()) return nullptr;
  return &payloads_[index - first_];
}

void PayloadCache::Put(Index index, Payload payload) {
  TruncateAfter(index - 1);
  if (index != first_ + payloads_.size()) Clear(index - 1);
  bytes_ += payload.bytes.size() + kOverheadBytes;
  payloads_.push_back(std::move(payload));
}

void PayloadCache::TruncateAfter(Index last) {
  if (last + 1 < first_) return Clear(last);
  while (first_ + payloads_.size() > last + 1) {
    bytes_ -= payloads_.back().bytes.size() + kOverheadBytes;
    payloads_.pop_back();
  }
}

void PayloadCache::Clear(Index last) {
  payloads_.clear();
  bytes_ = 0;
  first_ = last + 1;
}

void PayloadCache::Shrink(Index disposable) {
  while (bytes_ > bytes_max_ && !payloads_.empty() && first_ <= disposable) {
    bytes_ -= payloads_.front().bytes.size() + kOverheadBytes;
    payloads_.pop_front();
    ++first_;
  }
}

}  // namespace lockstep::runtime
