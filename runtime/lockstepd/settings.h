// Settings: what the flags come to: who this member is, where it listens, how patient it is.
#ifndef LOCKSTEP_RUNTIME_LOCKSTEPD_SETTINGS_H_
#define LOCKSTEP_RUNTIME_LOCKSTEPD_SETTINGS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/lockstepd/flags.h"
#include "runtime/posix/tls.h"

namespace lockstep::runtime {

// http://HOST:PORT or https://HOST:PORT.
struct Url {
  bool is_secure = false;
  std::string address;  // "host:port".

  friend auto operator<=>(const Url&, const Url&) = default;
};

// Errors: InvalidArgument.
absl::StatusOr<Url> ParseUrl(const std::string& text);

struct TlsSettings {
  TlsFiles files;
  bool automatic = false;  // The files are made when the server starts.
  bool demands_certificates = false;

  bool is_set() const { return automatic || !files.certificate.empty(); }
};

struct Settings {
  std::string name;
  std::string data_dir;

  std::vector<Url> listen_clients;
  std::vector<Url> listen_metrics;
  Url listen_peers;
  std::vector<std::string> client_urls;  // Advertised.
  std::vector<std::string> peer_urls;    // Advertised, in order of the alphabet.

  std::map<std::string, std::vector<std::string>> initial_cluster;  // Peer URLs by name.
  bool joins = false;                                               // A cluster that is there.
  std::string token;

  TlsSettings client_tls;
  TlsSettings peer_tls;
  std::string ciphers;

  int64_t heartbeat_micros = 0;
  int64_t election_timeout_micros = 0;
  uint64_t snapshot_entries = 0;
  int64_t quota_bytes = 0;
  size_t request_bytes_max = 0;
  uint32_t transaction_operations_max = 0;
  uint32_t calls_max = 0;
  int64_t keepalive_interval_micros = 0;
  int64_t keepalive_timeout_micros = 0;
  int64_t progress_notify_micros = 0;
  int64_t compaction_micros = 0;     // History older than this is compacted; 0: none.
  int64_t compaction_revisions = 0;  // All but so many revisions are compacted; 0: none.
  bool has_gateway = true;           // Calls as JSON.
  std::string advertised_version;
  std::string log_level;
};

// Errors: InvalidArgument naming the flag and what to do.
absl::StatusOr<Settings> MakeSettings(const FlagValues& flags);

// The number of the cluster whose founders these are: the same wherever the same flags are given.
uint64_t FoundedClusterId(const Settings& settings);

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_LOCKSTEPD_SETTINGS_H_
