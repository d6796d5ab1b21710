#include "runtime/wal/record.h"

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "runtime/little_endian.h"

namespace lockstep::runtime {
namespace {

constexpr std::string_view kMagic = "LKSTPLOG";

void AppendNode(std::string& out, NodeId id) {
  AppendLittle(out, id.number);
  AppendLittle(out, id.incarnation);
}

void AppendPosition(std::string& out, LogPosition position) {
  AppendLittle(out, position.index);
  AppendLittle(out, position.term);
}

NodeId LoadNode(const char* at) { return {LoadLittle<uint32_t>(at), LoadLittle<uint32_t>(at + 4)}; }
LogPosition LoadPosition(const char* at) { return {LoadLittle<uint64_t>(at), LoadLittle<uint64_t>(at + 8)}; }

uint64_t BodyBytes(RecordType type) {
  switch (type) {
    case RecordType::kBegin:
      return 56;
    case RecordType::kVote:
    case RecordType::kCompact:
    case RecordType::kReset:
      return 16;
    case RecordType::kEntry:
    case RecordType::kReference:
      return 24;
    case RecordType::kTruncate:
      return 8;
    case RecordType::kMark:
      return 0;
  }
  return UINT64_MAX;  // Of no known type.
}

void AppendBody(std::string& out, const Record& record) {
  switch (record.type) {
    case RecordType::kBegin:
      AppendLittle(out, record.previous_end.number());
      AppendLittle(out, record.term);
      AppendNode(out, record.voted_for);
      AppendPosition(out, record.base);
      AppendPosition(out, record.last);
      return;
    case RecordType::kVote:
      AppendLittle(out, record.term);
      AppendNode(out, record.voted_for);
      return;
    case RecordType::kEntry:
    case RecordType::kReference:
      AppendLittle(out, record.index);
      AppendLittle(out, record.entry.term);
      AppendLittle(out, record.entry.bytes);
      AppendLittle(out, static_cast<uint32_t>(record.entry.kind));
      return;
    case RecordType::kTruncate:
      AppendLittle(out, record.last.index);
      return;
    case RecordType::kCompact:
    case RecordType::kReset:
      AppendPosition(out, record.base);
      return;
    case RecordType::kMark:
      return;
  }
}

// Returns whether the body makes sense.
bool LoadBody(const char* at, Record& record) {
  switch (record.type) {
    case RecordType::kBegin:
      record.previous_end = LogAddress::FromNumber(LoadLittle<uint64_t>(at));
      record.term = LoadLittle<uint64_t>(at + 8);
      record.voted_for = LoadNode(at + 16);
      record.base = LoadPosition(at + 24);
      record.last = LoadPosition(at + 40);
      return true;
    case RecordType::kVote:
      record.term = LoadLittle<uint64_t>(at);
      record.voted_for = LoadNode(at + 8);
      return true;
    case RecordType::kEntry:
    case RecordType::kReference: {
      record.index = LoadLittle<uint64_t>(at);
      record.entry.term = LoadLittle<uint64_t>(at + 8);
      record.entry.bytes = LoadLittle<uint32_t>(at + 16);
      const auto kind = LoadLittle<uint32_t>(at + 20);
      record.entry.kind = static_cast<EntryKind>(kind);
      return kind <= static_cast<uint32_t>(EntryKind::kConfiguration) && record.index > 0;
    }
    case RecordType::kTruncate:
      record.last.index = LoadLittle<uint64_t>(at);
      return true;
    case RecordType::kCompact:
    case RecordType::kReset:
      record.base = LoadPosition(at);
      return true;
    case RecordType::kMark:
      return true;
  }
  return false;
}

uint32_t Seed(uint32_t salt, LogAddress address) {
  char bytes[8];
  StoreLittle(bytes, address.number());
  return ExtendCrc32c(salt, {bytes, sizeof bytes});
}

}  // namespace

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  std::string bytes(kMagic);
  AppendLittle(bytes, kLogFormatVersion);
  AppendLittle(bytes, header.salt);
  AppendLittle(bytes, uint64_t{header.segment});
  AppendLittle(bytes, header.identity.cluster);
  AppendLittle(bytes, header.identity.group);
  AppendNode(bytes, header.identity.node);
  bytes.resize(kSegmentHeaderBytes - 4, '\0');
  AppendLittle(bytes, Crc32c(bytes));
  return bytes;
}

absl::StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes || !bytes.starts_with(kMagic) ||
      Crc32c(bytes.substr(0, kSegmentHeaderBytes - 4)) != LoadLittle<uint32_t>(&bytes[kSegmentHeaderBytes - 4])) {
    return absl::DataLossError("no header of a log segment");
  }
  const auto version = LoadLittle<uint32_t>(&bytes[8]);
  if (version != kLogFormatVersion) {
    return absl::FailedPreconditionError(absl::StrCat("format version ", version, ", this program knows ",
                                                      kLogFormatVersion, ": use the one that wrote it"));
  }
  return SegmentHeader{LoadLittle<uint32_t>(&bytes[12]),
                       static_cast<uint32_t>(LoadLittle<uint64_t>(&bytes[16])),
                       {LoadLittle<uint64_t>(&bytes[24]), LoadLittle<uint64_t>(&bytes[32]), LoadNode(&bytes[40])}};
}

uint64_t EncodedBytes(const Record& record) {
  return RoundUp8(kRecordHeaderBytes + BodyBytes(record.type) + record.payload.bytes.size());
}

uint32_t EncodeRecordHead(const Record& record, const RecordPlace& place, std::string& head) {
  LOCKSTEP_CHECK(place.address.offset % 8 == 0);
  const uint64_t body_bytes = BodyBytes(record.type);
  const size_t begin = head.size();
  head.resize(begin + kRecordHeaderBytes);
  char* const at = &head[begin];
  StoreLittle(at + 4, place.previous_crc);
  StoreLittle(at + 8, place.address.segment);
  at[12] = static_cast<char>(record.type);
  at[13] = '\0';
  StoreLittle(at + 14, static_cast<uint16_t>(body_bytes));
  StoreLittle(at + 16, static_cast<uint32_t>(record.payload.bytes.size()));
  StoreLittle(at + 20, record.payload.crc32c);
  StoreLittle(at + 24, record.synced.number());
  AppendBody(head, record);
  const uint32_t crc = ExtendCrc32c(Seed(place.salt, place.address), std::string_view(head).substr(begin + 4));
  StoreLittle(&head[begin], crc);
  return crc;
}

std::optional<DecodedRecord> DecodeRecord(const SharedBytes& segment, uint64_t offset, uint32_t salt,
                                          uint32_t segment_number) {
  if (offset + kRecordHeaderBytes > segment.size()) return std::nullopt;
  const char* at = segment.data() + offset;
  // The cheap questions first: most of what is asked about, behind the end of the log, is no record.
  if (LoadLittle<uint32_t>(at + 8) != segment_number) return std::nullopt;
  DecodedRecord decoded;
  Record& record = decoded.record;
  record.type = static_cast<RecordType>(at[12]);
  const uint64_t body_bytes = BodyBytes(record.type);
  const auto payload_bytes = LoadLittle<uint32_t>(at + 16);
  if (at[13] != 0 || body_bytes != LoadLittle<uint16_t>(at + 14)) return std::nullopt;
  const uint64_t head_bytes = kRecordHeaderBytes + body_bytes;
  if (head_bytes + payload_bytes > segment.size() - offset) return std::nullopt;
  decoded.crc = LoadLittle<uint32_t>(at);
  const LogAddress address{segment_number, static_cast<uint32_t>(offset)};
  if (ExtendCrc32c(Seed(salt, address), {at + 4, head_bytes - 4}) != decoded.crc) return std::nullopt;
  decoded.previous_crc = LoadLittle<uint32_t>(at + 4);
  record.synced = LogAddress::FromNumber(LoadLittle<uint64_t>(at + 24));
  record.payload = {segment.Part(offset + head_bytes, payload_bytes), LoadLittle<uint32_t>(at + 20)};
  if (!LoadBody(at + kRecordHeaderBytes, record)) return std::nullopt;
  const bool whole = record.type == RecordType::kReference ? record.payload.bytes.empty() : record.payload.intact();
  if (!whole) return std::nullopt;
  decoded.bytes = RoundUp8(head_bytes + payload_bytes);
  return decoded;
}

}  // namespace lockstep::runtime
