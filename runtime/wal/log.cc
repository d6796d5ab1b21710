#include "runtime/wal/log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/check.h"
#include "runtime/codec/configuration_codec.h"

namespace lockstep::runtime {
namespace {

// Payloads at least this large are written from where they lie; smaller ones are gathered.
constexpr size_t kOwnPartBytes = 4096;
constexpr uint64_t kBlockBytes = 4096;
constexpr uint64_t kZeroBytes = 256 << 10;

uint64_t RoundDownToBlock(uint64_t bytes) { return bytes / kBlockBytes * kBlockBytes; }
uint64_t RoundUpToBlock(uint64_t bytes) { return RoundDownToBlock(bytes + kBlockBytes - 1); }

// Gives the file real blocks with zeros in them: a sync into merely reserved ones costs twice as much. Piece by piece, so
// that a batch of the log, which the disk gets meanwhile, waits behind one piece and not behind all.
absl::Status FillWithZeros(File& file, uint64_t bytes) {
  if (absl::Status status = file.Preallocate(bytes); !status.ok()) return status;
  const std::string zeros(std::min(bytes, kZeroBytes), '\0');
  for (uint64_t at = 0; at < bytes; at += zeros.size()) {
    const size_t count = std::min<uint64_t>(zeros.size(), bytes - at);
    absl::Status status = file.Write(at, std::string_view(zeros).substr(0, count));
    if (status.ok()) status = file.Sync();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// The last `bytes` of `parts` and `last`, one after the other.
std::string TailOf(const std::vector<SharedBytes>& parts, std::string_view last, size_t bytes) {
  std::string tail(last.substr(last.size() - std::min(bytes, last.size())));
  for (size_t i = parts.size(); i > 0 && tail.size() < bytes; --i) {
    const std::string_view part = parts[i - 1].view();
    tail.insert(0, part.substr(part.size() - std::min(bytes - tail.size(), part.size())));
  }
  return tail;
}

// The bytes of the block that the log's end lies in. They are written again: so read, and checked, a second time.
absl::StatusOr<std::string> ReadTail(const File& file, const std::string& path, const SegmentHeader& header,
                                     LogAddress end, uint32_t chain) {
  std::string bytes(end.offset, '\0');
  const auto read = file.Read(0, bytes);
  if (!read.ok()) return read.status();
  const SharedBytes content(std::move(bytes));
  const auto found = DecodeSegmentHeader(content.view());
  uint64_t offset = found.ok() && *found == header && *read == end.offset ? kSegmentHeaderBytes : 0;
  uint32_t crc = 0;
  while (offset != 0 && offset < end.offset) {
    const auto decoded = DecodeRecord(content, offset, header.salt, header.segment);
    if (!decoded.has_value()) break;
    crc = decoded->crc;
    offset += decoded->bytes;
  }
  if (offset != end.offset || crc != chain) {
    return absl::DataLossError(absl::StrCat(path, ", offset ", offset, ": a second read gives other bytes than the ",
                                            "first: start again, and replace the device if that does not help"));
  }
  return std::string(content.view().substr(RoundDownToBlock(end.offset)));
}

Record RecordOf(RecordType type) {
  Record record;
  record.type = type;
  return record;
}

}  // namespace

// ---- Making and opening --------------------------------------------------------------------------------

absl::Status WriteAheadLog::Create(Files& files, Entropy& entropy, const WriteAheadLogOptions& options,
                                   const ConfigurationEntry& configuration) {
  if (absl::Status status = files.MakeDirectory(options.directory); !status.ok()) return status;
  const auto names = files.List(options.directory);
  if (!names.ok()) return names.status();
  const std::string name = SegmentName(1);
  if (std::find(names->begin(), names->end(), name) != names->end()) {
    return absl::AlreadyExistsError(absl::StrCat(options.directory, " holds a log already"));
  }
  const SegmentHeader header{static_cast<uint32_t>(entropy.Draw()), 1, options.identity};
  Record begin = RecordOf(RecordType::kBegin);
  begin.payload = MakePayload(SharedBytes(EncodeConfiguration(configuration)));
  std::string content = EncodeSegmentHeader(header);
  EncodeRecordHead(begin, {header.salt, {1, kSegmentHeaderBytes}, 0}, content);
  content += begin.payload.bytes.view();
  const std::string beside = absl::StrCat(options.directory, "/", SpareName(1));
  auto file = files.Open(beside, OpenMode::kCreate);
  if (!file.ok()) return file.status();
  const uint64_t bytes = RoundUpToBlock(std::max(options.segment_bytes, content.size() + 2 * kRecordHeaderBytes));
  absl::Status status = FillWithZeros(**file, bytes);
  if (status.ok()) status = (*file)->Write(0, content);
  if (status.ok()) status = (*file)->Sync();
  if (status.ok()) status = files.Rename(beside, absl::StrCat(options.directory, "/", name));
  if (status.ok()) status = files.SyncDirectory(options.directory);
  return status;
}

absl::StatusOr<WriteAheadLog::Opened> WriteAheadLog::Open(Files& files, const WriteAheadLogOptions& options) {
  auto replayed = ReplayLog(files, options.directory, options.identity);
  if (!replayed.ok()) return replayed.status();
  Opened opened;
  opened.report = {replayed->segments.size(), replayed->bytes, replayed->torn_bytes, replayed->end, replayed->garbage};
  opened.stored = replayed->index.ToStoredLog();
  for (const std::string& name : replayed->garbage) {
    const absl::Status status = files.Remove(absl::StrCat(options.directory, "/", name));
    if (!status.ok()) return status;
  }
  opened.log = std::unique_ptr<WriteAheadLog>(new WriteAheadLog(files, options, *replayed));
  if (absl::Status status = opened.log->OpenSegments(*replayed); !status.ok()) return status;
  opened.log->Rest();
  if (!opened.log->next_.has_value()) opened.log->PrepareNext(options.segment_bytes);
  return opened;
}

WriteAheadLog::WriteAheadLog(Files& files, WriteAheadLogOptions options, Replayed replayed)
    : files_(files),
      options_(std::move(options)),
      salt_(replayed.salt),
      index_(std::move(replayed.index)),
      next_number_(replayed.end.segment + 1),
      synced_{replayed.end, replayed.chain},
      end_(synced_) {}

WriteAheadLog::~WriteAheadLog() { *alive_ = false; }

absl::Status WriteAheadLog::OpenSegments(const Replayed& replayed) {
  for (const uint32_t number : replayed.segments) {
    auto file = files_.Open(PathOf(number), OpenMode::kReadWrite);
    if (!file.ok()) return file.status();
    const auto size = (*file)->Size();
    if (!size.ok()) return size.status();
    segments_[number] = {*std::move(file), *size};
  }
  File& current = *segments_.rbegin()->second.file;
  absl::Status status = current.Write(replayed.rewrite.begin, replayed.rewrite_content);
  if (status.ok() && replayed.wipe.end > replayed.wipe.begin) {
    status = current.Write(replayed.wipe.begin, std::string(replayed.wipe.end - replayed.wipe.begin, '\0'));
  }
  if (status.ok()) status = current.Sync();
  if (!status.ok()) return status;
  const uint32_t number_of_current = segments_.rbegin()->first;
  auto tail = ReadTail(current, PathOf(number_of_current), {salt_, number_of_current, options_.identity}, end_.address,
                       end_.chain);
  if (!tail.ok()) return tail.status();
  tail_ = *std::move(tail);
  // Of what was made ahead, the first one that is next in the row goes on; the others are spare.
  for (const uint32_t number : replayed.prepared) {
    auto file = files_.Open(PathOf(number), OpenMode::kReadWrite);
    if (!file.ok()) return file.status();
    const auto size = (*file)->Size();
    if (!size.ok()) return size.status();
    const bool usable = number == next_number_ && *size >= options_.segment_bytes;
    if (usable) {
      // Its name may not be on disk yet.
      if (status = files_.SyncDirectory(options_.directory); !status.ok()) return status;
      next_ = Segment{*std::move(file), *size};
    } else if (status = files_.Remove(PathOf(number)); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

std::string WriteAheadLog::PathOf(uint32_t segment) const {
  return absl::StrCat(options_.directory, "/", SegmentName(segment));
}

// ---- Collecting ----------------------------------------------------------------------------------------

void WriteAheadLog::Collect(Record record) {
  collected_bytes_ += EncodedBytes(record);
  collected_.push_back(std::move(record));
}

void WriteAheadLog::SaveVote(Term term, NodeId voted_for) {
  Record record = RecordOf(RecordType::kVote);
  record.term = term;
  record.voted_for = voted_for;
  Collect(std::move(record));
}

void WriteAheadLog::Append(const effect::AppendLog& write, std::vector<Payload> payloads) {
  auto payload = payloads.begin();
  auto configuration = write.configurations.begin();
  if (collected_.empty()) collected_.reserve(write.entries.size());
  for (size_t i = 0; i < write.entries.size(); ++i) {
    Record record = RecordOf(RecordType::kEntry);
    record.index = write.first + i;
    record.entry = write.entries[i];
    if (record.entry.kind == EntryKind::kCommand) {
      LOCKSTEP_CHECK(payload != payloads.end());
      record.payload = std::move(*payload++);
      const size_t bytes = record.payload.bytes.size();
      if (bytes == 0 && record.entry.bytes > 0) record.type = RecordType::kReference;
      LOCKSTEP_CHECK(record.type == RecordType::kReference || bytes == record.entry.bytes);
    } else if (record.entry.kind == EntryKind::kConfiguration) {
      LOCKSTEP_CHECK(configuration != write.configurations.end() && configuration->index == record.index);
      record.payload = MakePayload(SharedBytes(EncodeConfiguration(*configuration++)));
    }
    Collect(std::move(record));
  }
}

void WriteAheadLog::Truncate(Index last) {
  Record record = RecordOf(RecordType::kTruncate);
  record.last.index = last;
  Collect(std::move(record));
}

void WriteAheadLog::Reset(LogPosition base, const ConfigurationEntry& configuration) {
  Record record = RecordOf(RecordType::kReset);
  record.base = base;
  record.payload = MakePayload(SharedBytes(EncodeConfiguration(configuration)));
  Collect(std::move(record));
}

void WriteAheadLog::Compact(LogPosition base, const ConfigurationEntry& configuration) {
  Record record = RecordOf(RecordType::kCompact);
  record.base = base;
  record.payload = MakePayload(SharedBytes(EncodeConfiguration(configuration)));
  Collect(std::move(record));
}

// ---- Committing ----------------------------------------------------------------------------------------

void WriteAheadLog::Commit(Completion done) {
  LOCKSTEP_CHECK(!committing());
  writing_ = std::make_unique<Writing>();
  writing_->records = std::move(collected_);
  writing_->done = std::move(done);
  collected_.clear();
  collected_bytes_ = 0;
  if (Fits()) {
    Write();
  } else {
    BeginNextSegment();
  }
}

bool WriteAheadLog::Fits() const {
  if (tainted_) return false;
  uint64_t bytes = kRecordHeaderBytes;  // Of the mark behind it.
  for (const Record& record : writing_->records) bytes += EncodedBytes(record);
  return end_.address.offset + bytes <= segments_.rbegin()->second.bytes;
}

// Puts a record that begins the next segment before the batch, and writes it there once that segment is ready.
void WriteAheadLog::BeginNextSegment() {
  uint64_t bytes = kSegmentHeaderBytes + kRecordHeaderBytes;
  Record begin = index_.InBrief();
  for (const Record& record : writing_->records) bytes += EncodedBytes(record);
  bytes += EncodedBytes(begin);
  if (bytes > UINT32_MAX) {
    absl::Status status =
        absl::ResourceExhaustedError(absl::StrCat("a batch of ", bytes, " bytes is more than a segment may hold"));
    files_.RunInBackground([status = std::move(status)] { return status; },
                           [this, alive = alive_](const absl::Status& told) {
                             if (*alive) Fail(told);
                           });
    return;
  }
  if (!next_.has_value() || next_->bytes < bytes) {
    writing_->waiting = true;
    if (!preparing_) PrepareNext(bytes);
    return;  // Prepared() comes back here.
  }
  writing_->waiting = false;
  begin.previous_end = synced_.address;
  writing_->records.insert(writing_->records.begin(), std::move(begin));
  const uint32_t number = next_number_++;
  segments_[number] = *std::move(next_);
  next_.reset();
  end_ = {{number, kSegmentHeaderBytes}, synced_.chain};
  tail_ = EncodeSegmentHeader({salt_, number, options_.identity});
  tainted_ = false;
  Write();
  if (!preparing_) PrepareNext(options_.segment_bytes);
}

void WriteAheadLog::Write() {
  Batch batch = Encode();
  File& file = *segments_.rbegin()->second.file;
  file.WriteAndSync(batch.offset, std::move(batch.parts), [this, alive = alive_](const absl::Status& status) {
    if (*alive) Written(status);
  });
}

// A batch is written in whole blocks: it begins with what its first block holds already, and ends with zeros.
WriteAheadLog::Batch WriteAheadLog::Encode() {
  Batch batch;
  batch.offset = end_.address.offset - tail_.size();
  LOCKSTEP_CHECK(batch.offset % kBlockBytes == 0);
  End end = end_;
  std::string gathered;
  uint64_t gathered_bytes = tail_.size() + kBlockBytes;
  for (const Record& record : writing_->records) {
    const uint64_t bytes = EncodedBytes(record);
    if (bytes < kOwnPartBytes) gathered_bytes += bytes;
  }
  gathered.reserve(gathered_bytes);
  gathered = tail_;
  writing_->addresses.reserve(writing_->records.size());
  for (Record& record : writing_->records) {
    record.synced = synced_.address;
    writing_->addresses.push_back(end.address);
    const SharedBytes& payload = record.payload.bytes;
    const uint64_t bytes = EncodedBytes(record);
    end.chain = EncodeRecordHead(record, {salt_, end.address, end.chain}, gathered);
    if (payload.size() < kOwnPartBytes) {
      gathered += payload.view();
    } else {
      batch.parts.emplace_back(std::exchange(gathered, {}));
      batch.parts.push_back(payload);
    }
    end.address.offset += static_cast<uint32_t>(bytes);
    gathered.append(RoundUp8(payload.size()) - payload.size(), '\0');
  }
  writing_->end = end;
  writing_->tail = TailOf(batch.parts, gathered, end.address.offset % kBlockBytes);
  gathered.append(RoundUpToBlock(end.address.offset) - end.address.offset, '\0');
  if (!gathered.empty()) batch.parts.emplace_back(std::move(gathered));
  return batch;
}

void WriteAheadLog::Written(const absl::Status& status) {
  if (!status.ok()) {
    tainted_ = true;
    Fail(status);
    return;
  }
  const std::unique_ptr<Writing> holder = std::move(writing_);
  Writing& written = *holder;
  bool compacted = false;
  for (size_t i = 0; i < written.records.size(); ++i) {
    const Record& record = written.records[i];
    if (record.type == RecordType::kBegin) continue;
    // What the core asked for follows from what was there: anything else is a defect of this program.
    LOCKSTEP_CHECK(index_.Apply(record, written.addresses[i]).ok());
    compacted |= record.type == RecordType::kCompact || record.type == RecordType::kReset;
  }
  synced_ = end_ = written.end;
  tail_ = std::move(written.tail);
  marked_ = false;
  if (compacted) FreeSegments();
  written.done(absl::OkStatus());
}

void WriteAheadLog::Fail(const absl::Status& status) {
  Completion done = std::move(writing_->done);
  writing_.reset();
  collected_.clear();
  collected_bytes_ = 0;
  done(status);
}

// Says, not durably, that the last batch is: the next one would, but there may be none for long.
void WriteAheadLog::Rest() {
  if (marked_ || tainted_ || committing() || has_collected()) return;
  Record mark = RecordOf(RecordType::kMark);
  mark.synced = synced_.address;
  const Segment& current = segments_.rbegin()->second;
  if (end_.address.offset + EncodedBytes(mark) > current.bytes) return;
  std::string bytes;
  const uint32_t chain = EncodeRecordHead(mark, {salt_, end_.address, end_.chain}, bytes);
  if (!current.file->Write(end_.address.offset, bytes).ok()) return;
  end_.address.offset += static_cast<uint32_t>(bytes.size());
  end_.chain = chain;
  tail_ += bytes;
  marked_ = true;
}

// ---- Segments ------------------------------------------------------------------------------------------

void WriteAheadLog::FreeSegments() {
  uint32_t needed = segments_.rbegin()->first;
  if (!index_.empty()) needed = index_.At(index_.floor().index + 1).payload_at.segment;
  while (segments_.begin()->first < needed) {
    const auto& [number, segment] = *segments_.begin();
    const std::string path = PathOf(number);
    // A file that is being read, or of another size, is no good for reuse.
    const bool reusable = segment.file.use_count() == 1 && segment.bytes == RoundUpToBlock(options_.segment_bytes) &&
                          spares_.size() + becoming_spare_ < options_.spare_segments_max;
    if (reusable) ++becoming_spare_;
    const std::string spare = absl::StrCat(options_.directory, "/", SpareName(next_spare_++));
    segments_.erase(segments_.begin());
    files_.RunInBackground(
        [&files = files_, path, spare, reusable] { return reusable ? files.Rename(path, spare) : files.Remove(path); },
        [this, alive = alive_, spare, reusable](const absl::Status& status) {
          if (!*alive || !reusable) return;
          --becoming_spare_;
          if (status.ok()) spares_.push_back(spare);
        });
  }
}

void WriteAheadLog::PrepareNext(uint64_t bytes) {
  preparing_ = true;
  bytes = RoundUpToBlock(std::max(bytes, options_.segment_bytes));
  const uint32_t number = next_number_;
  std::string source;
  if (!spares_.empty() && bytes == RoundUpToBlock(options_.segment_bytes)) {
    source = spares_.back();
    spares_.pop_back();
  }
  auto made = std::make_shared<std::shared_ptr<File>>();
  const std::string path = PathOf(number);
  files_.RunInBackground(
      [&files = files_, path, bytes, source, made, directory = options_.directory]() -> absl::Status {
        // Under another name until it is whole, so that its name promises its size.
        const std::string beside = absl::StrCat(directory, "/", SpareName(0));
        auto file = source.empty() ? files.Open(beside, OpenMode::kCreate) : files.Open(source, OpenMode::kReadWrite);
        if (!file.ok()) return file.status();
        absl::Status status;
        if (source.empty()) status = FillWithZeros(**file, bytes);
        if (status.ok()) status = files.Rename(source.empty() ? beside : source, path);
        if (status.ok()) status = files.SyncDirectory(directory);
        if (!status.ok() && source.empty()) (void)files.Remove(beside);  // It would only take space.
        *made = *std::move(file);
        return status;
      },
      [this, alive = alive_, number, bytes, made](const absl::Status& status) {
        if (*alive) Prepared(number, bytes, std::move(*made), status);
      });
}

void WriteAheadLog::Prepared(uint32_t number, uint64_t bytes, std::shared_ptr<File> file, const absl::Status& status) {
  LOCKSTEP_CHECK(number == next_number_);
  preparing_ = false;
  if (status.ok()) next_ = Segment{std::move(file), bytes};
  if (writing_ == nullptr || !writing_->waiting) return;
  if (status.ok()) {
    BeginNextSegment();
  } else {
    Fail(status);
  }
}

}  // namespace lockstep::runtime
