// Connections between clients and servers, and the calls on them, as gRPC over TCP has them.
//
//     client --- packets, in order ---> the process that runs on the server
//            <-- packets, in order ---
//
// A client has at most one connection to each server; many calls share it. What is said on it arrives in order, after
// delays, or the connection breaks: then nothing more arrives, and each side is told so, soon or late. A process that
// ends takes its connections with it; a packet that finds another process than the one before is answered with a reset.
// Left to others: what calls mean; the server's end of them (service_replica.h).
#ifndef LOCKSTEP_SIM_SERVICES_CONNECTIONS_H_
#define LOCKSTEP_SIM_SERVICES_CONNECTIONS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/rpc/rpc.h"
#include "sim/services/goals.h"
#include "sim/world.h"

namespace lockstep::sim {

struct Packet {
  enum class Kind : uint8_t {
    kBegin,    // To the server: `text` is the method.
    kMessage,  // Both ways.
    kCancel,   // To the server.
    kTaken,    // To the server: one more message has been taken.
    kEnd,      // To the client: `text` and `code`.
    kReset,    // The connection is no more. In no order with the others.
  };
  uint64_t connection = 0;
  uint64_t sequence = 0;
  Kind kind = Kind::kMessage;
  uint64_t call = 0;
  std::string text;
  runtime::RpcCode code = runtime::RpcCode::kOk;
  bool wants_leader = false;  // kBegin.
};

class Connections {
 public:
  explicit Connections(World& world) : world_(world) {}

  // ---- The clients' end.
  struct Hooks {
    std::function<void(const std::string& message)> message;
    std::function<void(const runtime::RpcStatus&)> end;  // Once, and last.
  };
  uint64_t Begin(uint32_t client, uint32_t server, std::string method, bool wants_leader, Hooks hooks);
  void Write(uint64_t call, std::string message);
  // The client does not want it any more: nothing of it comes to the hooks.
  void Cancel(uint64_t call);
  // A client that takes nothing for a while leaves what comes where it is.
  void SetTaking(uint64_t call, bool takes);
  // The client gives up its connection to `server`: its calls end.
  void Close(uint32_t client, uint32_t server);
  // A packet of this number has arrived.
  void TakeAtClient(uint64_t number);

  // ---- The servers' end.
  // What can be heard now that the packet has arrived at the process `life` of its server; a kReset comes alone.
  std::vector<Packet> TakeAtServer(uint64_t number, uint32_t life);
  // It found no process.
  void Refuse(uint64_t number);
  void Say(uint64_t connection, Packet packet);
  // The process that runs on `server` is no more.
  void EndProcess(uint32_t server);

  size_t open_calls() const { return calls_.size(); }

 private:
  struct Connection {
    uint64_t id = 0;
    uint32_t client = 0;
    uint32_t server = 0;
    uint32_t life = 0;       // Of the process that it was made to; 0: nothing has arrived yet.
    bool broken = false;     // What is said on it from now on is lost.
    uint64_t said[2] = {};   // Packets to the server, to the client.
    uint64_t heard[2] = {};  // The same.
    std::map<uint64_t, Packet> early[2];
    std::set<uint64_t> calls;  // The client's.
  };
  struct Call {
    uint64_t connection = 0;
    Hooks hooks;
    bool takes = true;
    std::vector<Packet> waiting;  // Of one that takes nothing.
  };
  static constexpr size_t kToServer = 0, kToClient = 1;

  void Post(Connection& connection, size_t way, Packet packet);
  void Schedule(const Connection& connection, size_t way, Packet packet, int64_t delay);
  int64_t Delay();
  // When one side of a broken connection notices.
  int64_t NoticeDelay(const Connection& connection);
  void Break(Connection& connection);
  void TellClient(const Connection& connection, int64_t delay);
  void Forget(uint64_t connection, const char* why);
  void HandleAtClient(Packet packet);

  World& world_;
  uint64_t last_connection_ = 0;
  uint64_t last_call_ = 0;
  uint64_t last_packet_ = 0;
  std::map<uint64_t, Packet> under_way_;  // By the number in their event.
  std::map<uint64_t, Connection> connections_;
  std::map<std::pair<uint32_t, uint32_t>, uint64_t> current_;  // By client and server.
  std::map<uint64_t, Call> calls_;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_SERVICES_CONNECTIONS_H_
