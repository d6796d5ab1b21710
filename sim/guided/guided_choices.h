// GuidedChoices: a fuzzer's bytes as the draws of a run.
//
//     bytes   s s s s s s s s | d d d d d d ...          | end
//             the seed        | answers the first draws   | from here the seed's own stream answers
//
// Bytes alone would make runs that fall asleep where they end (Choices::FromBytes answers 0: no fault, no delay); so
// the seed goes on, and a byte more or less changes how a lively run begins. Bytes that decide one draw: as few as its
// bound needs, lowest first.
#ifndef LOCKSTEP_SIM_GUIDED_GUIDED_CHOICES_H_
#define LOCKSTEP_SIM_GUIDED_GUIDED_CHOICES_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "sim/choices.h"

namespace lockstep::sim {

inline constexpr size_t kSeedBytes = 8;

class GuidedChoices final : public Choices::Source {
 public:
  // `bytes` must outlive this. Those missing of the seed are 0.
  explicit GuidedChoices(std::span<const uint8_t> bytes);

  uint64_t seed() const { return seed_; }
  uint64_t Choose(uint64_t bound) override;

 private:
  const uint64_t seed_;
  std::span<const uint8_t> rest_;
  Choices tail_;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_GUIDED_GUIDED_CHOICES_H_
