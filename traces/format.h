// The frame around the records of a trace file: what reader.h and writer.h agree on.
//
//     lockstep trace 1\n                        the first line: what this is, and the version of the format
//     size: uint32 LE | checksum: uint32 LE | a Record of `size` bytes          once for each record
//
// The checksum is CRC-32C of the record's bytes.
#ifndef LOCKSTEP_TRACES_FORMAT_H_
#define LOCKSTEP_TRACES_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lockstep::traces {

inline constexpr std::string_view kMagic = "lockstep trace ";
// Raised when an older program would misread a newer file. A field more does not.
inline constexpr int kFormatVersion = 1;

inline constexpr size_t kFrameHeaderBytes = 8;
// More than the largest record of any run; a larger size is damage, and is not believed.
inline constexpr uint32_t kRecordBytesMax = 16 << 20;
// Choices that a reader keeps; a run draws a few for each step.
inline constexpr size_t kChoicesMax = 64 << 20;
// Choices in one record.
inline constexpr int kChoicesPerRecord = 4096;

}  // namespace lockstep::traces

#endif  // LOCKSTEP_TRACES_FORMAT_H_
