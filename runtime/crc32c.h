// CRC32C (Castagnoli): the checksum of everything this project writes to a disk or a connection.
//
// Extend continues a checksum, so that a sum over parts equals the sum over the whole, and a sum seeded with another
// one is chained to it. It detects damage, not malice.
#ifndef LOCKSTEP_RUNTIME_CRC32C_H_
#define LOCKSTEP_RUNTIME_CRC32C_H_

#include <cstdint>
#include <string_view>

namespace lockstep::runtime {

// The checksum of what `crc` is the checksum of, followed by `bytes`. Cost: some GB/s where the processor helps.
uint32_t ExtendCrc32c(uint32_t crc, std::string_view bytes);

inline uint32_t Crc32c(std::string_view bytes) { return ExtendCrc32c(0, bytes); }

// The same by tables, on any processor: what ExtendCrc32c falls back to.
uint32_t ExtendCrc32cPortable(uint32_t crc, std::string_view bytes);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_CRC32C_H_
