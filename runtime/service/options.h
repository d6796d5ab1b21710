// What the services are told about themselves: names, limits, patience.
#ifndef LOCKSTEP_RUNTIME_SERVICE_OPTIONS_H_
#define LOCKSTEP_RUNTIME_SERVICE_OPTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/types.h"

namespace lockstep::runtime {

struct ServiceOptions {
  uint64_t cluster_id = 0;
  NodeId self;
  // What the cluster shall know of this member; without a name it is told nothing.
  std::string name;
  std::vector<std::string> client_urls;
  // Of a cluster that is new: the first leader writes them down.
  struct Founder {
    NodeId node;
    std::string name;
    std::vector<std::string> peer_urls;
  };
  std::vector<Founder> founders;
  std::string version = "3.5.21";  // What clients decide by what they may ask for.

  uint32_t txn_operations_max = 128;
  uint64_t request_bytes_max = 3 << 19;       // 1.5 MiB, as etcd.
  uint64_t watch_overhead_bytes = 512 << 10;  // By so much more a fragment of a watch's response may have.
  int64_t quota_bytes = int64_t{2} << 30;     // Of keys and values; 0 and below: none.

  int64_t lease_ttl_min_seconds = 2;  // Not less than one and a half election timeouts.
  int64_t request_timeout_micros = 7'000'000;
  int64_t election_timeout_micros = 1'000'000;  // A call that needs a leader ends after three without one.

  int64_t progress_notify_micros = 600'000'000;
  uint64_t watch_unsent_bytes_max = 4 << 20;  // A client that has so much before it gets no more until it takes some.
  uint64_t watch_slice_bytes_max = 1 << 20;   // Of the past, read at a time for those that are behind.
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_SERVICE_OPTIONS_H_
