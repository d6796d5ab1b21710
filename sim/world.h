// What all parts of one run share: time, the queue, the draws, the checks and the books.
#ifndef LOCKSTEP_SIM_WORLD_H_
#define LOCKSTEP_SIM_WORLD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/fingerprint.h"
#include "sim/choices.h"
#include "sim/command.h"
#include "sim/event_queue.h"
#include "sim/observer.h"
#include "sim/pool.h"
#include "sim/run.h"
#include "sim/scenario.h"
#include "sim/store.h"
#include "spec/properties/monitor.h"
#include "spec/refinement/refinement.h"

namespace lockstep::sim {

// A client's request at a node, or the answer on its way back.
struct Request {
  uint32_t client = 0;
  uint32_t attempt = 0;   // Of the client, counted over all its operations.
  uint64_t sequence = 0;  // Of the operation.
  Payload payload = 0;    // 0: a read.
  uint32_t key = 0;
  bool lease = false;
  uint64_t session = 0;        // Of whole nodes: the client's; 0: none yet ...
  bool opens_session = false;  // ... and this asks for one.

  Answer answer = Answer::kPending;  // On the way back. kFailed: refused, it did not happen by this request.
  uint64_t result = 0;
  NodeId node;    // Who answered.
  NodeId leader;  // If refused: whom to ask instead, if known.
  bool session_lost = false;
};

// A new leader, for whoever wants to act on it.
struct NewLeader {
  uint32_t server = 0;  // 0: none since it was last looked at.
  Term term = 0;
};

// The first configuration of a scenario's cluster.
Configuration FoundingConfiguration(const Scenario& scenario);

class World {
 public:
  World(const Scenario& s, Choices& c, Observer* o, const Checks& which)
      : scenario(s), choices(c), observer(o), checks(which) {
    if (!checks.properties) monitor.Mute();
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Whether `fault` strikes now. Never once the safety phase is over.
  bool Strikes(Fault fault) { return faults_on && choices.Chance(scenario.fault_ppm[fault]); }
  // Books and shows a fault that has been injected.
  void Inject(Fault fault, FaultPhase phase, NodeId node, NodeId peer = kNoNode, int64_t value = 0);

  // Something that may never happen did. The first one stands.
  void Fail(std::string property, NodeId node, std::string evidence);
  // As Fail, if a step was none of the specification's.
  void Refined(NodeId node, const std::optional<spec::Mismatch>& mismatch) {
    if (mismatch.has_value() && checks.refinement) Fail("Refinement", node, spec::ToString(*mismatch));
  }
  bool failed() const { return violation.has_value() || monitor.violation().has_value(); }
  // Follows a call of the monitor: whether the run may go on.
  bool Check(bool holds) { return holds && !failed(); }

  void After(int64_t micros, QueuedEvent event) {
    event.time = now + micros;
    queue.Push(event);
  }
  // A short delay: of the network and of the disk, without faults.
  int64_t NetworkDelay() {
    return choices.Between(scenario.network_delay_min_micros, scenario.network_delay_max_micros);
  }
  int64_t DiskDelay() { return choices.Between(scenario.disk_delay_min_micros, scenario.disk_delay_max_micros); }

  const Scenario& scenario;
  Choices& choices;
  Observer* const observer;
  const Checks checks;

  EventQueue queue;
  int64_t now = 0;
  uint64_t step = 0;
  uint64_t events = 0;  // That happened: those of the queue which found somebody waiting for them.
  bool faults_on = true;
  bool over = false;  // What is taken apart now draws nothing more.

  spec::Monitor monitor;
  spec::RefinementChecker refinement;
  std::optional<Violation> violation;
  Counters counters;
  Fingerprinter digest;

  CommandTable commands;
  std::vector<Store> snapshots;  // The contents of all snapshots taken; number n is at n - 1.
  Pool<Request> requests;
  RequestId next_request_id = 1;
  NewLeader new_leader;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_WORLD_H_
