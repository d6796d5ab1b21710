// Application: what the servers of a run replicate, and what clients' operations are to it, as bytes.
//
// A node knows only this: bytes to propose, queries to look up, replies to understand. MapApplication is the smallest
// one: a map of registers under client sessions.
#ifndef LOCKSTEP_SIM_STACK_APPLICATION_H_
#define LOCKSTEP_SIM_STACK_APPLICATION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/machine/state_machine.h"
#include "sim/command.h"
#include "sim/observer.h"

namespace lockstep::sim {

// One node's copy, of one life.
class Replica {
 public:
  virtual ~Replica() = default;
  virtual runtime::StateMachine& machine() = 0;
  // The operation that the command at `index` has carried out just now; 0: none (a repetition, a session's begin).
  virtual uint64_t TakeExecuted(Index index) = 0;
};

class Application {
 public:
  virtual ~Application() = default;
  virtual std::unique_ptr<Replica> MakeReplica() = 0;

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

// A hash of the state of `machine`.
uint64_t HashOf(runtime::StateMachine& machine);

// Registers under sessions: SessionMachine around MapMachine.
std::unique_ptr<Application> MakeMapApplication(const CommandTable& commands, int64_t session_ttl_millis);

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_STACK_APPLICATION_H_
