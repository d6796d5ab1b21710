// What can be watched of a run: every step, message, fault and client operation.
//
// Traces and printing are built on it. A run without an observer pays one test of a pointer per event. What an event
// refers to lives only during the call.
#ifndef LOCKSTEP_SIM_OBSERVER_H_
#define LOCKSTEP_SIM_OBSERVER_H_

#include <cstdint>
#include <string_view>

#include "core/effect.h"
#include "core/input.h"
#include "core/start.h"
#include "core/state.h"
#include "sim/faults.h"
#include "sim/links.h"

namespace lockstep::sim {

// A node began, first or again.
struct StartEvent {
  int64_t time_micros = 0;
  NodeId node;
  const DurableState& durable;
  const State& state;
  const EffectSink& effects;
};

// A node stopped; what its disk lost shows at its next start. Between its last step's effects when
// `effects_done` of them is less than there were.
struct CrashEvent {
  int64_t time_micros = 0;
  NodeId node;
};

struct StepEvent {
  uint64_t step = 0;  // Counted over the whole run, from 1.
  int64_t time_micros = 0;
  NodeId node;
  const Input& input;
  const EffectSink& effects;
  size_t effects_done = 0;  // Only the first so many were carried out before the node crashed.
  const State& state;       // Afterwards.
};

enum class MessageFate : uint8_t {
  kSent,        // Left its sender (after the write it had to wait for, if any).
  kDelivered,   // Arrived: the step that receives it is next.
  kLost,        // Gone, by chance, by a partition, or because its receiver is down.
  kDuplicated,  // Will arrive once more.
};
const char* ToString(MessageFate fate);

struct MessageEvent {
  int64_t time_micros = 0;
  MessageFate fate = MessageFate::kSent;
  uint64_t id = 0;  // Of the sending; a duplicate keeps it.
  const Message& message;
};

enum class FaultPhase : uint8_t { kOnce, kBegin, kEnd };
struct FaultEvent {
  int64_t time_micros = 0;
  Fault fault = Fault::kLoss;
  FaultPhase phase = FaultPhase::kOnce;
  NodeId node;        // kNoNode: the cluster.
  NodeId peer;        // Of a link or a request.
  int64_t value = 0;  // A duration, a size, a jump: what the fault is about.
};

// From now on these links are cut, and no others.
struct CutEvent {
  int64_t time_micros = 0;
  LinkSet links;
};

enum class OperationKind : uint8_t { kRead, kWrite, kCompareAndSet };
const char* ToString(OperationKind kind);

enum class Answer : uint8_t { kPending, kOk, kFailed, kUnknown };
const char* ToString(Answer answer);

struct ClientEvent {
  int64_t time_micros = 0;
  uint32_t client = 0;
  uint64_t sequence = 0;  // Of the operation in the client's session.
  OperationKind kind = OperationKind::kRead;
  uint32_t key = 0;
  uint64_t argument = 0;             // Written value; values are unique in a run, 0 is "never written".
  uint64_t expected = 0;             // kCompareAndSet.
  Answer answer = Answer::kPending;  // kPending: this is the invocation.
  uint64_t result = 0;               // kRead: the value read. kCompareAndSet: 1 if it took place.
  NodeId node;                       // Who answered.
  std::string_view words;            // What it is, if the other fields do not say it all.
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnStart(const StartEvent&) {}
  virtual void OnCrash(const CrashEvent&) {}
  virtual void OnStep(const StepEvent&) {}
  virtual void OnMessage(const MessageEvent&) {}
  virtual void OnFault(const FaultEvent&) {}
  virtual void OnCut(const CutEvent&) {}
  virtual void OnClient(const ClientEvent&) {}
  // The safety phase is over: a majority is healed for good.
  virtual void OnHealed(int64_t /*time_micros*/) {}
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_OBSERVER_H_
