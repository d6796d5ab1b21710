// ServiceClients: what the clients of the key-value store do, as etcd's do: they put, read, delete, transact, compact,
// hold leases and keep them alive, watch over breaks, stand in line for locks and elections; and as operators do: they
// make room when there is none, add and remove members.
//
// Each client has one operation open at a time, at a server that leads or at another, and besides its watches and the
// leases that it keeps alive. It never repeats an operation: one that ends without an answer may have happened. Which
// operations a run has, and how often, is drawn as it begins. What clients are told goes to the judge (judge.h), and of
// plain keys into a history of its own (plain_history.h), judged as the run ends.
//
// Once all is healed the clients put only; then they let go of everything, and must be told of what happened: watches
// of all changes, and leases that nobody keeps alive must end.
#ifndef LOCKSTEP_SIM_SERVICES_CLIENTS_H_
#define LOCKSTEP_SIM_SERVICES_CLIENTS_H_

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/configuration.h"
#include "kvsm/api/maintenance.pb.h"
#include "kvsm/varint.h"
#include "sim/links.h"
#include "sim/observer.h"
#include "sim/server.h"
#include "sim/services/connections.h"
#include "sim/services/habits.h"
#include "sim/services/judge.h"
#include "sim/services/plain_history.h"
#include "sim/workload.h"
#include "sim/world.h"

namespace lockstep::sim {

class ServiceClients final : public Workload, public MemberPlans {
 public:
  ServiceClients(World& world, const Habits& habits, Servers& servers, Connections& connections, Judge& judge);

  void Begin() override;
  void WriteTo(ServerSet servers) override;
  void Stop() override;
  std::string Waits() const override;
  void Invoke(uint32_t client) override;
  void TakeReply(uint32_t argument) override { connections_.TakeAtClient(argument); }
  void TimeOut(uint32_t client, uint64_t timer) override;
  void ReadNow(uint32_t server) override;
  std::optional<int64_t> first_write_at() const override { return first_write_at_; }
  void Finish() override;
  Verdict verdict() const override { return verdict_; }

  bool KeepQuorum(ServerSet members) const override;

 private:
  enum class Act : uint8_t {
    kPut,
    kGet,
    kRange,
    kDelete,
    kTxn,
    kMixedTxn,
    kReadTxn,
    kCompact,
    kLeasedPut,
    kGrant,
    kRevoke,
    kTimeToLive,
    kList,
    kWatch,
    kLock,
    kCampaign,
    kLeader,
    kObserve,
    kMembers,
  };
  static constexpr size_t kActCount = static_cast<size_t>(Act::kMembers) + 1;

  // How a call ended, for who asked.
  enum class End : uint8_t {
    kOk,
    kError,    // The machine's: an answer like any other.
    kRefused,  // Certainly not done.
    kUnknown,
  };
  struct Told {
    End end = End::kUnknown;
    kvsm::Error error = kvsm::Error::kNone;
    std::string text;      // Of an error.
    std::string response;  // Of kOk.
  };
  using OnTold = std::function<void(const Told&)>;

  // A lease, kept alive over one stream or the next.
  struct Kept {
    int64_t id = 0;
    int64_t ttl_micros = 0;
    uint32_t server = 0;
    uint64_t call = 0;        // 0: none.
    std::deque<Asked> asked;  // And not answered.
    bool given_up = false;    // Nobody keeps it alive any more.
  };
  // A stream of watches.
  struct Stream {
    uint32_t client = 0;
    uint32_t server = 0;
    uint64_t call = 0;
    struct One {
      Watched watched;
      bool created = false;  // On this stream.
      bool progress = false;
    };
    std::map<int64_t, One> watches;  // By id.
    uint32_t last_server = 0;
  };
  struct Client {
    uint64_t sequence = 0;
    bool open = false;
    OperationKind kind = OperationKind::kRead;
    std::string words;  // What it does.
    int64_t invoked = 0;
    int64_t revision = 1;                         // The newest it was shown.
    std::map<std::string, std::string> believed;  // Values, by key.
    std::map<int64_t, Kept> leases;
    uint64_t observes = 0;  // The call.
    bool makes_room = false;
  };
  // A change of members that was asked for and may yet come.
  struct Plan {
    Judge::Action action = kvsm::proto::ChangeMember::ADD;
    etcdserverpb::Member member;  // Of one that is added, what was asked.
    bool leads = false;           // The member, when it was asked.
  };

  // clients.cc
  void Do(uint32_t number, Act act);
  Act DrawAct();
  void Open(uint32_t number, OperationKind kind, std::string words);
  void Close(uint32_t number, Answer answer, uint32_t server);
  // As Close, of a call that ended so.
  void Close(uint32_t number, const Told& told, uint32_t server);
  void Note(uint32_t number, Answer answer, uint32_t server);
  void Later(uint32_t client, int64_t micros, std::function<void()> what);
  // One message there, one back, within this time.
  void Call(uint32_t number, uint32_t server, const char* method, const std::string& request, int64_t patience,
            OnTold done);
  Told ToldBy(const runtime::RpcStatus& status, std::string response) const;
  uint32_t ChooseServer();
  uint32_t AnyServer();
  std::string NewValue();
  std::string PlainKey();
  std::string MixedKey();
  int64_t ThinkTime() { return world_.choices.Between(0, world_.scenario.think_time_max_micros); }
  int64_t Patience() const { return world_.scenario.request_timeout_micros; }
  void Saw(uint32_t number, int64_t revision);
  // The request's bytes, which no other request has: at their end they have a field that no server knows.
  template <typename Request>
  std::string Marked(const Request& request) {
    std::string bytes = request.SerializeAsString();
    constexpr uint64_t kMarkField = 2047;
    kvsm::AppendVarint(bytes, kMarkField << 3);
    kvsm::AppendVarint(bytes, ++last_mark_);
    return bytes;
  }

  // client_keys.cc
  void Put(uint32_t number, bool leased);
  // A put or a transaction that was not told to have been done.
  void NotWritten(uint32_t number, const Asked& asked, kvsm::CommandKind kind, const Told& told, bool plain);
  void Get(uint32_t number, uint32_t server, bool range);
  void Delete(uint32_t number);
  void SendDelete(uint32_t number, uint32_t server, const etcdserverpb::DeleteRangeRequest& request, OnTold then);
  void Txn(uint32_t number);
  void MixedTxn(uint32_t number);
  void ReadTxn(uint32_t number);
  void Compact(uint32_t number);
  void SendTxn(uint32_t number, const etcdserverpb::TxnRequest& request, bool plain);
  void Believe(uint32_t number, const etcdserverpb::RangeResponse& response);

  // client_leases.cc
  void Grant(uint32_t number);
  void Revoke(uint32_t number);
  void TimeToLive(uint32_t number);
  void List(uint32_t number);
  int64_t AnyLease(uint32_t number);
  void KeepAlive(uint32_t number, int64_t lease);
  void OpenKeeper(uint32_t number, Kept& kept);

  // client_watches.cc
  void WatchOrCancel(uint32_t number);
  void OpenStream(Stream& stream);
  void CloseStream(Stream& stream);
  void Create(Stream& stream, int64_t id);
  void TakeFromStream(Stream& stream, const std::string& message);
  void KeepMoving(uint32_t number);
  void MoveStream(uint32_t number);
  bool IsUpToDate(const Stream& stream) const;

  // client_lines.cc
  void Lock(uint32_t number);
  void Unlock(uint32_t number, const std::string& key);
  void Campaign(uint32_t number);
  void Lead(uint32_t number, const std::string& name, const Held& held, int turns);
  void Leader(uint32_t number);
  void Observe(uint32_t number);

  // client_space.cc
  void MakeRoom(uint32_t number);
  void CompactAll(uint32_t number, uint32_t server);
  void EndAlarms(uint32_t number, uint32_t server);
  void EndAlarm(uint32_t number, uint32_t server, std::deque<etcdserverpb::AlarmMember> alarms);

  // client_members.cc
  void ChangeMembers(uint32_t number);
  void ListMembers(uint32_t number);
  void AddMember(uint32_t number);
  void RemoveMember(uint32_t number);
  void PromoteMember(uint32_t number);
  void UpdateMember(uint32_t number);
  // Whether it may be asked for; then it is planned.
  bool Planned(Plan plan);
  bool MayCome(const Plan& plan) const;
  template <typename Response, typename Request>
  void SendChange(uint32_t number, const char* method, const Request& request, const Plan& plan,
                  const std::string& name);
  std::optional<Configuration> InUse() const;
  std::string MembersWait() const;
  // Leases end while somebody leads for some time. A server that was removed, and does not know it, may unseat every
  // leader soon where PreVote and CheckQuorum do not keep it from that.
  bool LeadersLast() const;

  World& world_;
  const Habits habits_;
  Servers& servers_;
  Connections& connections_;
  Judge& judge_;
  PlainHistory plain_;
  std::vector<Client> clients_;
  std::vector<std::unique_ptr<Stream>> streams_;  // One of each client.
  std::array<uint32_t, kActCount> weights_{};

  struct Calling {
    uint64_t call = 0;
    std::string response;
    OnTold done;
  };
  std::map<uint64_t, Calling> calling_;
  uint64_t last_calling_ = 0;
  std::map<uint64_t, std::function<void()>> timers_;
  uint64_t last_timer_ = 0;
  uint64_t next_value_ = 1;
  uint64_t last_mark_ = 0;
  uint64_t last_url_ = 0;
  bool wants_room_ = false;  // A write was refused for want of it.
  bool room_made_ = false;   // And nothing was written since.
  std::vector<Plan> plans_;
  int64_t next_lease_ = 1;
  uint32_t open_ = 0;
  bool stopped_ = false;
  ServerSet write_to_ = 0;  // 0: no such wish.
  int64_t write_to_since_ = 0;
  std::optional<int64_t> first_write_at_;
  Verdict verdict_ = Verdict::kLinearizable;
};

// ---- Shared by the files of this class.

template <typename Message>
Message ReadMessage(std::string_view bytes) {
  Message message;
  message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  return message;
}

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SERVICES_CLIENTS_H_
