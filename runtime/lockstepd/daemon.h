// Daemon: a member of the key-value store in this process: node, services and servers, put together.
//
//     clients --> HttpServer --> Services --> Node <--> the other members
//                     `--> pages: health, metrics, version, members
//
// Everything happens on the loop's thread.
#ifndef LOCKSTEP_RUNTIME_LOCKSTEPD_DAEMON_H_
#define LOCKSTEP_RUNTIME_LOCKSTEPD_DAEMON_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/http2/http_get.h"
#include "runtime/gateway/json_gateway.h"
#include "runtime/http2/http_server.h"
#include "runtime/introspection/health.h"
#include "runtime/lockstepd/log_lines.h"
#include "runtime/lockstepd/member_file.h"
#include "runtime/lockstepd/members_page.h"
#include "runtime/lockstepd/metrics.h"
#include "runtime/lockstepd/networks.h"
#include "runtime/lockstepd/settings.h"
#include "runtime/lockstepd/timed_machine.h"
#include "runtime/lockstepd/write_times.h"
#include "runtime/node/node.h"
#include "runtime/service/services.h"

namespace lockstep::runtime {

class Daemon final : private NodeObserver, private SideChannel {
 public:
  // Makes or opens the member's files, and begins to take part and to listen. `ready` is called when clients are
  // served; `stopped` when the member can go on no more, with the reason: Cancelled if it has been removed.
  // Errors: those of the settings' files and addresses, each with what to do.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(EventLoop& loop, const Settings& settings, const LogLines& log,
                                                       std::function<void()> ready,
                                                       std::function<void(const absl::Status&)> stopped);
  ~Daemon() override;

  // Hands leadership over, lets the calls under way end, and tells `done`; all within a few seconds.
  void Shutdown(std::function<void()> done);

 private:
  Daemon(EventLoop& loop, const Settings& settings, const LogLines& log, MemberRecord record,
         std::function<void()> ready, std::function<void(const absl::Status&)> stopped);

  // daemon.cc: putting together and taking apart.
  absl::Status OpenNode();
  absl::Status OpenServers();
  void Drain(std::function<void()> done, int64_t until_micros);

  // daemon_members.cc: who the members are.
  void AwaitPublished();
  void OnMembersChanged();
  void ForgetLater(NodeId member);
  void Leave(int polls);
  void CheckMembership();
  void AskWhetherMember();
  void Compact();
  void CompactTo(int64_t revision);
  MembersPage ListMembers() const;

  // daemon_pages.cc: pages.
  void Serve(const HttpRequest& request, const std::shared_ptr<HttpReply>& reply);
  void ServeHealth(const HttpRequest& request, const std::shared_ptr<HttpReply>& reply);
  void ServeReadiness(const HttpRequest& request, const std::shared_ptr<HttpReply>& reply);
  void CheckRead(std::function<void(bool fresh)> done);
  std::string WriteMetrics();
  void WriteServerMetrics(MetricsText& metrics);
  void WriteNetworkMetrics(MetricsText& metrics) const;

  // From the node.
  void OnStep(const Input& input, const State& state, const EffectSink& effects) override;
  void OnRoleChanged(const effect::RoleChanged& changed) override;
  void OnConfigurationChanged(const ConfigurationEntry& configuration) override;
  void OnStorage(const absl::Status& status) override;
  void OnStopped(const absl::Status& status) override;
  void OnConnected(NodeId peer, Channel channel) override;
  void OnTrouble(const std::string& whom, const absl::Status& why) override;
  // Of the services.
  void Send(NodeId peer, std::string bytes) override { node_->SendNote(peer, bytes); }

  EventLoop& loop_;
  const Settings settings_;
  const LogLines& log_;
  MemberRecord record_;
  const std::function<void()> ready_;
  const std::function<void(const absl::Status&)> stopped_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  KvMachine machine_;
  TimedMachine timed_machine_;
  Services services_;
  Health health_;
  RpcMethods methods_;
  RpcMethods no_methods_;
  JsonGateway gateway_;
  HttpService client_service_;  // For clients.
  HttpService page_service_;    // Pages alone: for members and for metrics.
  std::unique_ptr<ClientNetworks> client_networks_;
  std::unique_ptr<HttpServer> client_server_;
  std::unique_ptr<HttpServer> page_server_;
  std::unique_ptr<Network> peer_network_;  // For asking the others.
  std::unique_ptr<Replica> replica_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<HttpGet> membership_question_;

  bool is_ready_ = false;
  bool was_listed_ = false;  // In the table of members.
  WriteTimes write_times_;
  uint64_t leader_changes_ = 0;
  NodeId leader_;
  uint64_t health_successes_ = 0;
  uint64_t health_failures_ = 0;
  std::map<int64_t, int64_t> revisions_;  // By the time they were seen: what is to be compacted in time.
  Timer publish_timer_;
  Timer membership_timer_;
  Timer leave_timer_;
  Timer compact_timer_;
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOCKSTEPD_DAEMON_H_
