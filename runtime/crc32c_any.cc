// For processors without an instruction of their own for CRC32C.
#include "runtime/crc32c.h"

namespace lockstep::runtime {

uint32_t ExtendCrc32c(uint32_t crc, std::string_view bytes) { return ExtendCrc32cPortable(crc, bytes); }

}  // namespace lockstep::runtime
