#include "runtime/lockstepd/settings.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace lockstep::runtime {
namespace {

constexpr int64_t kQuotaBytesDefault = int64_t{2} << 30;  // etcd's.

absl::Status Refuse(const std::string& flag, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat("--", flag, ": ", why));
}

absl::StatusOr<std::vector<Url>> ReadUrls(const FlagValues& flags, const std::string& flag) {
  std::vector<Url> urls;
  for (const std::string& text : flags.List(flag)) {
    auto url = ParseUrl(text);
    if (!url.ok()) return Refuse(flag, std::string(url.status().message()));
    urls.push_back(*std::move(url));
  }
  return urls;
}

TlsSettings ReadTls(const FlagValues& flags, const std::string& prefix) {
  TlsSettings tls;
  tls.files = {.certificate = flags.Text(prefix + "cert-file"),
               .key = flags.Text(prefix + "key-file"),
               .authority = flags.Text(prefix + "trusted-ca-file"),
               .revoked = flags.Text(prefix.empty() ? "client-crl-file" : "peer-crl-file")};
  tls.automatic = flags.Switch(prefix + "auto-tls") && tls.files.certificate.empty();
  tls.demands_certificates = flags.Switch(prefix + "client-cert-auth");
  return tls;
}

absl::Status CheckTls(const TlsSettings& tls, const std::string& prefix) {
  if (tls.files.certificate.empty() != tls.files.key.empty()) {
    return Refuse(prefix + "cert-file", absl::StrCat("a certificate and its --", prefix, "key-file go together"));
  }
  if (tls.demands_certificates && tls.files.authority.empty()) {
    return Refuse(prefix + "client-cert-auth",
                  absl::StrCat("who signs the certificates? Say --", prefix, "trusted-ca-file"));
  }
  return absl::OkStatus();
}

absl::Status CheckScheme(const std::vector<Url>& urls, const TlsSettings& tls, const std::string& flag) {
  for (const Url& url : urls) {
    if (url.is_secure && !tls.is_set()) {
      return Refuse(flag, absl::StrCat("https://", url.address, " wants a certificate and a key"));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadCluster(const FlagValues& flags, Settings& settings) {
  const std::vector<std::string> parts = flags.List("initial-cluster");
  for (const std::string& part : parts) {
    const size_t equals = part.find('=');
    if (equals == std::string::npos) return Refuse("initial-cluster", absl::StrCat("'", part, "' is no NAME=URL"));
    const std::string url = part.substr(equals + 1);
    if (auto parsed = ParseUrl(url); !parsed.ok()) {
      return Refuse("initial-cluster", std::string(parsed.status().message()));
    }
    settings.initial_cluster[part.substr(0, equals)].push_back(url);
  }
  if (parts.empty()) settings.initial_cluster[settings.name] = settings.peer_urls;
  for (auto& [name, urls] : settings.initial_cluster) std::sort(urls.begin(), urls.end());
  const auto mine = settings.initial_cluster.find(settings.name);
  if (mine == settings.initial_cluster.end()) {
    return Refuse("initial-cluster", absl::StrCat("no member is called '", settings.name, "', as --name says"));
  }
  if (mine->second != settings.peer_urls) {
    return Refuse("initial-cluster",
                  absl::StrCat("'", settings.name, "' has the URLs ", absl::StrJoin(mine->second, ","),
                               ", but --initial-advertise-peer-urls says ", absl::StrJoin(settings.peer_urls, ",")));
  }
  const std::string state = flags.Text("initial-cluster-state");
  if (state != "new" && state != "existing") return Refuse("initial-cluster-state", "'new' or 'existing' is wanted");
  settings.joins = state == "existing";
  settings.token = flags.Text("initial-cluster-token");
  return absl::OkStatus();
}

absl::Status ReadCompaction(const FlagValues& flags, Settings& settings) {
  const std::string mode = flags.Text("auto-compaction-mode");
  std::string kept = flags.Text("auto-compaction-retention");
  const bool is_number =
      !kept.empty() && std::all_of(kept.begin(), kept.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (mode == "revision") {
    const auto [end, error] = std::from_chars(kept.data(), kept.data() + kept.size(), settings.compaction_revisions);
    if (!is_number || error != std::errc())
      return Refuse("auto-compaction-retention", "a number of revisions is wanted");
    return absl::OkStatus();
  }
  if (mode != "periodic") return Refuse("auto-compaction-mode", "'periodic' or 'revision' is wanted");
  if (is_number && kept != "0") kept += "h";
  const auto micros = ParseDuration(kept);
  if (!micros.has_value()) return Refuse("auto-compaction-retention", "a duration is wanted, such as 1h");
  settings.compaction_micros = *micros;
  return absl::OkStatus();
}

absl::Status ReadWhere(const FlagValues& flags, Settings& settings) {
  auto clients = ReadUrls(flags, "listen-client-urls");
  if (!clients.ok()) return clients.status();
  settings.listen_clients = *std::move(clients);
  auto metrics = ReadUrls(flags, "listen-metrics-urls");
  if (!metrics.ok()) return metrics.status();
  settings.listen_metrics = *std::move(metrics);
  auto peers = ReadUrls(flags, "listen-peer-urls");
  if (!peers.ok()) return peers.status();
  if (peers->size() != 1) return Refuse("listen-peer-urls", "one URL is wanted");
  settings.listen_peers = peers->front();
  if (auto advertised = ReadUrls(flags, "advertise-client-urls"); !advertised.ok()) return advertised.status();
  settings.client_urls = flags.List("advertise-client-urls");
  settings.peer_urls = flags.List("initial-advertise-peer-urls");
  std::sort(settings.peer_urls.begin(), settings.peer_urls.end());
  return absl::OkStatus();
}

// FNV-1a.
uint64_t Hash(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

absl::StatusOr<Url> ParseUrl(const std::string& text) {
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.is_secure = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no http:// or https:// URL"));
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const size_t colon = rest.rfind(':');
  const std::string_view port = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
  const bool is_port = !port.empty() && port.size() <= 5 &&
                       std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_port || rest.find('/') != std::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no URL of a host and a port"));
  }
  url.address = rest;
  return url;
}

absl::StatusOr<Settings> MakeSettings(const FlagValues& flags) {
  Settings settings;
  settings.name = flags.Text("name");
  settings.data_dir = flags.Text("data-dir");
  if (settings.data_dir.empty()) settings.data_dir = settings.name + ".lockstep";
  settings.client_tls = ReadTls(flags, "");
  settings.peer_tls = ReadTls(flags, "peer-");
  settings.ciphers = flags.Text("cipher-suites");
  settings.heartbeat_micros = static_cast<int64_t>(flags.Number("heartbeat-interval")) * 1000;
  settings.election_timeout_micros = static_cast<int64_t>(flags.Number("election-timeout")) * 1000;
  settings.snapshot_entries = flags.Number("snapshot-count");
  settings.quota_bytes = static_cast<int64_t>(flags.Number("quota-backend-bytes"));
  if (settings.quota_bytes == 0) settings.quota_bytes = kQuotaBytesDefault;
  settings.request_bytes_max = flags.Number("max-request-bytes");
  settings.has_gateway = flags.Switch("enable-grpc-gateway");
  settings.transaction_operations_max = static_cast<uint32_t>(flags.Number("max-txn-ops"));
  settings.calls_max = static_cast<uint32_t>(flags.Number("max-concurrent-streams"));
  settings.keepalive_interval_micros = flags.DurationMicros("grpc-keepalive-interval");
  settings.keepalive_timeout_micros = flags.DurationMicros("grpc-keepalive-timeout");
  settings.progress_notify_micros = flags.DurationMicros("experimental-watch-progress-notify-interval");
  settings.advertised_version = flags.Text("advertised-version");
  settings.log_level = flags.Text("log-level");
  if (absl::Status status = ReadWhere(flags, settings); !status.ok()) return status;
  if (absl::Status status = ReadCluster(flags, settings); !status.ok()) return status;
  if (absl::Status status = ReadCompaction(flags, settings); !status.ok()) return status;
  if (absl::Status status = CheckTls(settings.client_tls, ""); !status.ok()) return status;
  if (absl::Status status = CheckTls(settings.peer_tls, "peer-"); !status.ok()) return status;
  if (absl::Status status = CheckScheme(settings.listen_clients, settings.client_tls, "listen-client-urls");
      !status.ok()) {
    return status;
  }
  if (absl::Status status = CheckScheme({settings.listen_peers}, settings.peer_tls, "listen-peer-urls"); !status.ok()) {
    return status;
  }
  if (settings.election_timeout_micros < 5 * settings.heartbeat_micros) {
    return Refuse("election-timeout", "at least five times --heartbeat-interval is wanted");
  }
  return settings;
}

uint64_t FoundedClusterId(const Settings& settings) {
  std::string text = settings.token;
  for (const auto& [name, urls] : settings.initial_cluster) {
    absl::StrAppend(&text, "\n", name, "=", absl::StrJoin(urls, ","));
  }
  return std::max<uint64_t>(1, Hash(text));
}

}  // namespace lockstep::runtime
