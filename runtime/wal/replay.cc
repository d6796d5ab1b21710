#include "runtime/wal/replay.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/little_endian.h"

namespace lockstep::runtime {
namespace {

constexpr std::string_view kSegmentPrefix = "log-";
constexpr std::string_view kSparePrefix = "spare-";
constexpr std::string_view kAdvice =
    "; this node may have acknowledged what is lost, so it must not take part as it is: remove its data and let it "
    "join again under a new incarnation, or restore these files from a copy";

std::optional<uint32_t> NumberInName(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number, 16);
  if (name.size() != 16 || error != std::errc() || end != name.data() + name.size() || number > UINT32_MAX) {
    return std::nullopt;
  }
  return static_cast<uint32_t>(number);
}

// The beginning of a segment, if it has one: its header and its first record.
struct Opening {
  SegmentHeader header;
  std::optional<DecodedRecord> begin;
};

// What good records lie somewhere behind a bad one.
struct Behind {
  uint64_t last_end = 0;            // The end of the last of them; 0: there are none.
  std::optional<LogAddress> proof;  // One that says that the bad one was synced.
};

class Replayer {
 public:
  Replayer(Files& files, const std::string& directory, const LogIdentity& identity)
      : files_(files), directory_(directory), identity_(identity) {}

  absl::StatusOr<Replayed> Run() {
    if (absl::Status status = FindSegments(); !status.ok()) return status;
    if (absl::Status status = ReadOpenings(); !status.ok()) return status;
    for (const uint32_t segment : numbers_) {
      if (segment > last_) break;
      if (absl::Status status = ReadSegment(segment); !status.ok()) return status;
    }
    if (absl::Status status = LookBehindTheEnd(); !status.ok()) return status;
    const LogIndex& index = result_.index;
    if (index.floor().index > index.base().index) {
      return absl::DataLossError(absl::StrCat(directory_, ": entries ", index.base().index + 1, " to ",
                                              index.floor().index, " were in segments that are missing, before ",
                                              SegmentName(numbers_.front()), std::string(kAdvice)));
    }
    return std::move(result_);
  }

 private:
  std::string PathOf(uint32_t segment) const { return absl::StrCat(directory_, "/", SegmentName(segment)); }

  absl::Status Damaged(uint32_t segment, uint64_t offset, std::string what) const {
    return absl::DataLossError(
        absl::StrCat(PathOf(segment), ", offset ", offset, ": ", std::move(what), std::string(kAdvice)));
  }

  absl::Status FindSegments() {
    const auto names = files_.List(directory_);
    if (!names.ok()) return names.status();
    for (const std::string& name : *names) {
      if (const auto number = NumberInName(name, kSegmentPrefix); number.has_value()) {
        numbers_.push_back(*number);
      } else if (NumberInName(name, kSparePrefix).has_value()) {
        result_.garbage.push_back(name);
      }
    }
    if (numbers_.empty()) return absl::NotFoundError(absl::StrCat(directory_, ": no log is there"));
    std::sort(numbers_.begin(), numbers_.end());
    // What lies before a gap was to be removed; whether something is missing shows in the end.
    size_t first = numbers_.size() - 1;
    while (first > 0 && numbers_[first - 1] + 1 == numbers_[first]) --first;
    for (size_t i = 0; i < first; ++i) result_.garbage.push_back(SegmentName(numbers_[i]));
    numbers_.erase(numbers_.begin(), numbers_.begin() + static_cast<ptrdiff_t>(first));
    return absl::OkStatus();
  }

  absl::StatusOr<SharedBytes> ReadPart(uint32_t segment, uint64_t bytes_max) const {
    auto file = files_.Open(PathOf(segment), OpenMode::kRead);
    if (!file.ok()) return file.status();
    const auto size = (*file)->Size();
    if (!size.ok()) return size.status();
    const uint64_t bytes = std::min(*size, bytes_max);
    std::shared_ptr<char[]> block = std::make_unique_for_overwrite<char[]>(bytes);
    const auto read = (*file)->Read(0, {block.get(), bytes});
    if (!read.ok()) return read.status();
    const char* data = block.get();
    return SharedBytes(std::move(block), data, *read);
  }

  absl::Status ReadOpenings() {
    constexpr uint64_t kOpeningBytes = 128 << 10;
    for (const uint32_t segment : numbers_) {
      const auto bytes = ReadPart(segment, kOpeningBytes);
      if (!bytes.ok()) return bytes.status();
      auto header = DecodeSegmentHeader(bytes->view());
      if (header.status().code() == absl::StatusCode::kFailedPrecondition) {
        return absl::FailedPreconditionError(
            absl::StrCat(PathOf(segment), ": ", std::string(header.status().message())));
      }
      // A segment made ahead still has the header of what it was used for before.
      if (!header.ok() || header->segment != segment) continue;
      if (header->identity != identity_) return Foreign(segment, header->identity);
      Opening opening{*header, DecodeRecord(*bytes, kSegmentHeaderBytes, header->salt, segment)};
      result_.salt = header->salt;
      salt_known_ = true;
      if (opening.begin.has_value() && opening.begin->record.type == RecordType::kBegin) {
        openings_.emplace(segment, std::move(opening));
        last_ = segment;
      }
    }
    if (openings_.empty()) {
      return Damaged(numbers_.front(), 0, "this segment, and every later one, has lost its beginning");
    }
    return absl::OkStatus();
  }

  absl::Status Foreign(uint32_t segment, const LogIdentity& found) const {
    return absl::FailedPreconditionError(
        absl::StrFormat("%s is of cluster %016x, group %d, node %s, but this is cluster %016x, group %d, node %s: the "
                        "folder belongs to "
                        "another node, or this node is started under a wrong name",
                        PathOf(segment), found.cluster, found.group, ToString(found.node), identity_.cluster,
                        identity_.group, ToString(identity_.node)));
  }

  // Where the part of `segment` that counts ends, if a later segment says so.
  std::optional<uint64_t> KnownEnd(uint32_t segment) const {
    const auto next = openings_.upper_bound(segment);
    if (next == openings_.end()) return std::nullopt;
    const LogAddress end = next->second.begin->record.previous_end;
    if (end.segment == segment) return end.offset;
    return end.segment < segment ? std::optional<uint64_t>(0) : std::nullopt;
  }

  absl::Status ReadSegment(uint32_t segment) {
    const std::optional<uint64_t> known_end = KnownEnd(segment);
    if (segment != last_ && !known_end.has_value()) {
      return Damaged(segment + 1, 0, "the segment has lost its beginning, although a later one follows it");
    }
    if (known_end == 0) {  // Nothing in it ever counted.
      result_.segments.push_back(segment);
      return absl::OkStatus();
    }
    if (!openings_.contains(segment)) return Damaged(segment, 0, "the segment has lost its beginning");
    const auto content = ReadPart(segment, known_end.value_or(UINT64_MAX));
    if (!content.ok()) return content.status();
    uint64_t offset = kSegmentHeaderBytes;
    while (!known_end.has_value() || offset < *known_end) {
      const auto decoded = DecodeRecord(*content, offset, result_.salt, segment);
      const bool chained = decoded.has_value() && (!begun_ || decoded->previous_crc == result_.chain);
      if (!chained) break;
      const LogAddress address{segment, static_cast<uint32_t>(offset)};
      if (absl::Status status = Take(*decoded, address); !status.ok()) return status;
      offset += decoded->bytes;
    }
    if (known_end.has_value() && offset != *known_end) {
      return Damaged(segment, offset,
                     absl::StrCat("no good record, although ", PathOf(openings_.upper_bound(segment)->first),
                                  " says that good ones reach up to ", *known_end));
    }
    result_.end = {segment, static_cast<uint32_t>(offset)};
    if (!known_end.has_value()) last_content_ = *content;
    return absl::OkStatus();
  }

  absl::Status Take(const DecodedRecord& decoded, LogAddress address) {
    const Record& record = decoded.record;
    absl::Status status;
    if (address.offset == kSegmentHeaderBytes) {
      if (!begun_) {
        status = result_.index.Begin(record);
        begun_ = true;
      } else if (!result_.index.Matches(record)) {
        status = absl::InvalidArgumentError("the segment begins with another state than the one before ends with");
      }
      result_.segments.push_back(address.segment);
    } else {
      status = result_.index.Apply(record, address);
    }
    if (record.synced > address) status = absl::InvalidArgumentError("it says that what follows it was on disk before");
    if (!status.ok()) return Damaged(address.segment, address.offset, std::string(status.message()));
    result_.chain = decoded.crc;
    result_.bytes += decoded.bytes;
    proven_ = std::max(proven_, record.synced);
    return absl::OkStatus();
  }

  // Looks for good records of `segment` behind `offset`.
  Behind LookBehind(const SharedBytes& content, uint32_t segment, uint64_t offset) const {
    Behind behind;
    for (uint64_t at = RoundUp8(offset); at + kRecordHeaderBytes <= content.size(); at += 8) {
      const auto decoded = DecodeRecord(content, at, result_.salt, segment);
      if (!decoded.has_value()) continue;
      behind.last_end = at + decoded->bytes;
      if (decoded->record.synced > result_.end && !behind.proof.has_value()) {
        behind.proof = LogAddress{segment, static_cast<uint32_t>(at)};
      }
    }
    return behind;
  }

  absl::Status Refuse(LogAddress proof) const {
    return Damaged(result_.end.segment, result_.end.offset,
                   absl::StrCat("no good record, although the one at offset ", proof.offset, " of ",
                                PathOf(proof.segment), " says that this place was on disk before"));
  }

  absl::Status LookBehindTheEnd() {
    const LogAddress end = result_.end;
    const Behind behind = LookBehind(last_content_, last_, end.offset + 8);
    if (behind.proof.has_value()) return Refuse(*behind.proof);
    if (behind.last_end > 0) {
      result_.wipe = {last_, end.offset, behind.last_end};
      result_.torn_bytes += behind.last_end - end.offset;
    } else {
      result_.torn_bytes += TornHead(end.offset);
    }
    for (const uint32_t segment : numbers_) {
      if (segment <= last_) continue;
      const auto content = ReadPart(segment, UINT64_MAX);
      if (!content.ok()) return content.status();
      const Behind later = LookBehind(*content, segment, 0);
      if (later.proof.has_value()) return Refuse(*later.proof);
      if (later.last_end == 0 && salt_known_) {
        result_.prepared.push_back(segment);
      } else {
        result_.garbage.push_back(SegmentName(segment));
        result_.torn_bytes += later.last_end;
      }
    }
    const uint64_t unproven = proven_.segment == last_ ? proven_.offset : 0;
    result_.rewrite = {last_, unproven, end.offset};
    result_.rewrite_content = std::string(last_content_.view().substr(unproven, end.offset - unproven));
    return absl::OkStatus();
  }

  // How much of a record's head lies at `offset`: what bears the segment's number was written for it.
  uint64_t TornHead(uint64_t offset) const {
    if (offset + kRecordHeaderBytes > last_content_.size()) return 0;
    return LoadLittle<uint32_t>(last_content_.data() + offset + 8) == last_ ? kRecordHeaderBytes : 0;
  }

  Files& files_;
  const std::string directory_;
  const LogIdentity identity_;
  std::vector<uint32_t> numbers_;         // Of all segments in an unbroken row, ascending.
  std::map<uint32_t, Opening> openings_;  // Of those that have been begun.
  uint32_t last_ = 0;                     // The last of those.
  bool salt_known_ = false;
  bool begun_ = false;  // The first record has been taken.
  SharedBytes last_content_;
  LogAddress proven_;  // Everything before this was on disk.
  Replayed result_;
};

}  // namespace

std::string SegmentName(uint32_t segment) { return absl::StrFormat("%s%016x", std::string(kSegmentPrefix), segment); }

std::string SpareName(uint32_t number) { return absl::StrFormat("%s%016x", std::string(kSparePrefix), number); }

absl::StatusOr<Replayed> ReplayLog(Files& files, const std::string& directory, const LogIdentity& identity) {
  return Replayer(files, directory, identity).Run();
}

}  // namespace lockstep::runtime
