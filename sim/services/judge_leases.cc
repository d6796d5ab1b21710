// What clients are told of leases.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sim/services/judge.h"

namespace lockstep::sim {

using kvsm::CommandKind;

// Leaders' clocks count the time: they may run fast.
void Judge::Promise(const Asked& asked, int64_t lease, int64_t ttl_seconds) {
  const int64_t ttl_micros = ttl_seconds * 1'000'000;
  const int64_t fast = ttl_micros * world_.scenario.clock_drift_ppm_max / 1'000'000;
  constexpr int64_t kRoundedMicros = 2'000;
  const int64_t until = asked.at + ttl_micros - fast - kRoundedMicros;
  Promised& promised = promises_[lease];
  if (until > promised.until) promised = {until, asked.term};
  CheckNotEarly(lease);
}

void Judge::CheckNotEarly(int64_t lease) {
  const Ledger::LeaseLife* const life = ledger_.FindLease(lease);
  const auto promise = promises_.find(lease);
  if (life == nullptr || life->expired_at == 0 || promise == promises_.end()) return;
  // The clock of each leader may jump to and fro once, within its error.
  const auto leaders = static_cast<int64_t>(ledger_.at(life->ended).term - promise->second.term + 1);
  const int64_t until = promise->second.until - leaders * 2 * world_.scenario.clock_error_max_micros;
  if (life->expired_at >= until) return;
  Fail("LeaseNotEarlyProp",
       absl::StrCat("lease ", lease, " of ", life->ttl_seconds, " s ended at ", life->expired_at / 1000,
                    " ms; its client was told that it would be there until ", until / 1000, " ms"));
}

void Judge::Granted(const Asked& asked, const etcdserverpb::LeaseGrantResponse& response) {
  Reached(ServiceGoal::kGranted);
  Wrote(asked, CommandKind::kLeaseGrant, response);
  Promise(asked, response.id(), response.ttl());
}

void Judge::KeptAlive(const Asked& asked, const etcdserverpb::LeaseKeepAliveResponse& response) {
  const Ledger::LeaseLife* const life = ledger_.FindLease(response.id());
  if (response.ttl() == 0) {
    Reached(ServiceGoal::kKeptAliveTooLate);
    if (life != nullptr && life->ended == 0) {
      Fail("LeaseProp", absl::StrCat("lease ", response.id(), " was told to be gone, and is there"));
    }
    return;
  }
  Reached(ServiceGoal::kKeptAlive);
  if (life == nullptr || life->ttl_seconds != response.ttl() || (life->ended != 0 && life->ended <= asked.told)) {
    return Fail("LeaseProp", absl::StrCat("lease ", response.id(), " was kept alive for ", response.ttl(),
                                          " s when it was not there, or not for so long"));
  }
  Promise(asked, response.id(), response.ttl());
  if (ledger_.size() == 0) return;
  const Term term = ledger_.at(ledger_.size()).term;
  Term& kept = kept_in_[response.id()];
  if (kept != 0 && kept != term) Reached(ServiceGoal::kLeaseOutlivedLeader);
  kept = term;
}

void Judge::TimeToLive(const Asked& asked, const etcdserverpb::LeaseTimeToLiveResponse& response) {
  Reached(ServiceGoal::kTimeToLive);
  const int64_t revision = response.header().revision();
  if (!Place(asked, revision, "a lease's time to live")) return;
  const size_t first = std::max(asked.told, ledger_.FirstAt(revision)), last = ledger_.LastAt(revision);
  const Ledger::LeaseLife* const life = ledger_.FindLease(response.id());
  if (response.ttl() == -1) {
    const bool always = life != nullptr && life->granted <= first && (life->ended == 0 || life->ended > last);
    if (always) Fail("LeaseProp", absl::StrCat("lease ", response.id(), " was told not to be there, and is"));
    return;
  }
  if (life == nullptr || life->granted > last || (life->ended != 0 && life->ended <= first)) {
    return Fail("LeaseProp", absl::StrCat("lease ", response.id(), " was told to be there, and is not"));
  }
  if (response.grantedttl() != life->ttl_seconds || response.ttl() > life->ttl_seconds) {
    return Fail("LeaseProp", absl::StrCat("lease ", response.id(), " of ", life->ttl_seconds, " s was told to have ",
                                          response.ttl(), " of ", response.grantedttl()));
  }
  std::vector<std::string> keys;
  for (const auto& [key, change] : ledger_.StateAt(revision)) {
    if (change.lease == response.id()) keys.push_back(key);
  }
  if (!std::equal(keys.begin(), keys.end(), response.keys().begin(), response.keys().end())) {
    Fail("LeaseProp", absl::StrCat("lease ", response.id(), " at revision ", revision, " has ", keys.size(),
                                   " keys; told were: ", response.ShortDebugString()));
  }
}

void Judge::Listed(const Asked& asked, const etcdserverpb::LeaseLeasesResponse& response) {
  const int64_t revision = response.header().revision();
  if (!Place(asked, revision, "a list of leases")) return;
  const size_t first = std::max(asked.told, ledger_.FirstAt(revision)), last = ledger_.LastAt(revision);
  std::set<int64_t> listed;
  for (const auto& status : response.leases()) listed.insert(status.id());
  // What was there all the time must be listed, what never was may not.
  for (const auto& [id, life] : ledger_.leases()) {
    const bool always = life.granted <= first && (life.ended == 0 || life.ended > last);
    const bool never = life.granted > last || (life.ended != 0 && life.ended <= first);
    if (always ? !listed.contains(id) : never && listed.contains(id)) {
      return Fail("LeaseProp", absl::StrCat("the list at revision ", revision, always ? " lacks" : " has", " lease ",
                                            id, ", granted at position ", life.granted, ", ended at ", life.ended));
    }
    listed.erase(id);
  }
  if (!listed.empty()) Fail("LeaseProp", absl::StrCat("lease ", *listed.begin(), " was listed and never granted"));
}

int64_t Judge::Lingering() const {
  // Those that a lock makes for itself last for a minute.
  constexpr int64_t kLongSeconds = 10;
  for (const auto& [id, life] : ledger_.leases()) {
    if (life.ended == 0 && life.ttl_seconds < kLongSeconds) return id;
  }
  return 0;
}

}  // namespace lockstep::sim
