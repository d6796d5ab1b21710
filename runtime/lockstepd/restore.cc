#include "runtime/lockstepd/restore.h"

#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kvsm/command.h"
#include "kvsm/command.pb.h"
#include "kvsm/members.h"
#include "runtime/little_endian.h"
#include "runtime/lockstepd/join.h"
#include "runtime/lockstepd/member_file.h"
#include "runtime/node/node.h"
#include "runtime/service/kv_machine.h"

namespace lockstep::runtime {
namespace {

using kvsm::proto::ChangeMember;

constexpr size_t kDigestBytes = 32;
constexpr int64_t kPatienceMicros = 120'000'000;
constexpr int64_t kStepMicros = 10'000;

class TextSource final : public SnapshotSource {
 public:
  explicit TextSource(std::string_view text) : rest_(text) {}
  absl::StatusOr<std::string> Read(size_t bytes_wanted) override {
    const std::string piece(rest_.substr(0, bytes_wanted));
    rest_.remove_prefix(piece.size());
    return piece;
  }

 private:
  std::string_view rest_;
};

// The image in the file. Behind it are zeros, its size in 8 bytes, and the digest of all that.
absl::StatusOr<std::string> ReadBackup(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": the backup cannot be read"));
  std::ostringstream content;
  content << file.rdbuf();
  std::string text = content.str();
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const bool is_whole =
      text.size() > kDigestBytes &&
      EVP_Digest(text.data(), text.size() - kDigestBytes, digest, &size, EVP_sha256(), nullptr) == 1 &&
      size == kDigestBytes && std::equal(digest, digest + size, text.end() - kDigestBytes, [](unsigned char a, char b) {
        return static_cast<char>(a) == b;
      });
  if (!is_whole) return absl::DataLossError(absl::StrCat(path, ": this is no whole, undamaged backup"));
  text.resize(text.size() - kDigestBytes);
  const uint64_t size_at = text.size() - std::min(text.size(), sizeof(uint64_t));
  const uint64_t image_bytes = size_at == 0 ? UINT64_MAX : LoadLittle<uint64_t>(text.data() + size_at);
  if (image_bytes > size_at) {
    return absl::DataLossError(absl::StrCat(path, ": this is a backup of something else, maybe of etcd"));
  }
  text.resize(image_bytes);
  return text;
}

// Runs a node of one member over the restored machine until its table of members is right and all is in a snapshot.
class Restorer {
 public:
  Restorer(KvMachine& machine, const Settings& settings, const MemberRecord& record) : machine_(machine) {
    ChangeMember change;
    change.set_action(ChangeMember::REFOUND);
    auto& member = *change.add_members();
    member.set_id(kvsm::MemberId(record.self.number, record.self.incarnation));
    member.set_name(settings.name);
    for (const std::string& url : settings.peer_urls) member.add_peerurls(url);
    changes_.push_back(change);
  }

  absl::Status Run(const NodeOptions& options) {
    auto node = Node::Start(loop_, options, machine_, nullptr);
    if (!node.ok()) return node.status();
    node_ = *std::move(node);
    loop_.RunAfter(kPatienceMicros,
                   [this] { End(absl::DeadlineExceededError("the restored member does not get ready")); });
    Continue();
    loop_.Run();
    node_.reset();
    return result_;
  }

 private:
  void Continue() {
    if (node_->state().role != Role::kLeader) return Later();
    if (next_ < changes_.size()) return Propose();
    const NodeStatus status = node_->status();
    if (!status.stopped.ok()) return End(status.stopped);
    if (!is_taken_) node_->TakeSnapshot();
    is_taken_ = true;
    if (status.snapshot.last_included.index < last_change_ || status.first_index <= last_change_) return Later();
    if (is_confirmed_) return End(absl::OkStatus());
    // That the log begins behind the snapshot is on the disk with what is written next: a change to what is so already.
    is_confirmed_ = true;
    changes_.push_back(changes_.back());
    Propose();
  }

  void Propose() {
    SharedBytes command(kvsm::EncodeCommand(kvsm::CommandKind::kChangeMember, 0, changes_[next_].SerializeAsString()));
    const auto asked = node_->Propose(std::move(command), [this](const Answer& answer) {
      if (answer.status.ok()) ++next_;
      if (answer.status.ok() && !is_confirmed_) last_change_ = answer.index;
      Later();
    });
    if (!asked.ok()) End(asked.status());
  }

  void Later() {
    loop_.RunAfter(kStepMicros, [this] { Continue(); });
  }
  void End(const absl::Status& result) {
    result_ = result;
    loop_.Stop();
  }

  KvMachine& machine_;
  std::vector<ChangeMember> changes_;
  EventLoop loop_;
  std::unique_ptr<Node> node_;
  size_t next_ = 0;
  Index last_change_ = 0;
  bool is_taken_ = false;
  bool is_confirmed_ = false;
  absl::Status result_;
};

// Whoever joins must get the state from the snapshot: a log that begins with nothing would tell another story.
absl::Status CheckLogBegins(const NodeOptions& options) {
  EventLoop loop;
  KvMachine machine;
  const auto node = Node::Start(loop, options, machine, nullptr);
  if (!node.ok()) return node.status();
  const NodeStatus status = (*node)->status();
  if (status.first_index > 1 && status.snapshot.last_included.index > 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(options.directory, ": the log still begins before the snapshot"));
}

}  // namespace

absl::Status RestoreBackup(const std::string& path, const Settings& settings, const LogLines& log) {
  const auto remembered = ReadMemberFile(settings.data_dir);
  if (!remembered.ok()) return remembered.status();
  if (remembered->has_value()) {
    return absl::FailedPreconditionError(absl::StrCat(settings.data_dir, " holds a member's files: restore elsewhere"));
  }
  if (settings.initial_cluster.size() != 1) {
    return absl::InvalidArgumentError(
        "--initial-cluster: a backup is restored to one member; the others join it (etcdctl member add)");
  }
  const auto image = ReadBackup(path);
  if (!image.ok()) return image.status();
  KvMachine machine;
  TextSource source(*image);
  if (absl::Status status = machine.Restore(source); !status.ok()) return status;
  const int64_t revision = machine.state()->revision();

  const MemberRecord record = RecordOfFounding(settings);
  NodeOptions options;
  options.cluster = record.cluster_id;
  options.id = record.self;
  options.founding = FoundingConfiguration(settings);
  options.directory = settings.data_dir + "/member";
  // Nothing stays in the log: who joins gets the state from a snapshot, since the log does not begin with nothing.
  options.driver.core.snapshot_trailing_entries = 0;
  if (absl::Status status = Restorer(machine, settings, record).Run(options); !status.ok()) return status;
  if (absl::Status status = CheckLogBegins(options); !status.ok()) return status;
  if (absl::Status status = WriteMemberFile(settings.data_dir, record); !status.ok()) return status;
  log.Info("restored", {{"backup", path}, {"data-dir", settings.data_dir}, {"revision", absl::StrCat(revision)}});
  return absl::OkStatus();
}

}  // namespace lockstep::runtime
