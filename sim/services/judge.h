// Judge: whether what clients of the services were told can be true, checked at each answer, with the log as witness.
//
// Every answer shows the revision of the state that gave it; the ledger says at which positions of the log the state
// had that revision. So an answer is placed at the earliest position that it may have, and must lie behind all that was
// answered before it was asked (real time). Writes are found in the log, each answer its own command.
//
// Properties, by the names with which they fail:
//   ModelAgreesProp            a node's reply is the model's, on every node
//   LogOrderProp               an answer is explained by a position in the log, in real time
//   AtMostOnceProp             a command was carried out once at most, and not at all if it was refused
//   LimitProp                  nothing is refused for its size, or for want of space, that is within the limits
//   SerializableProp           a serializable read gives one state, and on one member none before the last one read
//   Watch{Ordered,Unique,Atomic,Reliable,Resumable,Progress}Prop
//   LeaseNotEarlyProp          a lease does not end before the time it was last granted is over
//   LeaseProp                  what is said of leases is what the log says
//   LockExclusionInv           no position of the log has two holders of one lock
//   MembersProp                what is said of members is what the log says, and what is told to be done is in use
// Left to others: the same history without the log's order (plain_history.h); that things happen at all (clients.h).
#ifndef LOCKSTEP_SIM_SERVICES_JUDGE_H_
#define LOCKSTEP_SIM_SERVICES_JUDGE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/configuration.h"
#include "kvsm/api/cluster.pb.h"
#include "kvsm/api/election.pb.h"
#include "kvsm/api/kv.pb.h"
#include "kvsm/api/lease.pb.h"
#include "kvsm/api/watch.pb.h"
#include "kvsm/command.pb.h"
#include "runtime/machine/state_machine.h"
#include "sim/links.h"
#include "sim/services/goals.h"
#include "sim/services/ledger.h"
#include "sim/world.h"

namespace lockstep::sim {

// What was asked, when.
struct Asked {
  int64_t at = 0;   // True time.
  size_t told = 0;  // What was answered before lies at this position or before.
  uint32_t server = 0;
  int64_t shown = 0;  // The newest revision that reads at this server had shown.
  std::string request;
  Term term = 0;  // Of the last command in the log.
};

// A watch as its client has it, over all the streams on which it was begun again.
struct Watched {
  std::string key;
  std::string range_end;
  bool puts = true;
  bool deletions = true;
  bool prev_kv = false;
  bool fragments = false;  // Its client wants large responses in parts.
  int64_t next = 0;        // The first revision it has not been told of; 0: not known yet.
  bool resumed = false;    // Nothing has come since it was begun again.
  std::vector<mvccpb::Event> parts;
};

// Who was told that it is first in a line.
struct Held {
  std::string key;
  int64_t created = 0;
  int64_t since = 0;  // The revision at which it was so.
  int64_t lease = 0;
  uint32_t client = 0;
};

class Judge {
 public:
  // `quota_bytes`: of the servers; 0: none.
  explicit Judge(World& world, int64_t quota_bytes = 0) : world_(world), quota_bytes_(quota_bytes) {
    world.counters.service.resize(kServiceGoalCount);
  }

  // A node has applied this.
  void OnApplied(NodeId node, const runtime::Command& command, std::string_view reply);

  const Ledger& ledger() const { return ledger_; }
  void Reached(ServiceGoal goal) { ++world_.counters.service[static_cast<size_t>(goal)]; }
  // `own`: no other request has these bytes, so that the command is recognised in the log.
  Asked Ask(uint32_t server, std::string request, bool own = false);

  // ---- Keys. Each judges an answer; `response` is as it came.
  // A write whose request is the command; `Response` is its kind.
  template <typename Response>
  void Wrote(const Asked& asked, kvsm::CommandKind kind, Response response);
  void Read(const Asked& asked, const etcdserverpb::RangeRequest& request, etcdserverpb::RangeResponse response);
  void ReadByTxn(const Asked& asked, const etcdserverpb::TxnRequest& request, etcdserverpb::TxnResponse response,
                 bool serializable);
  // A write, a read was answered with one of the machine's errors.
  void WriteFailed(const Asked& asked, kvsm::CommandKind kind, kvsm::Error error);
  void ReadFailed(const Asked& asked, const etcdserverpb::RangeRequest& request, kvsm::Error error);
  // A write was refused: there is no room, by the server's count or by an alarm in the log; it is larger than this.
  void NoRoom(const Asked& asked, kvsm::CommandKind kind);
  void TooLarge(const Asked& asked, uint64_t bytes_max);
  // A request of its own certainly was not done; may have been done.
  void Refused(const Asked& asked);
  void Unknown(const Asked& asked);

  // ---- Leases.
  void Granted(const Asked& asked, const etcdserverpb::LeaseGrantResponse& response);
  void KeptAlive(const Asked& asked, const etcdserverpb::LeaseKeepAliveResponse& response);
  void TimeToLive(const Asked& asked, const etcdserverpb::LeaseTimeToLiveResponse& response);
  void Listed(const Asked& asked, const etcdserverpb::LeaseLeasesResponse& response);
  // A lease that is there, and will not be for long if nobody keeps it alive; 0: none.
  int64_t Lingering() const;

  // ---- Watches.
  void WatchBegun(Watched& watch, int64_t revision) const;
  void WatchTold(Watched& watch, const etcdserverpb::WatchResponse& response);
  // All that it watches and has not been told up to `revision` ...
  void WatchProgress(Watched& watch, int64_t revision);
  void WatchCompacted(Watched& watch, int64_t compact_revision);
  // ... or up to now.
  bool IsUpToDate(const Watched& watch) const;

  // ---- Lines.
  // The first below `name` at the revision shown. Returns it, with `created`.
  Held Won(const Asked& asked, const std::string& name, const std::string& key, int64_t revision, uint32_t client);
  void FoundLeader(const Asked& asked, const std::string& name, const etcdserverpb::ResponseHeader& header,
                   const mvccpb::KeyValue& leader);
  // A stream of leaders has come to this one; `from` is the revision that explains what was last told.
  void ObservedLeader(const std::string& name, const mvccpb::KeyValue& leader, int64_t& from);
  void Proclaimed(const Asked& asked, const Held& held, const std::string& value, int64_t revision);

  // ---- Members. Changes are recognised by what they name: one that adds by its URL, which is the request asked.
  using Action = kvsm::proto::ChangeMember::Action;
  using ToldMembers = google::protobuf::RepeatedPtrField<etcdserverpb::Member>;
  // A change was carried out, of this member as far as its client could say; `in_use`: the configuration that is
  // committed, if it is known.
  void MemberChanged(const Asked& asked, Action action, const etcdserverpb::Member& member, const ToldMembers& told,
                     const std::optional<Configuration>& in_use);
  // It certainly was not.
  void MemberRefused(const Asked& asked, Action action, uint64_t member, kvsm::Error error);
  void MembersListed(const Asked& asked, const ToldMembers& told, bool linearizable);

 private:
  void Fail(const char* property, std::string evidence, NodeId node = kNoNode);
  // The answer was given at `revision`, freshly: places it. False: it cannot have been.
  bool Place(const Asked& asked, int64_t revision, const char* what);
  // Finds the command of an answer, which nobody else has been told of.
  Ledger::Entry* Claim(const Asked& asked, kvsm::CommandKind kind, const std::function<bool(const Ledger::Entry&)>& is);
  void Promise(const Asked& asked, int64_t lease, int64_t ttl_seconds);
  void CheckNotEarly(int64_t lease);
  void Show(uint32_t server, int64_t revision);
  bool Wants(const Watched& watch, const Ledger::Change& change) const;
  std::optional<size_t> NextFor(const Watched& watch, size_t from) const;
  bool IsEvent(const Watched& watch, const Ledger::Change& change, const mvccpb::Event& event) const;
  // The command of an entry as its client asked for it.
  static std::string NameOf(const Ledger::Entry& entry);
  void CheckInUse(Action action, uint64_t member, const Configuration& in_use);

  World& world_;
  const int64_t quota_bytes_;
  Ledger ledger_;
  size_t told_ = 0;                               // Everything answered lies at this position or before.
  std::array<int64_t, kServersMax + 1> shown_{};  // By server, to reads.
  enum class Fate : uint8_t { kOpen, kRefused, kUnknown, kDone };
  std::map<std::string, Fate, std::less<>> own_;  // Requests of their own.
  // Until when a lease will be there, in true time, by clocks that do not jump.
  struct Promised {
    int64_t until = 0;
    Term term = 0;  // In which it was asked for.
  };
  std::map<int64_t, Promised> promises_;
  std::map<int64_t, Term> kept_in_;
  std::map<std::string, std::vector<Held>> held_;  // By line.
};

// ---- A template's code.

template <typename Response>
void Judge::Wrote(const Asked& asked, kvsm::CommandKind kind, Response response) {
  const int64_t revision = response.header().revision();
  response.clear_header();
  const std::string told = response.SerializeAsString();
  const Ledger::Entry* const entry = Claim(asked, kind, [&](const Ledger::Entry& candidate) {
    if (candidate.error != kvsm::Error::kNone || candidate.revision != revision) return false;
    if (kind != kvsm::CommandKind::kLeaseGrant && candidate.body != asked.request) return false;
    const std::string_view body = kvsm::DecodeReply(candidate.reply)->body;
    Response expected;
    expected.ParseFromArray(body.data(), static_cast<int>(body.size()));
    return expected.SerializeAsString() == told;
  });
  if (entry == nullptr) {
    Fail("LogOrderProp", "a write was answered at revision " + std::to_string(revision) +
                             ", and no such command with that reply lies in the log behind what was answered before (" +
                             std::to_string(asked.told) + " of " + std::to_string(ledger_.size()) +
                             "): " + response.ShortDebugString());
  }
}

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SERVICES_JUDGE_H_
