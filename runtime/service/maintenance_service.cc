#include "runtime/service/maintenance_service.h"

#include <openssl/evp.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kvsm/api/maintenance.pb.h"
#include "kvsm/image.h"
#include "runtime/little_endian.h"

namespace lockstep::runtime {
namespace {

using kvsm::CommandKind;
using kvsm::Error;

constexpr uint64_t kBackupBlockBytes = 512;
constexpr size_t kSummedAtOnce = 2000;
constexpr size_t kCollectedAtOnce = 2000;
constexpr size_t kBlobBytes = 32 << 10;
constexpr size_t kUnsentBytesMax = 1 << 20;

struct EndDigest {
  void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
};

}  // namespace

void MaintenanceService::Status(std::string_view, Call call) {
  if (context_.replica == nullptr) return Refuse(*call, Error::kStopped);
  const State& state = context_.replica->state();
  const kvsm::Machine& keys = context_.keys();
  etcdserverpb::StatusResponse response;
  response.set_version(context_.options.version);
  response.set_dbsize(keys.bytes());
  response.set_dbsizeinuse(keys.bytes());
  response.set_leader(kvsm::MemberId(state.leader.number, state.leader.incarnation));
  response.set_raftindex(state.commit_index);
  response.set_raftterm(state.current_term);
  response.set_raftappliedindex(state.applied_index);
  response.set_islearner(state.configuration().learners.contains(state.id));
  if (state.leader == kNoNode) response.add_errors(std::string(kvsm::InfoOf(Error::kNoLeader).text));
  for (const auto& [member, type] : keys.alarms()) {
    response.add_errors(absl::StrCat("memberID:", member, " alarm:", etcdserverpb::AlarmType_Name(type), " "));
  }
  call->Reply(context_.Headed(keys.revision(), response));
}

void MaintenanceService::Alarm(std::string_view bytes, Call call) {
  etcdserverpb::AlarmRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  context_.submitter.Submit(CommandKind::kAlarm, bytes,
                            [this, call](const RpcStatus& status, const kvsm::Reply& reply) {
                              if (!status.ok()) return call->Finish(status);
                              call->Reply(context_.Headed(reply.revision, reply.body));
                            });
}

// Nothing is fragmented: what compaction has let go is freed as time goes by. Who asks waits until all of it is.
void MaintenanceService::Defragment(std::string_view, Call call) { CollectAll(std::move(call)); }

void MaintenanceService::CollectAll(Call call) {
  if (!context_.machine.state()->Collect(kCollectedAtOnce)) {
    return call->Reply(context_.Headed(context_.keys().revision(), std::string_view()));
  }
  context_.scheduler.RunAfter(0, [this, call = std::move(call)] { CollectAll(call); });
}

// ---- Hashes.

struct MaintenanceService::Sum {
  Sum(const std::shared_ptr<kvsm::Machine>& machine, kvsm::Revision last) : reader(machine, last) {}
  kvsm::VersionReader reader;
  kvsm::VersionHash hash;
  std::function<void(uint32_t, kvsm::Revision)> done;
};

void MaintenanceService::SumUp(kvsm::Revision last, std::function<void(uint32_t, kvsm::Revision)> done) {
  auto sum = std::make_shared<Sum>(context_.machine.state(), last);
  sum->done = std::move(done);
  GoOn(sum);
}

void MaintenanceService::GoOn(const std::shared_ptr<Sum>& sum) {
  size_t left = kSummedAtOnce;
  const bool more = sum->reader.Read([&](const kvsm::VersionView& version, bool is_base) {
    sum->hash.Add(version, is_base);
    return --left > 0;
  });
  if (!more) return sum->done(sum->hash.value(), sum->reader.compact_revision());
  context_.scheduler.RunAfter(0, [this, sum] { GoOn(sum); });
}

void MaintenanceService::Hash(std::string_view, Call call) {
  const kvsm::Revision last = context_.keys().revision();
  SumUp(last, [this, call, last](uint32_t hash, kvsm::Revision) {
    etcdserverpb::HashResponse response;
    response.set_hash(hash);
    call->Reply(context_.Headed(last, response));
  });
}

void MaintenanceService::HashKv(std::string_view bytes, Call call) {
  etcdserverpb::HashKVRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  const kvsm::Machine& keys = context_.keys();
  const kvsm::Revision now = keys.revision();
  const kvsm::Revision last = request.revision() <= 0 ? now : request.revision();
  if (last > now) return Refuse(*call, Error::kFutureRev);
  if (last < keys.compact_revision()) return Refuse(*call, Error::kCompacted);
  SumUp(last, [this, call, last, now](uint32_t hash, kvsm::Revision compact_revision) {
    etcdserverpb::HashKVResponse response;
    response.set_hash(hash);
    response.set_compact_revision(compact_revision);
    response.set_hash_revision(last);
    call->Reply(context_.Headed(now, response));
  });
}

// ---- Snapshots: an image of the keys, its size, and the SHA-256 of both behind it.

class MaintenanceService::SnapshotStream final : public RpcStream {
 public:
  SnapshotStream(ServiceContext& context, Call call)
      : context_(context), call_(std::move(call)), digest_(EVP_MD_CTX_new()) {
    EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr);
  }
  void OnMessage(std::string_view) override {
    if (image_ != nullptr) return;
    revision_ = context_.keys().revision();
    remaining_ = static_cast<uint64_t>(context_.keys().bytes());
    image_ = std::make_unique<kvsm::Image>(context_.machine.state());
    Pump();
  }
  void OnHalfClosed() override {}
  void OnProgress() override { Pump(); }
  void OnEnded() override {
    image_ = nullptr;
    ended_ = true;
  }

 private:
  // As much as the client takes; the rest when it has taken that.
  void Pump() {
    while (!ended_ && image_ != nullptr && call_->unsent_bytes() < kUnsentBytesMax) {
      const std::string piece = image_->Read(kBlobBytes);
      if (piece.empty()) return End();
      Sum(piece);
      // How much is left is an estimate: what is sent is encoded differently from what is kept.
      remaining_ = std::max<uint64_t>(1, remaining_ - std::min<uint64_t>(remaining_, piece.size()));
      SendPiece(piece, remaining_);
    }
  }
  void SendPiece(const std::string& piece, uint64_t remaining) {
    etcdserverpb::SnapshotResponse response;
    response.set_blob(piece);
    response.set_remaining_bytes(remaining);
    response.set_version(context_.options.version);
    call_->Send(context_.Headed(revision_, response));
  }
  void Sum(const std::string& piece) {
    EVP_DigestUpdate(digest_.get(), piece.data(), piece.size());
    sent_ += piece.size();
  }
  // etcd's clients want whole blocks before the digest: the last one ends with the image's size.
  void End() {
    ended_ = true;
    image_ = nullptr;
    std::string tail((kBackupBlockBytes - (sent_ + sizeof sent_) % kBackupBlockBytes) % kBackupBlockBytes, '\0');
    AppendLittle(tail, sent_);
    Sum(tail);
    SendPiece(tail, EVP_MAX_MD_SIZE);
    std::string sum(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    EVP_DigestFinal_ex(digest_.get(), reinterpret_cast<unsigned char*>(sum.data()), &size);
    sum.resize(size);
    SendPiece(sum, 0);
    call_->Finish({});
  }

  ServiceContext& context_;
  const Call call_;
  std::unique_ptr<EVP_MD_CTX, EndDigest> digest_;
  std::unique_ptr<kvsm::Image> image_;
  kvsm::Revision revision_ = 0;
  uint64_t remaining_ = 0;
  uint64_t sent_ = 0;
  bool ended_ = false;
};

// ---- Leadership and versions.

void MaintenanceService::MoveLeader(std::string_view bytes, Call call) {
  etcdserverpb::MoveLeaderRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  if (!context_.submitter.leads()) return Refuse(*call, Error::kNotLeader);
  const NodeId target{kvsm::NumberOf(request.targetid()), kvsm::IncarnationOf(request.targetid())};
  const State& state = context_.replica->state();
  if (!state.configuration().voters.contains(target)) return Refuse(*call, Error::kBadLeaderTransferee);
  if (target == state.id) return call->Reply(context_.Headed(0, std::string_view()));
  const auto asked = context_.replica->TransferLeadership(target, [this, call](const Answer& answer) {
    if (answer.status.ok()) return call->Reply(context_.Headed(0, std::string_view()));
    const bool bad = answer.reason == effect::Reason::kInvalidTarget;
    Refuse(*call, bad ? Error::kBadLeaderTransferee : Error::kTimeout);
  });
  if (!asked.ok()) Refuse(*call, Error::kTooManyRequests);
}

void MaintenanceService::Downgrade(std::string_view bytes, Call call) {
  etcdserverpb::DowngradeRequest request;
  if (!ParseRequest(bytes, request, *call)) return;
  const bool cancels = request.action() == etcdserverpb::DowngradeRequest::CANCEL;
  Refuse(*call, cancels ? Error::kNoInflightDowngrade : Error::kInvalidDowngradeTargetVersion);
}

void MaintenanceService::Register(RpcMethods& methods) {
  const auto add = [&](const char* name, void (MaintenanceService::*method)(std::string_view, Call)) {
    methods.Add(
        std::string("/etcdserverpb.Maintenance/") + name,
        RpcUnary([this, method](std::string_view bytes, Call call) { (this->*method)(bytes, std::move(call)); }));
  };
  add("Status", &MaintenanceService::Status);
  add("Alarm", &MaintenanceService::Alarm);
  add("Defragment", &MaintenanceService::Defragment);
  add("Hash", &MaintenanceService::Hash);
  add("HashKV", &MaintenanceService::HashKv);
  add("MoveLeader", &MaintenanceService::MoveLeader);
  add("Downgrade", &MaintenanceService::Downgrade);
  methods.Add("/etcdserverpb.Maintenance/Snapshot", RpcBegin([this](Call call) -> std::unique_ptr<RpcStream> {
                return std::make_unique<SnapshotStream>(context_, std::move(call));
              }));
}

}  // namespace lockstep::runtime
