// SharedBytes: a piece of immutable bytes that many may hold and nobody copies.
//
// A command's bytes are made once, by its proposer or by the connection they arrived on, and then shared by the log's
// write, the messages to the followers and the state machine. Holding a piece keeps the block it lies in alive. What
// the bytes mean, and whether they are intact, is for others.
#ifndef LOCKSTEP_RUNTIME_BYTES_H_
#define LOCKSTEP_RUNTIME_BYTES_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace lockstep::runtime {

class SharedBytes {
 public:
  SharedBytes() = default;
  // Takes `bytes` over.
  explicit SharedBytes(std::string bytes) {
    if (bytes.empty()) return;
    auto block = std::make_shared<const std::string>(std::move(bytes));
    size_ = block->size();
    const char* data = block->data();
    data_ = std::shared_ptr<const char>(std::move(block), data);
  }
  // The bytes at [data, data + size) of a block that `owner` keeps alive.
  SharedBytes(std::shared_ptr<const void> owner, const char* data, size_t size)
      : data_(std::move(owner), data), size_(size) {}

  const char* data() const { return data_.get(); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_.get(), size_}; }

  // A part of these bytes, in the same block. Requires: offset + size <= this->size().
  SharedBytes Part(size_t offset, size_t size) const {
    return SharedBytes(std::shared_ptr<const void>(data_), data_.get() + offset, size);
  }

  friend bool operator==(const SharedBytes& a, const SharedBytes& b) { return a.view() == b.view(); }

 private:
  std::shared_ptr<const char> data_;
  size_t size_ = 0;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_BYTES_H_
