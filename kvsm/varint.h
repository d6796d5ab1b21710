// Varints: numbers in as few bytes as they need, seven bits in each, lowest first; protobuf's.
#ifndef LOCKSTEP_KVSM_VARINT_H_
#define LOCKSTEP_KVSM_VARINT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace lockstep::kvsm {

inline void AppendVarint(std::string& to, uint64_t number) {
  while (number >= 0x80) {
    to.push_back(static_cast<char>(number | 0x80));
    number >>= 7;
  }
  to.push_back(static_cast<char>(number));
}

// Takes one from the front of `bytes`; false if there is none.
inline bool TakeVarint(std::string_view& bytes, uint64_t& number) {
  number = 0;
  for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    number |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) == 0) {
      bytes.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_VARINT_H_
