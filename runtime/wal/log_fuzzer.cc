// Any bytes at all as the files of a log: opening it refuses them, or gives a log that can be read and written.
//
// The first byte chooses: the bytes are a segment as it is; the same with every checksum made right, so that the fuzzer
// gets behind them; or two segments. It also chooses whether the log is only read, which most inputs are for, or
// opened, used and opened again, which takes ten times as long.
#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "runtime/little_endian.h"
#include "runtime/memory/memory_clock.h"
#include "runtime/memory/memory_files.h"
#include "runtime/wal/log.h"

namespace lockstep::runtime {
namespace {

constexpr size_t kSegmentBytesMax = 4096;
const LogIdentity kIdentity{42, 0, {1, 0}};

// Makes the checksums of header and records, and the chain, right, as far as the lengths lead.
void MendChecksums(std::string& segment, uint32_t number) {
  if (segment.size() < kSegmentHeaderBytes) return;
  const SegmentHeader header{7, number, kIdentity};
  std::memcpy(segment.data(), EncodeSegmentHeader(header).data(), kSegmentHeaderBytes);
  uint32_t previous = 0;
  for (size_t at = kSegmentHeaderBytes; at + kRecordHeaderBytes <= segment.size();) {
    const uint64_t body_bytes = LoadLittle<uint16_t>(&segment[at + 14]) % 64;
    const uint64_t payload_bytes = LoadLittle<uint32_t>(&segment[at + 16]) % 2048;
    const uint64_t head_bytes = kRecordHeaderBytes + body_bytes;
    if (at + head_bytes + payload_bytes > segment.size()) return;
    StoreLittle(&segment[at + 4], previous);
    StoreLittle(&segment[at + 8], number);
    StoreLittle(&segment[at + 14], static_cast<uint16_t>(body_bytes));
    StoreLittle(&segment[at + 16], static_cast<uint32_t>(payload_bytes));
    StoreLittle(&segment[at + 20], Crc32c(std::string_view(segment).substr(at + head_bytes, payload_bytes)));
    char place[8];
    StoreLittle(place, LogAddress{number, static_cast<uint32_t>(at)}.number());
    const uint32_t seed = ExtendCrc32c(header.salt, {place, sizeof place});
    previous = ExtendCrc32c(seed, std::string_view(segment).substr(at + 4, head_bytes - 4));
    StoreLittle(&segment[at], previous);
    at += RoundUp8(head_bytes + payload_bytes);
  }
}

// A log that could be opened: all of it can be read, or is said to be damaged, and more can be written.
void Use(WriteAheadLog::Opened& opened, MemoryClock& clock) {
  const Log& log = opened.stored.log;
  // What lies outside the log is not to be read from it: the parts between.
  Index first = log.first_index();
  for (const DataReference& reference : opened.stored.outside) {
    if (first < reference.position.index) (void)opened.log->Read(first, reference.position.index - 1);
    first = reference.position.index + 1;
  }
  if (first <= log.last_index()) (void)opened.log->Read(first, log.last_index());
  const Index next = log.last_index() + 1;
  effect::AppendLog write{1, next, {{std::max<Term>(log.last_term(), 1), 3, EntryKind::kCommand}}, {}};
  opened.log->Append(write, {MakePayload(SharedBytes("new"))});
  bool written = false;
  opened.log->Commit([&written](const absl::Status& status) { written = status.ok(); });
  clock.Advance(1000);
  LOCKSTEP_CHECK(written);
  const auto read = opened.log->Read(next, next);
  LOCKSTEP_CHECK(read.ok() && read->size() == 1 && (*read)[0].bytes.view() == "new");
}

// What a log says is refused, with a reason, or amounts to a log.
void Read(MemoryFiles& files) {
  const auto replayed = ReplayLog(files, "log", kIdentity);
  if (!replayed.ok()) {
    LOCKSTEP_CHECK(!replayed.status().message().empty());
    return;
  }
  const StoredLog stored = replayed->index.ToStoredLog();
  LOCKSTEP_CHECK(stored.log.last_index() >= stored.log.base_index());
  LOCKSTEP_CHECK(stored.outside.size() <= stored.log.last_index() - stored.log.base_index());
}

void Open(MemoryFiles& files, MemoryClock& clock) {
  WriteAheadLogOptions options;
  options.identity = kIdentity;
  options.segment_bytes = 4096;
  Index last = 0;
  {
    auto opened = WriteAheadLog::Open(files, options);
    if (!opened.ok()) {
      LOCKSTEP_CHECK(!opened.status().message().empty());
      return;
    }
    last = opened->stored.log.last_index();
    if (last > UINT64_MAX / 2) return;  // No log gets there by appending.
    Use(*opened, clock);
  }
  // What was added is there when it is opened again.
  const auto again = WriteAheadLog::Open(files, options);
  LOCKSTEP_CHECK(again.ok() && again->stored.log.last_index() == last + 1);
}

}  // namespace
}  // namespace lockstep::runtime

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lockstep::runtime;  // NOLINT: this file is the fuzzer's alone.
  if (size < 1) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, std::min(size - 1, kSegmentBytesMax));
  std::vector<std::string> segments;
  if (data[0] % 3 == 2) {
    segments.push_back(bytes.substr(bytes.size() / 2));
    bytes.resize(bytes.size() / 2);
  }
  segments.insert(segments.begin(), std::move(bytes));
  MemoryDisk disk;
  MemoryClock clock;
  DiskFaults faults;
  MemoryFiles files(disk, clock, faults);
  (void)files.MakeDirectory("log");
  for (uint32_t i = 0; i < segments.size(); ++i) {
    if (data[0] % 3 != 0) MendChecksums(segments[i], i + 1);
    disk.SetContent("log/" + SegmentName(i + 1), std::move(segments[i]));
  }
  if (data[0] / 3 % 8 == 0) {
    Open(files, clock);
  } else {
    Read(files);
  }
  return 0;
}
