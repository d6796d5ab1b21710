// Just-in-time linearization for any model: frontier.h's idea over hash-consed states.
//
// Idea: a configuration is a state and the set of open operations that have taken effect. Reads take effect as soon as
// their answer fits. Equal operations of unknown outcome are used in order of invocation. What a configuration with
// more reads answered and fewer unknowns used can do, it covers.
// Contract: sound and complete. It can be advanced in slices, so that it may compete with search.h under one budget.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_STATE_FRONTIER_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_STATE_FRONTIER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "spec/linearizability/certificate.h"
#include "spec/linearizability/state_table.h"

namespace lockstep::linearizability {

// An operation as the generic engines see it.
struct Call {
  OperationId id = 0;
  Position invoke = 0;
  Position complete = kNever;  // kNever: it may never have happened
  bool read_only = false;
};

// The relevant operations among these. Left out are optional ones that change nothing, or only add an element to a
// list, set or queue that no answer shows. Requires: ids ascend.
std::vector<Call> CallsOf(const History& history, const Semantics& semantics, std::span<const OperationId> ids,
                          const Model& model);

class StateFrontier {
 public:
  // `alike[i]` is the previous call that is optional and equal to calls[i], or UINT32_MAX: see AlikeOptional.
  StateFrontier(std::span<const Call> calls, std::span<const uint32_t> alike, StateTable* table, Meter* meter);

  // Works for about so many steps. True when the answer is there.
  bool Advance(uint64_t steps);
  // kExhausted while the answer is not there.
  const Answer& answer() const { return answer_; }

 private:
  using Set = absl::InlinedVector<uint64_t, 2>;  // of slots
  struct Configuration {
    StateTable::StateId state = StateTable::kInitial;
    uint32_t trail = UINT32_MAX;
    Set done;
  };
  struct Trail {
    uint32_t previous;
    uint32_t call;
  };

  void BeginCall(uint32_t call);
  void BeginCompletion(uint32_t call);
  void ContinueCompletion();
  void FinishCompletion();
  void Successors(const Configuration& from);
  void Record(uint32_t call, Configuration* configuration);
  bool Covers(const Set& a, const Set& b) const;
  void Reduce(std::vector<Configuration>* configurations);
  void Conclude(Decision decision, Position event);

  static bool Has(const Set& set, uint32_t slot) { return set[slot / 64] >> (slot % 64) & 1; }
  static void Put(uint32_t slot, Set* set) { (*set)[slot / 64] |= uint64_t{1} << (slot % 64); }
  static void Take(uint32_t slot, Set* set) { (*set)[slot / 64] &= ~(uint64_t{1} << (slot % 64)); }

  std::span<const Call> calls_;
  std::span<const uint32_t> alike_;
  StateTable* table_;
  Meter* meter_;
  struct Event {
    Position position;
    uint32_t call;
    bool completes;
  };
  std::vector<Event> events_;
  size_t next_event_ = 0;

  std::vector<uint32_t> slot_of_;  // call -> slot
  std::vector<uint32_t> in_slot_;  // slot -> call, UINT32_MAX when free
  std::vector<uint32_t> free_slots_;
  Set reads_;                   // slots of open reads
  Set optionals_;               // slots of optional calls
  std::vector<uint32_t> open_;  // calls, in order of invocation

  std::vector<Configuration> configurations_;
  std::vector<Trail> trail_;

  // The completion under way.
  bool exploring_ = false;
  uint32_t completing_ = 0;
  std::vector<Configuration> queue_;  // shortest paths first: they use up least
  size_t next_in_queue_ = 0;
  size_t begun_with_ = 0;
  std::vector<Configuration> results_;
  absl::flat_hash_map<StateTable::StateId, std::vector<Set>> reached_;  // what is done, by state

  Answer answer_;
};

// For each call that is optional, the call before it that is optional and does the same, else UINT32_MAX.
std::vector<uint32_t> AlikeOptional(const History& history, std::span<const Call> calls);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_STATE_FRONTIER_H_
