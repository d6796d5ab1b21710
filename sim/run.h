// One simulated run: a whole cluster with its clients, disks, network and clocks, in one thread and in virtual time.
//
// Scenario and choices decide everything: the same two give the same run, event by event, and the same digest. A run
// has a safety phase under faults and a liveness phase in which a majority stays healed; every step is checked by
// spec/properties, every client history for linearizability as it grows. The run stops at the first violation.
#ifndef LOCKSTEP_SIM_RUN_H_
#define LOCKSTEP_SIM_RUN_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/fingerprint.h"
#include "sim/choices.h"
#include "sim/faults.h"
#include "sim/observer.h"
#include "sim/scenario.h"

namespace lockstep::sim {

struct Violation {
  std::string property;  // "ElectionSafetyInv", "Linearizability", "LivenessAfterHeal", …
  uint64_t step = 0;     // The step after which it was seen.
  int64_t time_micros = 0;
  NodeId node;           // Where; kNoNode: the cluster.
  std::string evidence;  // What was found, in words.
};

// ---- What a run exercised ------------------------------------------------------------------------------

// One action per kind of event; a Receive counts by the kind of its message.
inline constexpr size_t kActionCount = std::variant_size_v<Event> - 1 + std::variant_size_v<MessageBody>;
size_t ActionOf(const Event& event);
const char* ActionNameAt(size_t action);

inline constexpr size_t kEffectCount = std::variant_size_v<Effect>;
const char* EffectNameAt(size_t effect);

// Changes of a node's situation worth counting; each must be possible.
enum class Transition : uint8_t {
  kFollowerToPreCandidate,
  kFollowerToCandidate,
  kPreCandidateToCandidate,
  kPreCandidateToFollower,
  kCandidateToLeader,
  kCandidateToFollower,
  kCandidateToPreCandidate,
  kLeaderToFollower,
  kSimpleToJoint,
  kJointToSimple,
  kConfigurationRolledBack,
  kLogTruncated,
  kSnapshotTaken,
  kSnapshotInstalled,
  kLogCompacted,
  kStopped,
  kRestarted,
  kRejoined,  // A wiped disk's server came back as a new node.
};
inline constexpr size_t kTransitionCount = static_cast<size_t>(Transition::kRejoined) + 1;
const char* ToString(Transition transition);
// What a change of role, of configuration counts as; nothing if it is none of them.
std::optional<Transition> RoleTransition(Role from, Role to);
std::optional<Transition> ConfigurationTransition(const ConfigurationEntry& from, const ConfigurationEntry& to);

struct Counters {
  std::array<uint64_t, kActionCount> actions{};
  std::array<uint64_t, kEffectCount> effects{};
  std::array<uint64_t, kTransitionCount> transitions{};
  FaultArray<uint64_t> faults;
  std::vector<uint64_t> goals;    // By the goals of spec/properties.
  std::vector<uint64_t> service;  // With services: by ServiceGoal (services/goals.h).

  uint64_t operations_invoked = 0;
  uint64_t operations_ok = 0;
  uint64_t operations_failed = 0;
  uint64_t operations_unknown = 0;

  void Add(const Counters& other);
};

enum class HistoryVerdict : uint8_t {
  kNotChecked,  // Something else ended the run.
  kLinearizable,
  kNotLinearizable,
  kUndecided,  // Too many orders to try: a violation, too.
};
const char* ToString(HistoryVerdict verdict);

struct RunResult {
  std::optional<Violation> violation;
  HistoryVerdict history = HistoryVerdict::kNotChecked;
  Counters counters;
  uint64_t steps = 0;
  uint64_t events = 0;  // Steps, and everything else that happened.
  int64_t simulated_micros = 0;
  Fingerprint digest;  // Over all events: equal for equal runs.
  uint64_t draws = 0;
};

// Which checks may end a run. All of them, but where the question is what one kind finds by itself.
struct Checks {
  bool properties = true;  // Of each step (spec/properties).
  bool refinement = true;  // Each step is one of the specification's.
  bool history = true;     // The clients' history is linearizable.
  bool liveness = true;    // After the healing.

  friend bool operator==(const Checks&, const Checks&) = default;
};

// Runs `scenario` with `choices` to its end or to the first violation. `observer` may be null.
RunResult Run(const Scenario& scenario, Choices& choices, Observer* observer = nullptr, const Checks& checks = {});

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_RUN_H_
