// The one source of every draw of a run.
//
// Idea: whoever answers the draws decides the run. Answers come from a seed, from a recording, from bytes (a
// fuzzer's), or from any other Source. Portable integer arithmetic only, so that a seed means the same
// everywhere. What is recorded is the sequence of answers, each below the bound that was asked.
#ifndef LOCKSTEP_SIM_CHOICES_H_
#define LOCKSTEP_SIM_CHOICES_H_

#include <cstdint>
#include <span>
#include <vector>

namespace lockstep::sim {

class Choices {
 public:
  // Another way of answering: an explorer's, a shrinker's.
  class Source {
   public:
    virtual ~Source() = default;
    // Returns a number below `bound` (which is at least 2).
    virtual uint64_t Choose(uint64_t bound) = 0;
  };

  // Answers from a seed (xoshiro256**).
  static Choices Seeded(uint64_t seed);
  // Answers from a recording; one that is not below its bound is taken modulo it. Beyond the end: 0, the
  // quietest answer (no fault, the smallest delay).
  static Choices Replay(std::vector<uint64_t> recorded);
  // Answers from bytes, as few as a bound needs, lowest first; beyond the end: 0. `bytes` must outlive this.
  static Choices FromBytes(std::span<const uint8_t> bytes);
  // Answers from `source`, which must outlive this.
  static Choices FromSource(Source& source);

  // From now on keep every answer.
  void Record() { recording_ = true; }
  const std::vector<uint64_t>& recorded() const { return recorded_; }
  uint64_t draws() const { return draws_; }
  // Replay, FromBytes: whether more was asked than there was.
  bool exhausted() const { return exhausted_; }

  // A number in [0, bound). Requires: bound > 0. Nothing is drawn for 1.
  uint64_t Below(uint64_t bound);
  // A number in [low, high]. Requires: low <= high.
  int64_t Between(int64_t low, int64_t high);
  // True with this many chances in a million. Nothing is drawn for 0; true is the larger answer's side.
  bool Chance(uint32_t ppm) { return ppm != 0 && (ppm >= 1'000'000 || Below(1'000'000) >= 1'000'000 - ppm); }
  // 64 bits.
  uint64_t Bits();

 private:
  enum class Mode : uint8_t { kSeeded, kReplay, kBytes, kSource };
  explicit Choices(Mode mode) : mode_(mode) {}
  uint64_t NextRandom();
  uint64_t Answer(uint64_t bound);
  uint64_t FromByteStream(uint64_t bound);

  Mode mode_;
  bool recording_ = false;
  bool exhausted_ = false;
  uint64_t draws_ = 0;
  uint64_t random_[4] = {};
  std::vector<uint64_t> replay_;
  std::span<const uint8_t> bytes_;
  size_t position_ = 0;
  Source* source_ = nullptr;
  std::vector<uint64_t> recorded_;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_CHOICES_H_
