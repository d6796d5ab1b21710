#include "runtime/snapshots/file_snapshot_store.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/check.h"

namespace lockstep::runtime {
namespace {

constexpr std::string_view kPrefix = "snapshot-";
constexpr std::string_view kPartSuffix = ".part";
constexpr size_t kNumberDigits = 16;

std::string NameOf(LogPosition last_included) {
  return absl::StrFormat("%s%016x-%016x", std::string(kPrefix), last_included.index, last_included.term);
}

std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<LogPosition> ParseName(std::string_view name) {
  if (!name.starts_with(kPrefix) || name.size() != kPrefix.size() + 2 * kNumberDigits + 1) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  const auto index = ParseNumber(name.substr(0, kNumberDigits));
  const auto term = ParseNumber(name.substr(kNumberDigits + 1));
  if (!index.has_value() || !term.has_value()) return std::nullopt;
  return LogPosition{*index, *term};
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileSnapshotStore>> FileSnapshotStore::Open(Files& files,
                                                                           const SnapshotStoreOptions& options) {
  if (absl::Status status = files.MakeDirectory(options.directory); !status.ok()) return status;
  std::unique_ptr<FileSnapshotStore> store(new FileSnapshotStore(files, options));
  if (absl::Status status = store->FindCurrent(); !status.ok()) return status;
  return store;
}

FileSnapshotStore::~FileSnapshotStore() { *alive_ = false; }

absl::Status FileSnapshotStore::FindCurrent() {
  const auto names = files_.List(options_.directory);
  if (!names.ok()) return names.status();
  std::optional<LogPosition> newest;
  for (const std::string& name : *names) {
    const auto position = ParseName(name);
    if (position.has_value() && (!newest.has_value() || position->index > newest->index)) newest = position;
  }
  if (newest.has_value()) {
    const auto reader = ImageReader::Open(files_, PathOf(*newest));
    if (!reader.ok()) return reader.status();
    const ImageHeader& header = (*reader)->header();
    if (header.cluster != options_.cluster || header.group != options_.group) {
      return absl::FailedPreconditionError(absl::StrFormat(
          "%s is of cluster %016x, group %d, but this is cluster %016x, group %d: the folder belongs to another node",
          PathOf(*newest), header.cluster, header.group, options_.cluster, options_.group));
    }
    if (header.last_included != *newest) {
      return absl::DataLossError(absl::StrCat(PathOf(*newest), " holds the snapshot of another index than its name"));
    }
    current_ = Snapshot{*newest, header.configuration, (*reader)->image_bytes()};
    // Its name may not be on the disk yet: the process that gave it may have ended before. Nothing may be built on it,
    // and no older one be removed, until it is.
    if (absl::Status status = files_.SyncDirectory(options_.directory); !status.ok()) return status;
  }
  for (const std::string& name : *names) {
    const bool ours = ParseName(name).has_value() || name.ends_with(kPartSuffix);
    if (!ours || (newest.has_value() && name == NameOf(*newest))) continue;
    if (absl::Status status = files_.Remove(absl::StrCat(options_.directory, "/", name)); !status.ok()) return status;
    removed_.push_back(name);
  }
  return absl::OkStatus();
}

std::string FileSnapshotStore::PathOf(LogPosition last_included) const {
  return absl::StrCat(options_.directory, "/", NameOf(last_included));
}

std::string FileSnapshotStore::PartPath(std::string_view name) const {
  return absl::StrCat(options_.directory, "/", std::string(name), std::string(kPartSuffix));
}

// ---- Taking --------------------------------------------------------------------------------------------

void FileSnapshotStore::Take(LogPosition last_included, const ConfigurationEntry& configuration,
                             std::unique_ptr<SnapshotSource> source, Taken done) {
  LOCKSTEP_CHECK(!taking_.has_value());
  taking_ = Taking{{last_included, configuration, 0}, std::move(source), nullptr, std::move(done)};
  OpenWriter();
}

void FileSnapshotStore::OpenWriter() {
  const ImageHeader header{options_.cluster, options_.group, taking_->snapshot.last_included,
                           taking_->snapshot.configuration};
  auto made = std::make_shared<std::shared_ptr<ImageWriter>>();
  files_.RunInBackground(
      [&files = files_, path = PartPath("taking"), header, made] {
        auto file = files.Open(path, OpenMode::kCreate);
        if (file.ok()) *made = std::make_shared<ImageWriter>(*std::move(file), header);
        return file.status();
      },
      [this, alive = alive_, made](const absl::Status& status) {
        if (!*alive) return;
        if (!status.ok()) return EndTaking(status);
        taking_->writer = std::move(*made);
        CopyPiece();
      });
}

void FileSnapshotStore::CopyPiece() {
  auto piece = taking_->source->Read(options_.piece_bytes);
  if (!piece.ok()) return EndTaking(piece.status());
  if (piece->empty()) return FinishTaking();
  files_.RunInBackground([writer = taking_->writer, piece = *std::move(piece)] { return writer->Append(piece); },
                         [this, alive = alive_](const absl::Status& status) {
                           if (!*alive) return;
                           if (!status.ok()) return EndTaking(status);
                           CopyPiece();
                         });
}

void FileSnapshotStore::FinishTaking() {
  auto bytes = std::make_shared<uint64_t>(0);
  files_.RunInBackground(
      [&files = files_, writer = taking_->writer, bytes, from = PartPath("taking"),
       to = PathOf(taking_->snapshot.last_included), directory = options_.directory]() -> absl::Status {
        const auto finished = writer->Finish();
        if (!finished.ok()) return finished.status();
        *bytes = *finished;
        if (absl::Status status = files.Rename(from, to); !status.ok()) return status;
        return files.SyncDirectory(directory);
      },
      [this, alive = alive_, bytes](const absl::Status& status) {
        if (!*alive) return;
        if (!status.ok()) return EndTaking(status);
        taking_->snapshot.bytes = *bytes;
        EndTaking(taking_->snapshot);
      });
}

void FileSnapshotStore::EndTaking(absl::StatusOr<Snapshot> result) {
  Taken done = std::move(taking_->done);
  taking_.reset();
  if (result.ok() && current_.has_value() && current_->last_included.index > result->last_included.index) {
    RemoveLater(result->last_included);  // A newer one has been received meanwhile.
  } else if (result.ok()) {
    MakeCurrent(*result);
  }
  done(std::move(result));
}

void FileSnapshotStore::MakeCurrent(const Snapshot& snapshot) {
  if (current_.has_value() && current_->last_included == snapshot.last_included) {
    // Installed again, after the rest of an installation had failed: its file has taken the other one's place.
    open_.erase({snapshot.last_included.index, snapshot.last_included.term});
    current_ = snapshot;
    return;
  }
  // What is installed may be older: the rest of an earlier installation has failed, and the core knows nothing of it.
  const std::optional<Snapshot> before = std::exchange(current_, snapshot);
  if (!before.has_value()) return;
  // Whoever is being sent the old one goes on reading it through the open file.
  const Position position{before->last_included.index, before->last_included.term};
  if (!open_.contains(position)) {
    auto file = files_.Open(PathOf(before->last_included), OpenMode::kRead);
    if (file.ok()) open_[position] = *std::move(file);
  }
  RemoveLater(before->last_included);
}

void FileSnapshotStore::RemoveLater(LogPosition last_included) {
  files_.RunInBackground([&files = files_, path = PathOf(last_included)] { return files.Remove(path); },
                         [](const absl::Status&) {});
}

// ---- Receiving -----------------------------------------------------------------------------------------

void FileSnapshotStore::StoreChunk(LogPosition last_included, uint64_t offset, const Payload& chunk, Completion done) {
  if (offset == 0) incoming_ = Incoming{last_included, 0, nullptr};
  if (!incoming_.has_value() || incoming_->last_included != last_included || incoming_->bytes != offset) {
    files_.RunInBackground([] { return absl::FailedPreconditionError("a chunk of a snapshot out of its turn"); },
                           [alive = alive_, done = std::move(done)](const absl::Status& status) {
                             if (*alive) done(status);
                           });
    return;
  }
  incoming_->bytes += chunk.bytes.size();
  auto opened = std::make_shared<std::shared_ptr<File>>(incoming_->file);
  files_.RunInBackground(
      [&files = files_, path = PartPath("incoming"), offset, chunk, opened]() -> absl::Status {
        if (*opened == nullptr) {
          auto file = files.Open(path, OpenMode::kCreate);
          if (!file.ok()) return file.status();
          *opened = *std::move(file);
        }
        return (*opened)->Write(offset, chunk.bytes.view());
      },
      [this, alive = alive_, last_included, opened, done = std::move(done)](const absl::Status& status) {
        if (!*alive) return;
        if (incoming_.has_value() && incoming_->last_included == last_included) {
          incoming_->file = *opened;
          if (!status.ok()) incoming_.reset();
        }
        done(status);
      });
}

void FileSnapshotStore::Install(const Snapshot& snapshot, Completion done) {
  const bool whole =
      incoming_.has_value() && incoming_->last_included == snapshot.last_included && incoming_->bytes == snapshot.bytes;
  std::shared_ptr<File> file = whole ? incoming_->file : nullptr;
  incoming_.reset();
  const ImageHeader expected{options_.cluster, options_.group, snapshot.last_included, snapshot.configuration};
  files_.RunInBackground(
      [&files = files_, whole, file, expected, from = PartPath("incoming"), to = PathOf(snapshot.last_included),
       directory = options_.directory]() -> absl::Status {
        if (!whole) return absl::DataLossError(absl::StrCat(from, " is not the snapshot that was announced"));
        const auto reader = ImageReader::Open(files, from);
        if (!reader.ok()) return reader.status();
        if ((*reader)->header() != expected) {
          return absl::DataLossError(absl::StrCat(from, " is of another snapshot than was announced"));
        }
        if (absl::Status status = (*reader)->Verify(); !status.ok()) return status;
        if (absl::Status status = file->Sync(); !status.ok()) return status;
        if (absl::Status status = files.Rename(from, to); !status.ok()) return status;
        return files.SyncDirectory(directory);
      },
      [this, alive = alive_, snapshot, done = std::move(done)](const absl::Status& status) {
        if (!*alive) return;
        if (status.ok()) MakeCurrent(snapshot);
        done(status);
      });
}

// ---- Reading -------------------------------------------------------------------------------------------

void FileSnapshotStore::ReadChunk(LogPosition last_included, uint64_t offset, uint32_t bytes, ChunkRead done) {
  const Position position{last_included.index, last_included.term};
  if (!open_.contains(position) && current_.has_value() && current_->last_included == last_included) {
    auto file = files_.Open(PathOf(last_included), OpenMode::kRead);
    if (file.ok()) open_[position] = *std::move(file);
  }
  const auto at = open_.find(position);
  std::shared_ptr<File> file = at == open_.end() ? nullptr : at->second;
  auto chunk = std::make_shared<Payload>();
  files_.RunInBackground(
      [file, path = PathOf(last_included), offset, bytes, chunk]() -> absl::Status {
        if (file == nullptr) return absl::NotFoundError(absl::StrCat(path, " is not kept any more"));
        std::shared_ptr<char[]> block = std::make_unique_for_overwrite<char[]>(bytes);
        const auto read = file->Read(offset, {block.get(), bytes});
        if (!read.ok()) return read.status();
        if (*read != bytes) return absl::DataLossError(absl::StrCat(path, " is shorter than it was"));
        const char* data = block.get();
        *chunk = MakePayload(SharedBytes(std::move(block), data, bytes));
        return absl::OkStatus();
      },
      [alive = alive_, chunk, done = std::move(done)](const absl::Status& status) {
        if (!*alive) return;
        if (status.ok()) {
          done(std::move(*chunk));
        } else {
          done(status);
        }
      });
}

void FileSnapshotStore::Retain(const std::vector<LogPosition>& in_use) {
  std::erase_if(open_, [&in_use](const auto& entry) {
    return std::none_of(in_use.begin(), in_use.end(), [&entry](LogPosition position) {
      return position.index == entry.first.first && position.term == entry.first.second;
    });
  });
}

absl::StatusOr<std::unique_ptr<SnapshotSource>> FileSnapshotStore::OpenCurrent() {
  if (!current_.has_value()) return absl::NotFoundError(absl::StrCat(options_.directory, " holds no snapshot"));
  auto reader = ImageReader::Open(files_, PathOf(current_->last_included));
  if (!reader.ok()) return reader.status();
  return *std::move(reader);
}

}  // namespace lockstep::runtime
