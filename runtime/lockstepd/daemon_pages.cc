// Pages: health, readiness, version, metrics, members: at the paths and in the words that etcd has for them.
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kvsm/members.h"
#include "runtime/lockstepd/daemon.h"

namespace lockstep::runtime {
namespace {

constexpr int64_t kCheckMicros = 1'000'000;

std::string_view CodeName(size_t code) {
  static constexpr std::string_view kNames[] = {
      "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
      "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
      "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
      "DataLoss", "Unauthenticated"};
  return kNames[code];
}

std::string AlarmName(etcdserverpb::AlarmType type) { return etcdserverpb::AlarmType_Name(type); }

}  // namespace

void Daemon::Serve(const HttpRequest& request, const std::shared_ptr<HttpReply>& reply) {
  const auto done = [&reply](HttpResponse response) { reply->Respond(std::move(response)); };
  if (request.method == "POST") return done({.status = 405, .body = "Method Not Allowed\n"});
  if (request.path == "/health") return ServeHealth(request, reply);
  if (request.path == "/livez") return done({.body = "ok\n"});
  if (request.path == "/readyz") return ServeReadiness(request, reply);
  if (request.path == "/metrics") {
    return done({.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = WriteMetrics()});
  }
  if (request.path == "/members")
    return done({.content_type = "application/json", .body = EncodeMembersPage(ListMembers())});
  if (request.path == "/version") {
    const std::string& version = settings_.advertised_version;
    const std::string minor = version.substr(0, version.rfind('.'));
    return done({.content_type = "application/json",
                 .body = absl::StrCat(R"({"etcdserver":")", version, R"(","etcdcluster":")", minor, R"(.0"})")});
  }
  done({.status = 404, .body = "404 page not found\n"});
}

// Whether the state can be read, fresh, within a second.
void Daemon::CheckRead(std::function<void(bool fresh)> done) {
  auto once = std::make_shared<std::function<void(bool)>>(std::move(done));
  const auto end = [once](bool fresh) {
    const auto told = std::exchange(*once, nullptr);
    if (told) told(fresh);
  };
  loop_.RunAfter(kCheckMicros, [end] { end(false); });
  const auto asked =
      node_->Read("", ReadLevel::kLinearizable, [end](const Answer& answer) { end(answer.status.ok()); });
  if (!asked.ok()) end(false);
}

void Daemon::ServeHealth(const HttpRequest& request, const std::shared_ptr<HttpReply>& reply) {
  const auto answer = [this, reply](const std::string& reason) {
    ++(reason.empty() ? health_successes_ : health_failures_);
    reply->Respond({.status = reason.empty() ? 200 : 503,
                    .content_type = "application/json",
                    .body = absl::StrCat(R"({"health":")", reason.empty() ? "true" : "false", R"(","reason":")", reason,
                                         R"("})")});
  };
  for (const auto& [member, type] : machine_.state()->alarms()) {
    if (!absl::StrContains(request.query, absl::StrCat("exclude=", AlarmName(type)))) {
      return answer(absl::StrCat("ALARM ", AlarmName(type)));
    }
  }
  if (!services_.figures().has_leader) return answer("RAFT NO LEADER");
  if (absl::StrContains(request.query, "serializable=true")) return answer("");
  CheckRead([answer](bool fresh) { answer(fresh ? "" : "RANGE ERROR: no fresh read within a second"); });
}

void Daemon::ServeReadiness(const HttpRequest& request, const std::shared_ptr<HttpReply>& reply) {
  const bool verbose = absl::StrContains(request.query, "verbose");
  CheckRead([verbose, ready = is_ready_, reply](bool fresh) {
    const bool ok = ready && fresh;
    std::string body = ok ? "ok\n" : "not ready\n";
    if (verbose)
      body = absl::StrCat("[", fresh ? "+" : "-", "]linearizable_read\n[", ready ? "+" : "-", "]published\n", body);
    reply->Respond({.status = ok ? 200 : 503, .body = body});
  });
}

std::string Daemon::WriteMetrics() {
  MetricsText metrics;
  WriteServerMetrics(metrics);
  WriteNetworkMetrics(metrics);
  metrics.AddProcess();
  return metrics.text();
}

void Daemon::WriteServerMetrics(MetricsText& metrics) {
  const NodeStatus status = node_->status();
  const ServiceFigures figures = services_.figures();
  const bool leads = status.role == Role::kLeader;
  metrics.Gauge("etcd_server_has_leader", "Whether a leader is known.", figures.has_leader);
  metrics.Gauge("etcd_server_is_leader", "Whether this member leads.", leads);
  metrics.Gauge("etcd_server_is_learner", "Whether this member is a learner.",
                status.configuration.configuration.learners.contains(status.id));
  metrics.Counter("etcd_server_leader_changes_seen_total", "How often the leader has changed.",
                  static_cast<double>(leader_changes_));
  metrics.Gauge("etcd_server_proposals_pending", "Commands whose end is open.",
                static_cast<double>(figures.proposals_open));
  metrics.Gauge("etcd_server_proposals_committed_total", "The last entry that is decided.",
                static_cast<double>(status.commit_index));
  metrics.Gauge("etcd_server_proposals_applied_total", "The last entry that is applied.",
                static_cast<double>(status.applied_index));
  metrics.Counter("etcd_server_proposals_failed_total", "Commands that failed.",
                  static_cast<double>(figures.proposals_failed));
  metrics.Counter("etcd_server_health_success", "Health checks that succeeded.",
                  static_cast<double>(health_successes_));
  metrics.Counter("etcd_server_health_failures", "Health checks that failed.", static_cast<double>(health_failures_));
  metrics.Gauge("etcd_server_quota_backend_bytes", "Bytes above which writes are refused.",
                static_cast<double>(settings_.quota_bytes));
  metrics.Gauge("etcd_server_id", "This member.");
  metrics.Value(1, {{"server_id", absl::StrFormat("%x", kvsm::MemberId(status.id.number, status.id.incarnation))}});
  metrics.Gauge("etcd_server_version", "The version that clients are told.");
  metrics.Value(1, {{"server_version", settings_.advertised_version}});
  metrics.Gauge("etcd_cluster_version", "The version that the cluster speaks.");
  metrics.Value(1,
                {{"cluster_version", settings_.advertised_version.substr(0, settings_.advertised_version.rfind('.'))}});
  metrics.Histogram("etcd_disk_wal_fsync_duration_seconds", "Writes of the log, until they are on the disk.",
                    write_times_.durations());
  metrics.Histogram("etcd_server_apply_duration_seconds", "Batches of commands being applied.",
                    timed_machine_.applied());
  metrics.Gauge("etcd_mvcc_db_total_size_in_bytes", "Keys and values, versions included.",
                static_cast<double>(figures.bytes));
  metrics.Gauge("etcd_mvcc_db_total_size_in_use_in_bytes", "Keys and values, versions included.",
                static_cast<double>(figures.bytes));
  metrics.Gauge("etcd_debugging_mvcc_keys_total", "Keys.", static_cast<double>(figures.keys));
  metrics.Gauge("etcd_debugging_mvcc_current_revision", "The latest revision.", static_cast<double>(figures.revision));
  metrics.Gauge("etcd_debugging_mvcc_compact_revision", "The latest compaction.",
                static_cast<double>(figures.compact_revision));
  metrics.Gauge("etcd_debugging_mvcc_watcher_total", "Watches.", static_cast<double>(figures.watches));
  metrics.Gauge("etcd_debugging_mvcc_slow_watcher_total", "Watches that are behind.",
                static_cast<double>(figures.watches_behind));
  metrics.Gauge("lockstep_leases", "Leases.", static_cast<double>(figures.leases));
  metrics.Gauge("lockstep_reads_waiting", "Reads that wait until the state is fresh.",
                static_cast<double>(figures.reads_waiting));
  metrics.Counter("lockstep_commands_applied_total", "Commands applied since the start.",
                  static_cast<double>(timed_machine_.commands()));
  metrics.Gauge("lockstep_term", "The term.", static_cast<double>(status.term));
  metrics.Gauge("lockstep_log_first_index", "The first entry in the log.", static_cast<double>(status.first_index));
  metrics.Gauge("lockstep_log_last_index", "The last entry in the log.", static_cast<double>(status.last_index));
  metrics.Gauge("lockstep_log_durable_index", "The last entry on the disk.", static_cast<double>(status.durable_index));
  metrics.Gauge("lockstep_snapshot_index", "The last entry in the snapshot.",
                static_cast<double>(status.snapshot.last_included.index));
  metrics.Gauge("lockstep_storage_ok", "Whether the disk works.", status.storage.ok());
}

void Daemon::WriteNetworkMetrics(MetricsText& metrics) const {
  const HttpCounters& counters = client_service_.counters;
  metrics.Counter("etcd_network_client_grpc_received_bytes_total", "Bytes received from clients.",
                  static_cast<double>(counters.received_bytes));
  metrics.Counter("etcd_network_client_grpc_sent_bytes_total", "Bytes sent to clients.",
                  static_cast<double>(counters.sent_bytes));
  metrics.Gauge("lockstep_client_connections", "Connections of clients.", static_cast<double>(counters.connections));
  struct Family {
    std::string_view name;
    std::string_view help;
    uint64_t HttpCounters::Method::*count;
  };
  for (const Family& family :
       {Family{"grpc_server_started_total", "Calls begun.", &HttpCounters::Method::begun},
        Family{"grpc_server_msg_received_total", "Messages received.", &HttpCounters::Method::received_messages},
        Family{"grpc_server_msg_sent_total", "Messages sent.", &HttpCounters::Method::sent_messages}}) {
    metrics.Counter(family.name, family.help);
    for (const auto& [name, method] : counters.methods) {
      const size_t slash = name.rfind('/');
      metrics.Value(static_cast<double>(method.*family.count),
                    {{"grpc_method", name.substr(slash + 1)}, {"grpc_service", name.substr(1, slash - 1)}});
    }
  }
  metrics.Counter("grpc_server_handled_total", "Calls ended.");
  for (const auto& [name, method] : counters.methods) {
    const size_t slash = name.rfind('/');
    for (size_t code = 0; code < method.ended.size(); ++code) {
      if (method.ended[code] == 0) continue;
      metrics.Value(static_cast<double>(method.ended[code]), {{"grpc_code", std::string(CodeName(code))},
                                                              {"grpc_method", name.substr(slash + 1)},
                                                              {"grpc_service", name.substr(1, slash - 1)}});
    }
  }
}

}  // namespace lockstep::runtime
