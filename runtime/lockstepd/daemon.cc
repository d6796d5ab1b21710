#include "runtime/lockstepd/daemon.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kvsm/members.h"
#include "runtime/http2/shared_port.h"
#include "runtime/introspection/reflection.h"
#include "runtime/lockstepd/join.h"
#include "runtime/lockstepd/learner_guard.h"

namespace lockstep::runtime {
namespace {

constexpr int64_t kDrainMicros = 500'000;
constexpr int64_t kDrainStepMicros = 10'000;
constexpr int64_t kHandOverMicros = 2'000'000;
constexpr int64_t kHeartbeatsAfterHandOver = 2;
constexpr int64_t kRequestMicros = 5'000'000;        // etcd's patience with a request, beside two elections.
constexpr size_t kRequestOverheadBytes = 512 << 10;  // etcd's.
constexpr uint64_t kResidentEntries = 8192;
// Half of etcd's spread: of few members, two seldom begin within a round trip of each other even so.
constexpr uint32_t kElectionSpreadPercent = 50;

NodeId NodeIdOf(uint64_t member) { return {kvsm::NumberOf(member), kvsm::IncarnationOf(member)}; }

ServiceOptions MakeServiceOptions(const Settings& settings, const MemberRecord& record) {
  ServiceOptions options;
  options.cluster_id = record.cluster_id;
  options.self = record.self;
  options.version = settings.advertised_version;
  options.name = settings.name;
  options.client_urls = settings.client_urls;
  if (record.is_founder) {
    for (const ListedMember& founder : Founders(settings)) {
      options.founders.push_back({NodeIdOf(founder.id), founder.name, founder.peer_urls});
    }
  }
  options.txn_operations_max = settings.transaction_operations_max;
  options.request_bytes_max = settings.request_bytes_max;
  options.quota_bytes = settings.quota_bytes;
  options.lease_ttl_min_seconds =
      std::max<int64_t>(1, (settings.election_timeout_micros * 3 / 2 + 999'999) / 1'000'000);
  options.request_timeout_micros = kRequestMicros + 2 * settings.election_timeout_micros;
  options.election_timeout_micros = settings.election_timeout_micros;
  options.progress_notify_micros = settings.progress_notify_micros;
  return options;
}

HttpOptions MakeHttpOptions(const Settings& settings) {
  HttpOptions options;
  options.message_bytes_max = settings.request_bytes_max + kRequestOverheadBytes;
  options.body_bytes_max = 2 * options.message_bytes_max;  // Bytes are longer in JSON.
  options.calls_max = settings.calls_max;
  if (settings.keepalive_interval_micros > 0) options.keepalive_interval_micros = settings.keepalive_interval_micros;
  if (settings.keepalive_timeout_micros > 0) options.keepalive_timeout_micros = settings.keepalive_timeout_micros;
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(EventLoop& loop, const Settings& settings, const LogLines& log,
                                                      std::function<void()> ready,
                                                      std::function<void(const absl::Status&)> stopped) {
  auto tls = MakePeerTls(settings);
  if (!tls.ok()) return tls.status();
  std::shared_ptr<TlsContext> context;
  if (tls->has_value()) {
    auto loaded = TlsContext::Load((*tls)->files, (*tls)->policy);
    if (!loaded.ok()) return loaded.status();
    context = *std::move(loaded);
  }
  auto network = std::make_unique<TcpNetwork>(loop, std::move(context));
  auto remembered = ReadMemberFile(settings.data_dir);
  if (!remembered.ok()) return remembered.status();
  absl::StatusOr<MemberRecord> record = remembered->value_or(MemberRecord{});
  if (!remembered->has_value()) {
    record = IntroduceMember(loop, *network, settings);
    if (!record.ok()) return record.status();
    if (absl::Status status = WriteMemberFile(settings.data_dir, *record); !status.ok()) return status;
  }
  std::unique_ptr<Daemon> daemon(
      new Daemon(loop, settings, log, *std::move(record), std::move(ready), std::move(stopped)));
  daemon->peer_network_ = std::move(network);
  log.Info(
      "starting",
      {{"name", settings.name},
       {"member", absl::StrFormat("%x", kvsm::MemberId(daemon->record_.self.number, daemon->record_.self.incarnation))},
       {"cluster", absl::StrFormat("%x", daemon->record_.cluster_id)},
       {"data-dir", settings.data_dir}});
  absl::Status status = daemon->OpenNode();
  if (status.ok()) status = daemon->OpenServers();
  if (!status.ok()) return status;
  daemon->AwaitPublished();
  daemon->CheckMembership();
  daemon->Compact();
  return daemon;
}

Daemon::Daemon(EventLoop& loop, const Settings& settings, const LogLines& log, MemberRecord record,
               std::function<void()> ready, std::function<void(const absl::Status&)> stopped)
    : loop_(loop),
      settings_(settings),
      log_(log),
      record_(std::move(record)),
      ready_(std::move(ready)),
      stopped_(std::move(stopped)),
      timed_machine_(loop, machine_),
      services_(loop, loop, machine_, MakeServiceOptions(settings_, record_)),
      gateway_(loop, methods_),
      client_service_{.clock = loop,
                      .scheduler = loop,
                      .methods = methods_,
                      .pages =
                          [this](const HttpRequest& request, const std::shared_ptr<HttpReply>& reply) {
                            if (!settings_.has_gateway || !gateway_.Serve(request, reply)) Serve(request, reply);
                          },
                      .options = MakeHttpOptions(settings_),
                      .counters = {}},
      page_service_{.clock = loop,
                    .scheduler = loop,
                    .methods = no_methods_,
                    .pages = [this](const HttpRequest& request,
                                    const std::shared_ptr<HttpReply>& reply) { Serve(request, reply); },
                    .options = {},
                    .counters = {}},
      write_times_(loop),
      publish_timer_(loop),
      membership_timer_(loop),
      leave_timer_(loop),
      compact_timer_(loop) {
  RpcMethods all;
  services_.Register(all);
  GuardLearner(
      all, [this] { return node_->state().log.configuration().configuration.learners.contains(record_.self); },
      methods_);
  health_.Register(methods_);
  RegisterReflection(methods_);
  health_.Set("", false);
}

Daemon::~Daemon() {
  *alive_ = false;
  membership_question_.reset();
  // Calls end before what they ask: first the servers', then the node's.
  client_server_.reset();
  node_.reset();
  page_server_.reset();
}

absl::Status Daemon::OpenNode() {
  auto tls = MakePeerTls(settings_);
  if (!tls.ok()) return tls.status();
  page_server_ = std::make_unique<HttpServer>(page_service_);
  NodeOptions options;
  options.cluster = record_.cluster_id;
  options.id = record_.self;
  if (record_.is_founder) options.founding = FoundingConfiguration(settings_);
  options.directory = settings_.data_dir + "/member";
  options.listen_address = settings_.listen_peers.address;
  options.announced_address = ParseUrl(settings_.peer_urls.front())->address;
  options.addresses = record_.addresses;
  if (tls->has_value()) {
    options.tls = (*tls)->files;
    options.tls_policy = (*tls)->policy;
    options.checks_certificate_names = false;
  }
  options.wrap_network = [this](Network& below) -> std::unique_ptr<Network> {
    return std::make_unique<SharedPortNetwork>(loop_, below, *page_server_);
  };
  options.driver.election_timeout_micros = settings_.election_timeout_micros;
  options.driver.election_spread_percent = kElectionSpreadPercent;
  options.driver.heartbeat_micros = settings_.heartbeat_micros;
  options.driver.core.resident_entries = kResidentEntries;
  if (settings_.snapshot_entries != 0) options.driver.core.snapshot_interval_entries = settings_.snapshot_entries;
  auto node = Node::Start(loop_, options, timed_machine_, this);
  if (!node.ok()) return node.status();
  node_ = *std::move(node);
  replica_ = std::make_unique<ReplicaOf<Node>>(*node_);
  node_->SetNoteReceiver([this](NodeId source, std::string_view bytes) { services_.ReceiveFromPeer(source, bytes); });
  PosixEntropy entropy;
  services_.SetMembersChanged([this] { OnMembersChanged(); });
  services_.Attach(*replica_, *this, entropy.Draw());
  return absl::OkStatus();
}

absl::Status Daemon::OpenServers() {
  auto networks = ClientNetworks::Make(loop_, settings_);
  if (!networks.ok()) return networks.status();
  client_networks_ = *std::move(networks);
  client_server_ = std::make_unique<HttpServer>(client_service_, [this](const absl::Status& why) {
    log_.Debug("a client's connection has ended", {{"why", std::string(why.message())}});
  });
  const auto listen = [this](HttpServer& server, const std::vector<Url>& urls) {
    std::set<std::string> addresses;
    for (const Url& url : urls) addresses.insert(url.address);
    for (const std::string& address : addresses) {
      const auto chosen = server.Listen(client_networks_->For(address), address);
      if (!chosen.ok()) return chosen.status();
      log_.Info("listening", {{"address", *chosen}});
    }
    return absl::OkStatus();
  };
  if (absl::Status status = listen(*client_server_, settings_.listen_clients); !status.ok()) return status;
  return listen(*page_server_, settings_.listen_metrics);
}

void Daemon::Shutdown(std::function<void()> done) {
  log_.Info("stopping");
  health_.Set("", false);
  publish_timer_.Stop();
  membership_timer_.Stop();
  compact_timer_.Stop();
  const auto go_on = [this, done = std::move(done), told = std::make_shared<bool>(false)] {
    if (std::exchange(*told, true)) return;
    client_server_->Shutdown();
    // Members that have not heard of the new leader yet may still pass requests on: they are told.
    loop_.RunAfter(kHeartbeatsAfterHandOver * settings_.heartbeat_micros, [this, alive = alive_, done] {
      if (*alive) Drain(done, loop_.ReadMonotonic().micros + kDrainMicros);
    });
  };
  node_->HandOver([this, go_on, alive = alive_](const Answer& answer) {
    if (!*alive) return;
    if (!answer.status.ok()) log_.Info("leadership stays", {{"why", std::string(answer.status.message())}});
    go_on();
  });
  loop_.RunAfter(kHandOverMicros, [go_on, alive = alive_] {
    if (*alive) go_on();
  });
}

void Daemon::Drain(std::function<void()> done, int64_t until_micros) {
  if (client_server_->connections() == 0 || loop_.ReadMonotonic().micros >= until_micros) return done();
  loop_.RunAfter(kDrainStepMicros, [this, alive = alive_, done = std::move(done), until_micros]() mutable {
    if (*alive) Drain(std::move(done), until_micros);
  });
}

// ---- News of the node. None of it may call the node.

void Daemon::OnStep(const Input& input, const State&, const EffectSink& effects) {
  write_times_.OnStep(input, effects);
}

void Daemon::OnRoleChanged(const effect::RoleChanged& changed) {
  if (changed.leader != leader_ && changed.leader != kNoNode) {
    ++leader_changes_;
    log_.Info("leader", {{"leader", ToString(changed.leader)}, {"term", absl::StrCat(changed.term)}});
  }
  if (changed.leader != kNoNode) leader_ = changed.leader;
  services_.OnRoleChanged();
}

void Daemon::OnConfigurationChanged(const ConfigurationEntry& configuration) {
  log_.Info("configuration",
            {{"index", absl::StrCat(configuration.index)}, {"members", ToString(configuration.configuration)}});
}

void Daemon::OnStorage(const absl::Status& status) {
  if (status.ok()) return log_.Info("the disk works again");
  log_.Error("the disk fails", {{"why", std::string(status.message())}});
}

void Daemon::OnStopped(const absl::Status& status) {
  loop_.RunAfter(0, [this, alive = alive_, status] {
    if (*alive) stopped_(status);
  });
}

void Daemon::OnConnected(NodeId peer, Channel) { log_.Info("connected", {{"member", ToString(peer)}}); }

void Daemon::OnTrouble(const std::string& whom, const absl::Status& why) {
  log_.Debug("a member's connection", {{"member", whom}, {"why", std::string(why.message())}});
}

}  // namespace lockstep::runtime
