#include "kvsm/leases.h"

#include "core/check.h"

namespace lockstep::kvsm {

const Lease* Leases::Find(LeaseId id) const {
  const auto at = leases_.find(id);
  return at == leases_.end() ? nullptr : &at->second;
}

void Leases::Grant(LeaseId id, int64_t ttl_seconds, int64_t deadline_millis) {
  const bool is_new = leases_.try_emplace(id, Lease{ttl_seconds, deadline_millis, {}}).second;
  LOCKSTEP_CHECK(is_new);
  by_deadline_.emplace(deadline_millis, id);
}

void Leases::KeepAlive(LeaseId id, int64_t deadline_millis) {
  const auto at = leases_.find(id);
  LOCKSTEP_CHECK(at != leases_.end());
  Lease& lease = at->second;
  if (deadline_millis <= lease.deadline_millis) return;
  by_deadline_.erase({lease.deadline_millis, id});
  lease.deadline_millis = deadline_millis;
  by_deadline_.emplace(deadline_millis, id);
}

void Leases::Remove(LeaseId id) {
  const auto at = leases_.find(id);
  LOCKSTEP_CHECK(at != leases_.end());
  by_deadline_.erase({at->second.deadline_millis, id});
  leases_.erase(at);
}

void Leases::Attach(LeaseId id, std::string_view key) {
  const auto at = leases_.find(id);
  LOCKSTEP_CHECK(at != leases_.end());
  at->second.keys.emplace(key);
}

void Leases::Detach(LeaseId id, std::string_view key) {
  const auto at = leases_.find(id);
  if (at == leases_.end()) return;
  const auto held = at->second.keys.find(std::string(key));
  if (held != at->second.keys.end()) at->second.keys.erase(held);
}

std::vector<LeaseId> Leases::Expired(int64_t log_millis, size_t leases_max) const {
  std::vector<LeaseId> expired;
  for (const auto& [deadline, id] : by_deadline_) {
    if (deadline > log_millis || expired.size() > leases_max) break;
    expired.push_back(id);
  }
  return expired;
}

}  // namespace lockstep::kvsm
