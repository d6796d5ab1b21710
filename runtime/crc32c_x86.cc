// For x86-64: the crc32 instruction of SSE 4.2, where the processor has it.
#include <nmmintrin.h>

#include <cstring>

#include "runtime/crc32c.h"

namespace lockstep::runtime {
namespace {

__attribute__((target("sse4.2"))) uint32_t ExtendByInstruction(uint32_t crc, std::string_view bytes) {
  uint64_t sum = ~crc;
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, 8);
    sum = _mm_crc32_u64(sum, word);
  }
  auto narrow = static_cast<uint32_t>(sum);
  for (; left > 0; --left, ++at) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
  return ~narrow;
}

}  // namespace

uint32_t ExtendCrc32c(uint32_t crc, std::string_view bytes) {
  static const bool kHasInstruction = __builtin_cpu_supports("sse4.2") != 0;
  return kHasInstruction ? ExtendByInstruction(crc, bytes) : ExtendCrc32cPortable(crc, bytes);
}

}  // namespace lockstep::runtime
