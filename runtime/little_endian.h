// Numbers in files and frames: little-endian, whatever the processor.
#ifndef LOCKSTEP_RUNTIME_LITTLE_ENDIAN_H_
#define LOCKSTEP_RUNTIME_LITTLE_ENDIAN_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

namespace lockstep::runtime {

template <typename Number>
Number LoadLittle(const char* from) {
  static_assert(std::is_unsigned_v<Number>);
  if constexpr (std::endian::native == std::endian::little) {
    Number value = 0;
    std::memcpy(&value, from, sizeof value);
    return value;
  } else {
    Number value = 0;
    for (size_t i = sizeof value; i-- > 0;) value = (value << 8) | static_cast<unsigned char>(from[i]);
    return value;
  }
}

template <typename Number>
void StoreLittle(char* to, Number value) {
  static_assert(std::is_unsigned_v<Number>);
  for (size_t i = 0; i < sizeof value; ++i) to[i] = static_cast<char>(value >> (8 * i));
}

template <typename Number>
void AppendLittle(std::string& to, Number value) {
  char bytes[sizeof value];
  StoreLittle(bytes, value);
  to.append(bytes, sizeof value);
}

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LITTLE_ENDIAN_H_
