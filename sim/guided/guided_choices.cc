#include "sim/guided/guided_choices.h"

#include <algorithm>

namespace lockstep::sim {
namespace {

uint64_t Little(std::span<const uint8_t> bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) value |= uint64_t{bytes[i]} << (8 * i);
  return value;
}

}  // namespace

GuidedChoices::GuidedChoices(std::span<const uint8_t> bytes)
    : seed_(Little(bytes.first(std::min(kSeedBytes, bytes.size())))),
      rest_(bytes.subspan(std::min(kSeedBytes, bytes.size()))),
      tail_(Choices::Seeded(seed_)) {}

uint64_t GuidedChoices::Choose(uint64_t bound) {
  size_t needed = 0;
  for (uint64_t rest = bound - 1; rest != 0; rest >>= 8) ++needed;
  if (rest_.size() < needed) {
    rest_ = {};
    return tail_.Below(bound);
  }
  const uint64_t value = Little(rest_.first(needed));
  rest_ = rest_.subspan(needed);
  return value % bound;
}

}  // namespace lockstep::sim
