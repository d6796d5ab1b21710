// The records of the log: FORMAT.md in C++.
//
// Encoding and decoding of one record at one place. What the records mean together is for replay.h, where they are
// written for log.h.
#ifndef LOCKSTEP_RUNTIME_WAL_RECORD_H_
#define LOCKSTEP_RUNTIME_WAL_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/log.h"
#include "core/types.h"
#include "runtime/codec/hello.h"
#include "runtime/payload.h"

namespace lockstep::runtime {

inline constexpr uint32_t kLogFormatVersion = 1;
inline constexpr uint64_t kSegmentHeaderBytes = 64;
inline constexpr uint64_t kRecordHeaderBytes = 32;

// A place in the log.
struct LogAddress {
  uint32_t segment = 0;
  uint32_t offset = 0;

  uint64_t number() const { return uint64_t{segment} << 32 | offset; }
  static LogAddress FromNumber(uint64_t number) {
    return {static_cast<uint32_t>(number >> 32), static_cast<uint32_t>(number)};
  }
  friend auto operator<=>(const LogAddress&, const LogAddress&) = default;
};

// Whose log it is.
struct LogIdentity {
  ClusterId cluster = 0;
  uint64_t group = 0;
  NodeId node;

  friend bool operator==(const LogIdentity&, const LogIdentity&) = default;
};

struct SegmentHeader {
  uint32_t salt = 0;
  uint32_t segment = 0;
  LogIdentity identity;

  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

std::string EncodeSegmentHeader(const SegmentHeader& header);
// Errors: DataLoss for bytes that are no header, FailedPrecondition for a format version that is not known here.
absl::StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view bytes);

enum class RecordType : uint8_t { kBegin = 1, kVote, kEntry, kTruncate, kCompact, kReset, kMark, kReference };

// One record; a type uses the fields that it names.
struct Record {
  RecordType type = RecordType::kMark;
  LogAddress synced;

  Term term = 0;            // kBegin, kVote.
  NodeId voted_for;         // kBegin, kVote.
  LogAddress previous_end;  // kBegin.
  LogPosition base;         // kBegin, kCompact, kReset.
  LogPosition last;         // kBegin; kTruncate: its index.
  Index index = 0;          // kEntry, kReference.
  EntryMeta entry;          // kEntry, kReference.
  // kEntry: the command or configuration; kReference: the command's checksum alone; kBegin, kCompact, kReset: the
  // configuration.
  Payload payload;

  friend bool operator==(const Record&, const Record&) = default;
};

// A record's size in the log.
uint64_t EncodedBytes(const Record& record);

// Where a record stands: what its checksum covers besides itself.
struct RecordPlace {
  uint32_t salt = 0;
  LogAddress address;
  uint32_t previous_crc = 0;
};

// Appends header and body of `record` to `head`, without payload and padding. Returns its checksum.
uint32_t EncodeRecordHead(const Record& record, const RecordPlace& place, std::string& head);

struct DecodedRecord {
  Record record;
  uint64_t bytes = 0;         // In the log, with padding.
  uint32_t crc = 0;           // For the chain.
  uint32_t previous_crc = 0;  // What it is chained to.
};

// The record at `offset` of a segment whose content is `segment`; its payload is a part of it. Nothing if there is no
// record whose checksum, and whose payload's, hold. Whether it is chained to the right one is left to the caller.
std::optional<DecodedRecord> DecodeRecord(const SharedBytes& segment, uint64_t offset, uint32_t salt,
                                          uint32_t segment_number);

inline uint64_t RoundUp8(uint64_t bytes) { return (bytes + 7) & ~uint64_t{7}; }

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_WAL_RECORD_H_
