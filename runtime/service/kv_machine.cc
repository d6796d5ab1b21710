#include "runtime/service/kv_machine.h"

#include <utility>

#include "kvsm/image.h"
#include "kvsm/memory/memory_engine.h"

namespace lockstep::runtime {
namespace {

constexpr size_t kCollectedPerBatch = 64;
constexpr size_t kPieceBytes = 1 << 20;

std::shared_ptr<kvsm::Machine> NewState() {
  return std::make_shared<kvsm::Machine>(std::make_unique<kvsm::MemoryEngine>());
}

class ImageSource final : public SnapshotSource {
 public:
  explicit ImageSource(const std::shared_ptr<kvsm::Machine>& machine) : image_(machine) {}
  absl::StatusOr<std::string> Read(size_t bytes_wanted) override { return image_.Read(bytes_wanted); }

 private:
  kvsm::Image image_;
};

}  // namespace

KvMachine::KvMachine() : state_(NewState()) {}

const std::shared_ptr<kvsm::Machine>& KvMachine::state() const {
  if (has_restored_.load(std::memory_order_acquire)) [[unlikely]] {
    const std::lock_guard lock(mutex_);
    state_ = std::move(restored_);
    has_restored_.store(false, std::memory_order_relaxed);
    ++restores_;
  }
  return state_;
}

void KvMachine::Apply(std::span<const Command> commands, std::vector<std::string>& replies) {
  kvsm::Machine& machine = *state();
  for (const Command& command : commands) {
    const bool compacts = !command.bytes.empty() && command.bytes[0] == static_cast<char>(kvsm::CommandKind::kCompact);
    if (compacts && compacting_) compacting_();
    machine.Apply(command.bytes, replies.emplace_back());
  }
  machine.Collect(kCollectedPerBatch);
  if (applied_) applied_();
}

absl::StatusOr<std::string> KvMachine::Lookup(std::string_view query) {
  if (query.empty()) return std::string();
  etcdserverpb::RangeRequest request;
  if (!request.ParseFromArray(query.data(), static_cast<int>(query.size()))) {
    return absl::InvalidArgumentError("a question to the keys that is no RangeRequest");
  }
  const kvsm::Machine& machine = *state();
  etcdserverpb::RangeResponse response;
  const kvsm::Error error = machine.Range(request, response);
  std::string reply;
  kvsm::EncodeReply(error, machine.revision(), reply);
  if (error == kvsm::Error::kNone) response.AppendToString(&reply);
  return reply;
}

std::unique_ptr<SnapshotSource> KvMachine::Freeze() { return std::make_unique<ImageSource>(state()); }

absl::Status KvMachine::Restore(SnapshotSource& source) {
  kvsm::ImageReader reader(std::make_unique<kvsm::MemoryEngine>());
  while (true) {
    const absl::StatusOr<std::string> piece = source.Read(kPieceBytes);
    if (!piece.ok()) return piece.status();
    if (piece->empty()) break;
    const absl::Status status = reader.Take(*piece);
    if (!status.ok()) return status;
  }
  absl::StatusOr<std::unique_ptr<kvsm::Machine>> machine = reader.Finish();
  if (!machine.ok()) return machine.status();
  const std::lock_guard lock(mutex_);
  restored_ = *std::move(machine);
  has_restored_.store(true, std::memory_order_release);
  return absl::OkStatus();
}

}  // namespace lockstep::runtime
