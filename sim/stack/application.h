// Application: what the servers of a run replicate, and what clients' operations are to it, as bytes.
//
// A node knows only this: bytes to propose, queries to look up, replies to understand. MapApplication is the smallest
// one: a map of registers under client sessions. An application may bring clients of its own, who say what they say by
// kCall events, and a server of theirs on each node (sim/services).
#ifndef LOCKSTEP_SIM_STACK_APPLICATION_H_
#define LOCKSTEP_SIM_STACK_APPLICATION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.h"
#include "runtime/machine/state_machine.h"
#include "sim/command.h"
#include "sim/observer.h"

namespace lockstep::runtime {
class Driver;
class Peers;
}  // namespace lockstep::runtime

namespace lockstep::sim {

class Servers;
class Workload;

// What a replica is made with: its node's, of one life.
struct ReplicaHost {
  NodeId node;
  uint32_t life = 0;
  runtime::Clock& clock;
  runtime::Scheduler& scheduler;
  std::function<bool()> ended;  // Nothing it does reaches anybody any more.
};

// One node's copy, of one life.
class Replica {
 public:
  virtual ~Replica() = default;
  virtual runtime::StateMachine& machine() = 0;
  // The operation that this command, applied just now, has carried out; 0: none (a repetition, a session's begin), or
  // none that the run has a number for.
  virtual uint64_t Executed(const runtime::Command& command, std::string_view reply) = 0;

  // The node's driver and connections, which last until Detach.
  virtual void Attach(runtime::Driver& /*driver*/, runtime::Peers& /*peers*/) {}
  virtual void Detach() {}
  // Within the driver's turn.
  virtual void OnRoleChanged() {}
  // What a kCall event brings.
  virtual void Receive(uint64_t /*argument*/) {}
  // What was under way has ended, and the process lives: what it has said leaves.
  virtual void Flush() {}
};

// How the operations of client.h's clients are said, and what they are answered.
class OperationCodec {
 public:
  virtual ~OperationCodec() = default;

  // A client's session, to be proposed before its first command.
  virtual std::string EncodeOpenSession(int64_t wall_millis) = 0;
  virtual std::string EncodeCommand(Payload payload, uint64_t session, int64_t wall_millis) = 0;
  virtual std::string EncodeQuery(uint32_t key) = 0;

  // What a reply means: an answer, and its result as a client knows it (observer.h, ClientEvent). Of a session's begin
  // the result is the session.
  struct Meaning {
    Answer answer = Answer::kUnknown;
    uint64_t result = 0;
    bool session_lost = false;
  };
  virtual Meaning DecodeOpenSession(std::string_view reply) = 0;
  virtual Meaning DecodeReply(Payload payload, std::string_view reply) = 0;
  // `found`: false if there is no such key.
  virtual uint64_t DecodeLookup(bool found, std::string_view reply) = 0;
};

class Application {
 public:
  virtual ~Application() = default;
  virtual std::unique_ptr<Replica> MakeReplica(const ReplicaHost& host) = 0;
  // Clients of its own, of these servers, or null: those of client.h, and then there is a codec.
  virtual Workload* MakeWorkload(Servers& /*servers*/) { return nullptr; }
  virtual OperationCodec* codec() { return nullptr; }
  // The process on this server has ended.
  virtual void Ended(uint32_t /*server*/) {}
  // A kCall event has found no process, or the one it found has ended before it was heard.
  virtual void Refuse(uint64_t /*argument*/) {}

  // Some node's state as of `index` has this hash. Returns whether it had the same everywhere so far.
  bool Agrees(Index index, uint64_t hash) { return states_.try_emplace(index, hash).first->second == hash; }

 private:
  std::map<Index, uint64_t> states_;
};

// A hash of the state of `machine`.
uint64_t HashOf(runtime::StateMachine& machine);

// Registers under sessions: SessionMachine around MapMachine.
std::unique_ptr<Application> MakeMapApplication(const CommandTable& commands, int64_t session_ttl_millis);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_STACK_APPLICATION_H_
