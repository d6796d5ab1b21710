// The table of flags. Names and meanings are etcd's.
#include <array>

#include "runtime/lockstepd/flags.h"

namespace lockstep::runtime {
namespace {

using enum FlagKind;

constexpr auto kFlags = std::to_array<Flag>({
    {"name", kText, "default", "The member's name; among the members of --initial-cluster it finds itself by it."},
    {"data-dir", kText, "", "Where the member keeps its files; NAME.lockstep if nothing is said."},
    {"config-file", kText, "",
     "A YAML file with these flags as keys. All other flags and the environment are ignored."},
    {"listen-client-urls", kText, "http://localhost:2379", "Where clients are listened for, by commas."},
    {"advertise-client-urls", kText, "http://localhost:2379", "Where clients are told to come, by commas."},
    {"listen-peer-urls", kText, "http://localhost:2380", "Where the other members are listened for: one URL."},
    {"listen-metrics-urls", kText, "", "Where /metrics and /health are answered too, by commas."},
    {"initial-advertise-peer-urls", kText, "http://localhost:2380", "Where the other members reach this one."},
    {"initial-cluster", kText, "", "The members, as NAME=PEER-URL by commas; this one alone if nothing is said."},
    {"initial-cluster-state", kText, "new",
     "'new': this member founds the cluster with the others. 'existing': it was added to one that is there."},
    {"initial-cluster-token", kText, "etcd-cluster", "Keeps clusters with equal URLs apart."},
    {"heartbeat-interval", kNumber, "50", "Milliseconds between a leader's heartbeats."},
    {"election-timeout", kNumber, "250",
     "Milliseconds without a leader after which a member stands for election; drawn from [1, 2) times this."},
    {"snapshot-count", kNumber, "100000",
     "Entries after which the log is replaced by a snapshot, where it is also large enough to be worth it."},
    {"quota-backend-bytes", kNumber, "0", "Bytes of keys and values above which writes are refused; 0: 2 GiB."},
    {"max-request-bytes", kNumber, "1572864", "The largest request of a client, in bytes."},
    {"max-txn-ops", kNumber, "128", "The most operations of a transaction."},
    {"max-concurrent-streams", kNumber, "65536", "The most calls a client may have open on one connection."},
    {"grpc-keepalive-interval", kDuration, "2h0m0s", "After this silence a client is asked whether it is there."},
    {"grpc-keepalive-timeout", kDuration, "20s", "How long its answer is waited for."},
    {"cert-file", kText, "", "Clients: the server's certificate, in PEM."},
    {"key-file", kText, "", "Clients: its private key."},
    {"trusted-ca-file", kText, "", "Clients: the authority that signs their certificates."},
    {"client-cert-auth", kSwitch, "false", "Clients must show a certificate that the authority has signed."},
    {"client-crl-file", kText, "", "Clients: certificates that the authority has taken back."},
    {"auto-tls", kSwitch, "false", "Clients: TLS with a certificate made for the occasion."},
    {"peer-cert-file", kText, "", "Members: this one's certificate, in PEM, for both directions."},
    {"peer-key-file", kText, "", "Members: its private key."},
    {"peer-trusted-ca-file", kText, "", "Members: the authority that signs their certificates."},
    {"peer-client-cert-auth", kSwitch, "false",
     "Members: accept none without a certificate. With an authority that is so in any case."},
    {"peer-crl-file", kText, "", "Members: certificates that the authority has taken back."},
    {"peer-auto-tls", kSwitch, "false", "Members: TLS with certificates made for the occasion: secrecy, no identity."},
    {"cipher-suites", kText, "", "The ciphers of TLS 1.2 that clients may use, by their standard names and commas."},
    {"auto-compaction-mode", kText, "periodic", "'periodic': by age; 'revision': by number."},
    {"auto-compaction-retention", kText, "0",
     "What is kept of history: a duration (a bare number: hours) or a number of revisions; 0: all."},
    {"experimental-watch-progress-notify-interval", kDuration, "10m0s",
     "How often watchers that wish it are told how far they are."},
    {"enable-grpc-gateway", kSwitch, "true", "Serve calls as JSON over plain HTTP at /v3/."},
    {"advertised-version", kText, "3.5.21", "The version clients are told; they choose what they use by it."},
    {"log-level", kText, "info", "debug, info, warn or error."},
    {"version", kSwitch, "false", "Print the version and end."},
    {"help", kSwitch, "false", "Print this and end."},
    {"wal-dir", kIgnored, "", "The log is kept below --data-dir."},
    {"logger", kIgnored, "", "Log lines are JSON."},
    {"log-output", kIgnored, "", "Log lines go to stderr."},
    {"log-outputs", kIgnored, "", "Log lines go to stderr."},
    {"log-package-levels", kIgnored, "", "See --log-level."},
    {"debug", kIgnored, "", "See --log-level."},
    {"enable-v2", kIgnored, "", "There is no v2 protocol."},
    {"enable-pprof", kIgnored, "", "That is Go's."},
    {"metrics", kIgnored, "", "Histograms are always there."},
    {"pre-vote", kIgnored, "", "Always on."},
    {"strict-reconfig-check", kIgnored, "", "Always on: changes of members that would cost the quorum are refused."},
    {"initial-election-tick-advance", kIgnored, "", "Elections begin without ticks."},
    {"max-snapshots", kIgnored, "", "One snapshot is kept, and another while it is made."},
    {"max-wals", kIgnored, "", "The log is kept as long as it is needed."},
    {"backend-batch-interval", kIgnored, "", "Writes are batched as the disk allows."},
    {"backend-batch-limit", kIgnored, "", "Writes are batched as the disk allows."},
    {"grpc-keepalive-min-time", kIgnored, "", "Pings are answered, however many."},
    {"host-whitelist", kIgnored, "", "There are no pages that a browser could be led to misuse."},
    {"cors", kIgnored, "", "There are no pages that a browser could be led to misuse."},
    {"auth-token", kIgnored, "", "There are no users."},
    {"auth-token-ttl", kIgnored, "", "There are no users."},
    {"bcrypt-cost", kIgnored, "", "There are no users."},
    {"experimental-initial-corrupt-check", kIgnored, "", "Files are checked whenever they are read."},
    {"experimental-corrupt-check-time", kIgnored, "", "Files are checked whenever they are read."},
    {"experimental-enable-lease-checkpoint", kIgnored, "", "Leases end by the log's time on every member."},
    {"experimental-compaction-batch-limit", kIgnored, "", "Compaction never stops anybody."},
    {"experimental-warning-apply-duration", kIgnored, "", "See /metrics."},
});

}  // namespace

std::span<const Flag> AllFlags() { return kFlags; }

}  // namespace lockstep::runtime
