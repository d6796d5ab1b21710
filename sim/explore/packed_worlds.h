// Worlds that wait to be expanded, packed tightly: some 50 bytes each.
#ifndef LOCKSTEP_SIM_EXPLORE_PACKED_WORLDS_H_
#define LOCKSTEP_SIM_EXPLORE_PACKED_WORLDS_H_

#include <cstdint>
#include <deque>
#include <vector>

#include "sim/explore/space.h"

namespace lockstep::sim::explore {

// A double-ended queue of worlds. Memory is given back as chunks are emptied.
class PackedWorlds {
 public:
  void Push(const World& world) {
    if (chunks_.empty() || chunks_.back().ends.size() == kChunk) {
      if (!chunks_.empty()) chunks_.back().words.shrink_to_fit();
      chunks_.emplace_back();
    }
    Chunk& chunk = chunks_.back();
    chunk.words.insert(chunk.words.end(), world.processes.begin(), world.processes.end());
    chunk.words.push_back(world.ghost);
    for (size_t i = 0; i < world.used.size(); i += 4) {
      uint32_t word = 0;
      for (size_t j = i; j < i + 4 && j < world.used.size(); ++j) word |= uint32_t{world.used[j]} << (8 * (j - i));
      chunk.words.push_back(word);
    }
    chunk.words.insert(chunk.words.end(), world.messages.begin(), world.messages.end());
    chunk.ends.push_back(static_cast<uint32_t>(chunk.words.size()));
    ++size_;
  }

  // Moves up to `count` of the oldest worlds to `out`.
  void PopFront(size_t count, std::vector<World>& out) {
    for (; count > 0 && size_ > 0; --count) {
      Chunk& chunk = chunks_.front();
      out.push_back(Unpack(chunk, chunk.begin++));
      --size_;
      if (chunk.begin == chunk.ends.size()) chunks_.pop_front();
    }
  }

  // Moves up to `count` of the newest worlds to `out`.
  void PopBack(size_t count, std::vector<World>& out) {
    for (; count > 0 && size_ > 0; --count) {
      Chunk& chunk = chunks_.back();
      out.push_back(Unpack(chunk, chunk.ends.size() - 1));
      chunk.words.resize(chunk.ends.size() == 1 ? 0 : chunk.ends[chunk.ends.size() - 2]);
      chunk.ends.pop_back();
      --size_;
      if (chunk.begin == chunk.ends.size()) chunks_.pop_back();
    }
  }

  // Calls `visit` with each world, oldest first.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (const Chunk& chunk : chunks_) {
      for (size_t i = chunk.begin; i < chunk.ends.size(); ++i) visit(Unpack(chunk, i));
    }
  }

  uint64_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void Clear() { *this = PackedWorlds(); }

 private:
  static constexpr size_t kChunk = 4096;
  struct Chunk {
    std::vector<uint32_t> words;
    std::vector<uint32_t> ends;  // Where each world's words end.
    size_t begin = 0;            // Worlds before this one are gone.
  };

  static World Unpack(const Chunk& chunk, size_t index) {
    const uint32_t* at = chunk.words.data() + (index == 0 ? 0 : chunk.ends[index - 1]);
    const uint32_t* const end = chunk.words.data() + chunk.ends[index];
    World world;
    for (uint32_t& process : world.processes) process = *at++;
    world.ghost = *at++;
    for (size_t i = 0; i < world.used.size(); i += 4, ++at) {
      for (size_t j = i; j < i + 4 && j < world.used.size(); ++j) {
        world.used[j] = static_cast<uint8_t>(*at >> (8 * (j - i)));
      }
    }
    world.messages.assign(at, end);
    return world;
  }

  std::deque<Chunk> chunks_;
  uint64_t size_ = 0;
};

}  // namespace lockstep::sim::explore

#endif  // LOCKSTEP_SIM_EXPLORE_PACKED_WORLDS_H_
