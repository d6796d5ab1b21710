#include "sim/choices.h"

#include <utility>

namespace lockstep::sim {
namespace {

__extension__ using Wide = unsigned __int128;

uint64_t RotateLeft(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

// SplitMix64: spreads a seed over the generator's state.
uint64_t Spread(uint64_t& x) {
  x += 0x9e3779b97f4a7c15u;
  uint64_t z = x;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace

Choices Choices::Seeded(uint64_t seed) {
  Choices choices(Mode::kSeeded);
  for (uint64_t& word : choices.random_) word = Spread(seed);
  return choices;
}

Choices Choices::Replay(std::vector<uint64_t> recorded) {
  Choices choices(Mode::kReplay);
  choices.replay_ = std::move(recorded);
  return choices;
}

Choices Choices::FromBytes(std::span<const uint8_t> bytes) {
  Choices choices(Mode::kBytes);
  choices.bytes_ = bytes;
  return choices;
}

Choices Choices::FromSource(Source& source) {
  Choices choices(Mode::kSource);
  choices.source_ = &source;
  return choices;
}

uint64_t Choices::Below(uint64_t bound) {
  if (bound <= 1) return 0;
  const uint64_t answer = Answer(bound);
  ++draws_;
  if (recording_) recorded_.push_back(answer);
  return answer;
}

int64_t Choices::Between(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
}

uint64_t Choices::Bits() {
  const uint64_t high = Below(uint64_t{1} << 32);
  return high << 32 | Below(uint64_t{1} << 32);
}

uint64_t Choices::Answer(uint64_t bound) {
  switch (mode_) {
    case Mode::kSeeded:
      // The high word of the product: as even as 64 bits make it, and without a loop.
      return static_cast<uint64_t>((Wide{NextRandom()} * bound) >> 64);
    case Mode::kReplay:
      if (position_ < replay_.size()) return replay_[position_++] % bound;
      exhausted_ = true;
      return 0;
    case Mode::kBytes:
      return FromByteStream(bound);
    case Mode::kSource:
      return source_->Choose(bound) % bound;
  }
  return 0;
}

uint64_t Choices::FromByteStream(uint64_t bound) {
  uint64_t value = 0;
  int shift = 0;
  for (uint64_t rest = bound - 1; rest != 0; rest >>= 8, shift += 8) {
    if (position_ >= bytes_.size()) {
      exhausted_ = true;
      return 0;
    }
    value |= uint64_t{bytes_[position_++]} << shift;
  }
  return value % bound;
}

uint64_t Choices::NextRandom() {
  uint64_t(&s)[4] = random_;
  const uint64_t result = RotateLeft(s[1] * 5, 7) * 9;
  const uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = RotateLeft(s[3], 45);
  return result;
}

}  // namespace lockstep::sim
