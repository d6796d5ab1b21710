// What a driver runs on: the seams, the stores, the state machine, and who watches.
#ifndef LOCKSTEP_RUNTIME_DRIVER_HOST_H_
#define LOCKSTEP_RUNTIME_DRIVER_HOST_H_

#include <cstdint>

#include "absl/status/status.h"
#include "core/effect.h"
#include "core/input.h"
#include "core/options.h"
#include "core/start.h"
#include "core/state.h"
#include "runtime/clock.h"
#include "runtime/driver/requests.h"
#include "runtime/entropy.h"
#include "runtime/files.h"
#include "runtime/log_store.h"
#include "runtime/machine/state_machine.h"
#include "runtime/message_sender.h"
#include "runtime/snapshot_store.h"

namespace lockstep::runtime {

// Everything outlives the driver.
struct Host {
  Clock& clock;
  Scheduler& scheduler;
  Entropy& entropy;
  Files& files;  // For work in the background.
  LogStore& log;
  SnapshotStore& snapshots;
  StateMachine& machine;
  MessageSender& sender;
};

struct DriverOptions {
  NodeId id;
  uint64_t group = 0;
  Options core;
  int64_t election_timeout_micros = 500'000;
  // Each draw exceeds the timeout by less than this share of it: little is soon over, much seldom splits a vote [Raft §9.3].
  uint32_t election_spread_percent = 100;
  int64_t heartbeat_micros = 50'000;
  RequestLimits requests;
  uint64_t payload_cache_bytes = 16 << 20;  // More makes writes no faster: a follower that is far behind reads files.
  // A snapshot is taken once this many bytes of entries are applied since the last; 0: only as the core asks.
  uint64_t snapshot_log_bytes = 0;
  // A turn applies about this much before other inputs have their turn.
  uint64_t apply_bytes_max = 1 << 20;
  uint32_t apply_commands_max = 1024;
  uint32_t inputs_per_turn_max = 4096;
};

// Who is told what happens, for logs, metrics, traces and checks. None of it may call the driver.
class DriverObserver {
 public:
  virtual ~DriverObserver() = default;
  // The node has begun from what its disk held, before its first effects are carried out.
  virtual void OnStarted(const DurableState&, const State&, const EffectSink&) {}
  // After each step of the core, before its effects are carried out.
  virtual void OnStep(const Input&, const State&, const EffectSink&) {}
  virtual void OnRoleChanged(const effect::RoleChanged&) {}
  virtual void OnConfigurationChanged(const ConfigurationEntry&) {}
  // The disk fails or is full (an error), or works again (OK).
  virtual void OnStorage(const absl::Status&) {}
  // The node has stopped for good: what it found and what an operator can do.
  virtual void OnStopped(const absl::Status&) {}
};

}  // namespace lockstep::runtime

#endif  // LOCKSTEP_RUNTIME_DRIVER_HOST_H_
