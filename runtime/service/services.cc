#include "runtime/service/services.h"

#include <utility>
#include <variant>

#include "runtime/service/auth_service.h"
#include "runtime/service/cluster_service.h"
#include "runtime/service/context.h"
#include "runtime/service/kv_service.h"
#include "runtime/service/leaderless.h"
#include "runtime/service/lease_service.h"
#include "runtime/service/lock_service.h"
#include "runtime/service/maintenance_service.h"
#include "runtime/service/watch_hub.h"
#include "runtime/service/watch_service.h"

namespace lockstep::runtime {
namespace {

constexpr int64_t kCollectMicros = 1000;
constexpr size_t kCollectedAtOnce = 300;
constexpr int64_t kLookMicros = 200'000;

}  // namespace

struct Services::Parts {
  Parts(Clock& clock, Scheduler& scheduler, KvMachine& machine, const ServiceOptions& options)
      : context(clock, scheduler, machine, options),
        hub(context.scheduler, machine, context.options),
        leaderless(context),
        kv(context),
        lease(context),
        watch(context, hub),
        lock(context, hub),
        cluster(context),
        maintenance(context),
        auth(context),
        collect(context.scheduler),
        tell_members(context.scheduler),
        look(context.scheduler) {
    Look();
  }

  void OnApplied();
  void Collect();
  void Look();

  ServiceContext context;
  WatchHub hub;
  Leaderless leaderless;
  KvService kv;
  LeaseService lease;
  WatchService watch;
  LockService lock;
  ClusterService cluster;
  MaintenanceService maintenance;
  AuthService auth;
  std::function<void()> members_changed;
  uint64_t members_told = 0;  // Of kvsm::Members::changes.
  Timer collect;              // Of what compaction has set free, while nothing else does.
  Timer tell_members;
  Timer look;
  uint64_t restores = 0;
};

// A snapshot that was installed comes into the state's place without a command.
void Services::Parts::Look() {
  context.machine.state();
  if (context.machine.restores() != std::exchange(restores, context.machine.restores())) OnApplied();
  look.Set(kLookMicros, [this] { Look(); });
}

void Services::Parts::OnApplied() {
  hub.OnApplied();
  if (!collect.is_set()) collect.Set(kCollectMicros, [this] { Collect(); });
  const uint64_t changes = context.keys().members().changes();
  if (changes == members_told || tell_members.is_set()) return;
  members_told = changes;
  cluster.OnChanged();
  tell_members.Set(0, [this] {
    if (members_changed) members_changed();
  });
}

void Services::Parts::Collect() {
  if (context.machine.state()->Collect(kCollectedAtOnce)) collect.Set(kCollectMicros, [this] { Collect(); });
}

Services::Services(Clock& clock, Scheduler& scheduler, KvMachine& machine, const ServiceOptions& options)
    : parts_(std::make_unique<Parts>(clock, scheduler, machine, options)) {
  machine.SetApplied([this] { parts_->OnApplied(); });
  machine.SetCompacting([this] { parts_->hub.OnCompacting(); });
  parts_->context.submitter.SetLocalCall(
      [this](std::string_view method, std::string_view request, Submitter::CallDone done) {
        parts_->cluster.Run(method, request, std::move(done));
      });
}

Services::~Services() {
  parts_->context.machine.SetApplied(nullptr);
  parts_->context.machine.SetCompacting(nullptr);
}

void Services::Register(RpcMethods& methods) {
  RpcMethods own;
  parts_->kv.Register(own);
  parts_->lease.Register(own);
  parts_->watch.Register(own);
  parts_->lock.Register(own);
  parts_->cluster.Register(own);
  parts_->maintenance.Register(own);
  parts_->auth.Register(own);
  for (const auto& [name, method] : own.all()) methods.Add(name, parts_->leaderless.Guard(method));
}

void Services::Attach(Replica& replica, SideChannel& channel, uint64_t start) {
  parts_->context.replica = &replica;
  parts_->context.reads.Attach(replica);
  parts_->context.submitter.Attach(replica, channel, start);
  parts_->cluster.Publish();
}

void Services::OnRoleChanged() {
  parts_->context.submitter.OnRoleChanged();
  parts_->cluster.OnChanged();
}

void Services::ReceiveFromPeer(NodeId source, std::string_view bytes) {
  parts_->context.submitter.ReceiveFromPeer(source, bytes);
}

void Services::SetMembersChanged(std::function<void()> changed) { parts_->members_changed = std::move(changed); }

const std::map<uint64_t, etcdserverpb::Member>& Services::members() const {
  return parts_->context.keys().members().all();
}

ServiceFigures Services::figures() const {
  const ServiceContext& context = parts_->context;
  const kvsm::Machine& keys = context.keys();
  return {.proposals_open = context.submitter.open(),
          .proposals_failed = context.submitter.failed(),
          .reads_waiting = context.reads.waiting(),
          .watches = parts_->hub.size(),
          .watches_behind = parts_->hub.behind(),
          .leases = keys.leases().all().size(),
          .keys = keys.key_count(),
          .bytes = keys.bytes(),
          .revision = keys.revision(),
          .compact_revision = keys.compact_revision(),
          .has_leader = context.has_leader(),
          .has_alarm = !keys.alarms().empty()};
}

}  // namespace lockstep::runtime
