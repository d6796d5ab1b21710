// Model: the key-value machine written naively: a list of everything that ever changed, and maps for the rest.
//
// It takes the machine's commands and gives the machine's replies. Nothing here is shared with the machine but the
// messages and the form of commands and replies: it is the oracle of the machine's tests. Every question walks the
// whole list; only small states are for it.
#ifndef LOCKSTEP_KVSM_MODEL_MODEL_H_
#define LOCKSTEP_KVSM_MODEL_MODEL_H_

#include <cstdint>
#include <list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kvsm/api/kv.pb.h"
#include "kvsm/api/lease.pb.h"
#include "kvsm/api/maintenance.pb.h"
#include "kvsm/command.h"
#include "kvsm/command.pb.h"

namespace lockstep::kvsm::model {

// A key's version, or its deletion (version 0).
struct Change {
  std::string key;
  std::string value;
  int64_t create = 0;
  int64_t mod = 0;
  int64_t version = 0;
  int64_t lease = 0;
  int64_t sub = 0;

  friend bool operator==(const Change&, const Change&) = default;
};

struct Lease {
  int64_t ttl = 0;
  int64_t deadline = 0;
};

class Model {
 public:
  // The reply to a command, as the machine's.
  std::string Apply(std::string_view command);
  Error Range(const etcdserverpb::RangeRequest& request, etcdserverpb::RangeResponse& response) const;

  // All that is there after revision `at`.
  std::map<std::string, Change> StateAt(int64_t at) const;
  // What is kept, in the order in which it happened.
  const std::list<Change>& changes() const { return changes_; }
  int64_t revision() const { return revision_; }
  int64_t compact_revision() const { return compacted_; }
  int64_t log_millis() const { return millis_; }
  const std::map<int64_t, Lease>& leases() const { return leases_; }

 private:
  using Keys = std::map<std::string, Change>;

  Error Run(const Command& command, std::string& body);
  Error PutOne(const etcdserverpb::PutRequest& request, etcdserverpb::PutResponse& response, const Keys& before);
  int64_t Delete(const std::string& key, const std::string& end, std::vector<Change>* deleted);
  bool Compares(const etcdserverpb::TxnRequest& request, const Keys& before) const;
  Error CheckTxn(const etcdserverpb::TxnRequest& request, const Keys& before, bool puts) const;
  void RunTxn(const etcdserverpb::TxnRequest& request, const Keys& before, etcdserverpb::TxnResponse& response);
  Error Compact(int64_t revision);
  void EndLease(int64_t id);
  Error Grant(const etcdserverpb::LeaseGrantRequest& request, std::string& body);
  std::string Expire();
  std::string Alarm(const etcdserverpb::AlarmRequest& request);
  Error ChangeMember(const proto::ChangeMember& request, proto::ChangeMemberReply& reply);
  bool Alarmed(int type) const;
  // Within a write: the revision it will have, or the last one as long as it has changed nothing.
  int64_t Now() const;

  std::list<Change> changes_;
  int64_t revision_ = 1;
  int64_t compacted_ = -1;
  int64_t millis_ = 0;
  uint64_t granted_ = 0;
  std::map<int64_t, Lease> leases_;
  std::set<std::pair<uint64_t, int>> alarms_;
  std::map<uint64_t, etcdserverpb::Member> members_;
  uint32_t last_number_ = 0;
};

}  // namespace lockstep::kvsm::model

#endif  // LOCKSTEP_KVSM_MODEL_MODEL_H_
