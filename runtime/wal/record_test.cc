#include "runtime/wal/record.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "runtime/crc32c.h"
#include "runtime/little_endian.h"

namespace lockstep::runtime {
namespace {

Record DrawRecord() {
  Record record;
  record.type = *rc::gen::element(RecordType::kBegin, RecordType::kVote, RecordType::kEntry, RecordType::kTruncate,
                                  RecordType::kCompact, RecordType::kReset, RecordType::kMark, RecordType::kReference);
  const auto number = [] { return *rc::gen::arbitrary<uint32_t>(); };
  record.synced = {number(), number()};
  const bool positioned =
      record.type == RecordType::kBegin || record.type == RecordType::kCompact || record.type == RecordType::kReset;
  if (record.type == RecordType::kBegin || record.type == RecordType::kVote) {
    record.term = number();
    record.voted_for = {number(), number()};
  }
  if (record.type == RecordType::kBegin) {
    record.previous_end = {number(), number()};
    record.last = {number(), number()};
  }
  if (record.type == RecordType::kTruncate) record.last.index = number();
  if (positioned) record.base = {number(), number()};
  if (record.type == RecordType::kEntry || record.type == RecordType::kReference) {
    record.index = uint64_t{number()} + 1;
    record.entry = {number(), number(), EntryKind::kCommand};
  }
  if (positioned || record.type == RecordType::kEntry) {
    record.payload = MakePayload(SharedBytes(*rc::gen::arbitrary<std::string>()));
  }
  if (record.payload.bytes.empty()) record.payload = {};
  if (record.type == RecordType::kReference) record.payload.crc32c = number();
  return record;
}

std::string Encode(const Record& record, const RecordPlace& place) {
  std::string bytes;
  EncodeRecordHead(record, place, bytes);
  bytes += record.payload.bytes.view();
  bytes.resize(RoundUp8(bytes.size()));
  return bytes;
}

RC_GTEST_PROP(RecordTest, ComesBackAsItWas, ()) {
  const Record record = DrawRecord();
  const RecordPlace place{*rc::gen::arbitrary<uint32_t>(), {7, 64}, *rc::gen::arbitrary<uint32_t>()};
  const std::string bytes = Encode(record, place);
  RC_ASSERT(bytes.size() == EncodedBytes(record));
  const SharedBytes segment(std::string(64, 'h') + bytes);
  const auto decoded = DecodeRecord(segment, 64, place.salt, 7);
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(decoded->record == record);
  RC_ASSERT(decoded->bytes == bytes.size());
  RC_ASSERT(decoded->previous_crc == place.previous_crc);
  // Elsewhere, or in another log, the same bytes are no record.
  RC_ASSERT(!DecodeRecord(SharedBytes(std::string(72, 'h') + bytes), 72, place.salt, 7).has_value());
  RC_ASSERT(!DecodeRecord(segment, 64, place.salt + 1, 7).has_value());
  RC_ASSERT(!DecodeRecord(segment, 64, place.salt, 8).has_value());
}

RC_GTEST_PROP(RecordTest, AnyDamageIsNoticed, ()) {
  const Record record = DrawRecord();
  const RecordPlace place{5, {7, 0}, 9};
  std::string bytes = Encode(record, place);
  const size_t head = bytes.size() - RoundUp8(record.payload.bytes.size());
  const auto at = *rc::gen::inRange<size_t>(0, head + record.payload.bytes.size());
  RC_PRE(at < head || at - head < record.payload.bytes.size());
  bytes[at] = static_cast<char>(bytes[at] ^ *rc::gen::inRange(1, 256));
  RC_ASSERT(!DecodeRecord(SharedBytes(bytes), 0, place.salt, 7).has_value());
  bytes.resize(*rc::gen::inRange<size_t>(0, bytes.size()));
  RC_ASSERT(!DecodeRecord(SharedBytes(bytes), 0, place.salt, 7).has_value());
}

TEST(SegmentHeaderTest, ComesBackOrIsRefused) {
  const SegmentHeader header{1, 2, {3, 4, {5, 6}}};
  std::string bytes = EncodeSegmentHeader(header);
  ASSERT_EQ(bytes.size(), kSegmentHeaderBytes);
  EXPECT_EQ(*DecodeSegmentHeader(bytes), header);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_EQ(DecodeSegmentHeader(damaged).status().code(), absl::StatusCode::kDataLoss) << i;
  }
  EXPECT_EQ(DecodeSegmentHeader("").status().code(), absl::StatusCode::kDataLoss);
}

TEST(SegmentHeaderTest, AnotherFormatIsRefusedAsSuch) {
  std::string bytes = EncodeSegmentHeader({1, 2, {3, 4, {5, 6}}});
  StoreLittle(&bytes[8], kLogFormatVersion + 1);
  StoreLittle(&bytes[kSegmentHeaderBytes - 4], Crc32c(std::string_view(bytes).substr(0, kSegmentHeaderBytes - 4)));
  const absl::Status status = DecodeSegmentHeader(bytes).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "format version 2, this program knows 1: use the one that wrote it");
}

}  // namespace
}  // namespace lockstep::runtime
