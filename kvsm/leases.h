// Leases: each ends when log time reaches its deadline, and its keys with it.
//
// Log time is what the leader's proposals say (command.h): it is the same on every node, and passes only while somebody
// leads, so that a lease is the longer the longer there was nobody to keep it alive at.
#ifndef LOCKSTEP_KVSM_LEASES_H_
#define LOCKSTEP_KVSM_LEASES_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"

namespace lockstep::kvsm {

using LeaseId = int64_t;  // 0: none.

inline constexpr int64_t kLeaseTtlMax = 9'000'000'000;  // Seconds; etcd's.

struct Lease {
  int64_t ttl_seconds = 0;
  int64_t deadline_millis = 0;
  absl::btree_set<std::string> keys;
};

class Leases {
 public:
  // Null: there is no such lease.
  const Lease* Find(LeaseId id) const;
  // Requires: there is no such lease yet.
  void Grant(LeaseId id, int64_t ttl_seconds, int64_t deadline_millis);
  // Puts its deadline off, never forward. Requires: there is such a lease, as below.
  void KeepAlive(LeaseId id, int64_t deadline_millis);
  // Its keys are the caller's to delete.
  void Remove(LeaseId id);

  void Attach(LeaseId id, std::string_view key);
  // Nothing, if the lease has gone.
  void Detach(LeaseId id, std::string_view key);

  // Those whose deadline is not after `log_millis`, by deadline, at most `leases_max` and one more.
  std::vector<LeaseId> Expired(int64_t log_millis, size_t leases_max) const;
  const absl::btree_map<LeaseId, Lease>& all() const { return leases_; }

 private:
  absl::btree_map<LeaseId, Lease> leases_;
  absl::btree_set<std::pair<int64_t, LeaseId>> by_deadline_;
};

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_LEASES_H_
