// Machine: the replicated key-value store: commands in, replies out, and what may be asked of the state in between.
//
//     commands --> Apply --> store (keys), leases, alarms, members --> replies, changes by revision
//
// Pure and total: no clock, no chance, no I/O, and whatever bytes come as a command have one meaning. The same commands
// give the same replies and the same snapshot, byte by byte, on every node. Who may ask what, and what a request must
// look like, is checked before it becomes a command; a command that slipped through does no harm but to its keys.
#ifndef LOCKSTEP_KVSM_MACHINE_H_
#define LOCKSTEP_KVSM_MACHINE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "kvsm/api/kv.pb.h"
#include "kvsm/api/lease.pb.h"
#include "kvsm/api/maintenance.pb.h"
#include "kvsm/command.h"
#include "kvsm/command.pb.h"
#include "kvsm/engine.h"
#include "kvsm/leases.h"
#include "kvsm/members.h"
#include "kvsm/store.h"

namespace lockstep::kvsm {

// At most so many leases end by one command, and so many versions are forgotten after it.
inline constexpr size_t kExpiredMax = 1000;
inline constexpr size_t kCollectedPerCommand = 4;

class Machine {
 public:
  explicit Machine(std::unique_ptr<Engine> engine);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // Appends the reply to `reply`, as command.h says.
  void Apply(std::string_view command, std::string& reply);

  // ---- Questions. Each sets its response but for the header.
  Error Range(const etcdserverpb::RangeRequest& request, etcdserverpb::RangeResponse& response) const;
  // Requires: IsReadOnly(request).
  Error ReadTxn(const etcdserverpb::TxnRequest& request, etcdserverpb::TxnResponse& response) const;

  Revision revision() const { return store_.revision(); }
  Revision compact_revision() const { return store_.compact_revision(); }
  // Changes in the order in which they happened, of all revisions from compact_revision() on. What they refer to lasts
  // until the next Apply.
  void ScanChanges(ChangePosition first, Revision last, Engine::Visitor visitor) const {
    store_.engine().ScanChanges(first, last, visitor);
  }
  // What the key was at a revision that is not compacted.
  bool Find(std::string_view key, Revision at, VersionView& found) const {
    return store_.engine().Find(key, at, found);
  }

  // Null: there is none.
  const Lease* FindLease(LeaseId id) const { return leases_.Find(id); }
  const Leases& leases() const { return leases_; }
  int64_t log_millis() const { return log_millis_; }
  // Whether a kExpireLeases at this time would end one.
  bool HasExpired(int64_t log_millis) const { return !leases_.Expired(log_millis, 1).empty(); }

  using Alarms = std::set<std::pair<uint64_t, etcdserverpb::AlarmType>>;  // By member.
  const Alarms& alarms() const { return alarms_; }
  bool HasAlarm(etcdserverpb::AlarmType type) const;
  const Members& members() const { return members_; }

  // Of all keys, versions included that are not compacted; the same on every node.
  int64_t bytes() const { return store_.engine().bytes(); }
  int64_t key_count() const { return store_.engine().key_count(); }

  // Forgets what is compacted, some versions at a time. False: there is nothing to do. Changes no state.
  bool Collect(size_t versions_max) { return store_.engine().Collect(versions_max); }

 private:
  friend class Image;
  friend class ImageReader;
  friend class VersionReader;

  Error Run(const Command& command, std::string& reply);
  Error RunPut(const Command& command, std::string& reply);
  Error RunDeleteRange(const Command& command, std::string& reply);
  Error RunTxn(const Command& command, std::string& reply);
  Error RunCompact(const Command& command);
  Error RunLeaseGrant(const Command& command, std::string& reply);
  Error RunLeaseRevoke(const Command& command);
  Error RunKeepAlive(const Command& command, std::string& reply);
  Error RunExpireLeases(std::string& reply);
  Error RunAlarm(const Command& command, std::string& reply);
  Error RunChangeMember(const Command& command, std::string& reply);
  LeaseId ChooseLease();
  void EndLease(LeaseId id);

  Leases leases_;
  Store store_;
  int64_t log_millis_ = 0;
  uint64_t leases_granted_ = 0;  // For which the machine chose the id.
  Alarms alarms_;
  Members members_;

  etcdserverpb::PutRequest put_;  // Kept for its space.
};

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_MACHINE_H_
