#include "runtime/memory/memory_snapshots.h"

#include <algorithm>

namespace lockstep::runtime {
namespace {

// Every image begins so: there is none of no bytes.
constexpr std::string_view kHead = "image\n";

class ImageSource final : public SnapshotSource {
 public:
  explicit ImageSource(SharedBytes image) : image_(std::move(image)) {}
  absl::StatusOr<std::string> Read(size_t bytes_wanted) override {
    std::string piece(image_.view().substr(at_, bytes_wanted));
    at_ += piece.size();
    return piece;
  }

 private:
  const SharedBytes image_;
  size_t at_ = kHead.size();
};

}  // namespace

void MemorySnapshots::Interrupt() {
  *alive_ = false;
  alive_ = std::make_shared<bool>(true);
  incoming_image_.clear();
  incoming_ = {};
}

void MemorySnapshots::RunLater(Task task) {
  scheduler_.RunAfter(0, [alive = alive_, task = std::move(task)] {
    if (*alive) task();
  });
}

void MemorySnapshots::MakeCurrent(const Snapshot& snapshot, std::string image) {
  current_ = snapshot;
  images_[PositionOf(snapshot.last_included)] = SharedBytes(std::move(image));
}

void MemorySnapshots::Take(LogPosition last_included, const ConfigurationEntry& configuration,
                           std::unique_ptr<SnapshotSource> source, Taken done) {
  std::shared_ptr<SnapshotSource> shared = std::move(source);
  RunLater([this, last_included, configuration, shared, done = std::move(done)] {
    std::string image(kHead);
    while (true) {
      const auto piece = shared->Read(1 << 20);
      if (!piece.ok()) return done(piece.status());
      if (piece->empty()) break;
      image += *piece;
    }
    const Snapshot snapshot{last_included, configuration, image.size()};
    // A newer one may have been received meanwhile.
    if (!current_.has_value() || current_->last_included.index <= last_included.index) {
      MakeCurrent(snapshot, std::move(image));
    }
    done(snapshot);
  });
}

void MemorySnapshots::StoreChunk(LogPosition last_included, uint64_t offset, const Payload& chunk, Completion done) {
  if (offset == 0) {
    incoming_ = last_included;
    incoming_image_.clear();
  }
  absl::Status status;
  if (incoming_ == last_included && incoming_image_.size() == offset) {
    incoming_image_ += chunk.bytes.view();
  } else {
    status = absl::FailedPreconditionError("a chunk of a snapshot out of its turn");
  }
  RunLater([status, done = std::move(done)] { done(status); });
}

void MemorySnapshots::Install(const Snapshot& snapshot, Completion done) {
  absl::Status status;
  if (incoming_ == snapshot.last_included && incoming_image_.size() == snapshot.bytes) {
    MakeCurrent(snapshot, std::exchange(incoming_image_, {}));
  } else {
    status = absl::DataLossError("what was received is not the snapshot that was announced");
  }
  RunLater([status, done = std::move(done)] { done(status); });
}

void MemorySnapshots::ReadChunk(LogPosition last_included, uint64_t offset, uint32_t bytes, ChunkRead done) {
  const auto at = images_.find(PositionOf(last_included));
  absl::StatusOr<Payload> chunk = absl::NotFoundError("that snapshot is not kept any more");
  if (at != images_.end()) chunk = MakePayload(at->second.Part(offset, bytes));
  RunLater([chunk = std::move(chunk), done = std::move(done)] { done(chunk); });
}

void MemorySnapshots::Retain(const std::vector<LogPosition>& in_use) {
  std::erase_if(images_, [&](const auto& image) {
    if (current_.has_value() && image.first == PositionOf(current_->last_included)) return false;
    return std::none_of(in_use.begin(), in_use.end(),
                        [&image](LogPosition position) { return image.first == PositionOf(position); });
  });
}

absl::StatusOr<std::unique_ptr<SnapshotSource>> MemorySnapshots::OpenCurrent() {
  if (!current_.has_value()) return absl::NotFoundError("there is no snapshot");
  return std::make_unique<ImageSource>(images_.at(PositionOf(current_->last_included)));
}

}  // namespace lockstep::runtime
