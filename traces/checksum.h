// CRC-32C (Castagnoli), the checksum of a record in a trace.
#ifndef LOCKSTEP_TRACES_CHECKSUM_H_
#define LOCKSTEP_TRACES_CHECKSUM_H_

#include <cstdint>
#include <string_view>

namespace lockstep::traces {

uint32_t Checksum(std::string_view bytes);

}  // namespace lockstep::traces

#endif  // LOCKSTEP_TRACES_CHECKSUM_H_
