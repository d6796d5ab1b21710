// Just-in-time linearization of one register: all the configurations the
// register can be in, event by event.
//
// Idea: a configuration is the register's value and what became of each
// operation still open. When an operation completes, every configuration in
// which it has not yet taken effect takes just those steps that lead there
// (Lowe 2017), and those that cannot are gone; if none is left, the event was
// impossible. A plain write that another write overtook may count as
// overwritten at once, whenever it completes, so it is "free" and costs no
// branch. Operations of unknown outcome with the same effect are
// interchangeable, so only their number counts. A configuration that can do all
// that another one can makes that one superfluous. README.md proves each rule.
// Contract: sound and complete for any register history with at most 64
// operations of known outcome open at a time. Answers of open operations must
// be known: offline they are; online.h delays events until they are. Left to
// others: several keys, histories of other models.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_FRONTIER_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_FRONTIER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "spec/linearizability/access.h"
#include "spec/linearizability/budget.h"
#include "spec/linearizability/certificate.h"

namespace lockstep::linearizability {

class Frontier {
 public:
  enum class Step : uint8_t {
    kGoOn,
    kImpossible,  // this event has no explanation
    kTooMany,     // more than 64 operations open
    kExhausted    // the budget ended
  };
  static constexpr int kSlots = 64;

  // The meter must outlive the frontier. With `remember`, every step is kept
  // for Steps().
  Frontier(Value initial, bool remember, Meter* meter);

  // An access begins. One of known outcome carries its completion's position,
  // or kNever if that lies ahead unknown order: only relative order among the
  // open ones is used.
  Step Invoke(const Access& access);
  // The access with that id ends, at its completion's position. Requires: it
  // was invoked and is not optional.
  Step Complete(OperationId id, Position position);

  // Number of configurations alive.
  size_t size() const { return configurations_.size(); }
  // Bytes of everything that is alive.
  size_t bytes() const;

  // One visible write of a remembered path: the access that took effect, and
  // the event before which it did.
  struct Visible {
    OperationId id;
    Position before;
  };
  // The visible writes of one surviving configuration, in order. Requires:
  // remember, size() > 0.
  std::vector<Visible> Path() const;

 private:
  using Mask = uint64_t;
  using Counts = uint32_t;  // index of an interned vector: how many accesses of
                            // each optional class are used up

  struct Configuration {
    Value value;
    Counts used = 0;
    Mask done = 0;  // reads answered, writes that took visible effect
    Mask free = 0;  // writes not yet visible that may count as overwritten already
    uint32_t trail = UINT32_MAX;

    friend bool operator==(const Configuration& a, const Configuration& b) {
      return a.value == b.value && a.used == b.used && a.done == b.done && a.free == b.free;
    }
  };

  // Optional accesses with the same condition and the same effect.
  struct Class {
    Access sample;
    uint32_t available = 0;        // invoked and not retired
    uint32_t retired = 0;          // used up in every configuration, and forgotten
    std::vector<OperationId> ids;  // if remembering
    uint32_t target = 0;           // the same number for all classes that leave the same value
  };

  // Who of the open accesses has to do with a value.
  struct Touching {
    Mask reads = 0;     // observe it and do not write
    Mask refusals = 0;  // observe that it is not there
    Mask writes = 0;    // plain writes of it
    Mask replaces = 0;  // compare-and-sets that expect it
    std::vector<uint32_t> optional_writes;
    std::vector<uint32_t> optional_replaces;
    bool Empty() const {
      return (reads | refusals | writes | replaces) == 0 && optional_writes.empty() && optional_replaces.empty();
    }
  };

  struct Trail {
    uint32_t previous;
    OperationId id;
    Position before;
  };

  Step InvokeOptional(const Access& access);
  void Enter(int slot);
  void Leave(int slot);
  Mask AnsweredBy(Value value) const;
  const Touching* Find(Value value) const;

  // Exploration at one completion.
  struct Exploration {
    int slot = 0;
    Position position = 0;
    std::vector<Configuration> queue;  // shortest paths first: they use up least
    std::vector<Value> goals;
    absl::flat_hash_map<Value, std::vector<Configuration>> reached;  // by the value they hold
    std::vector<Configuration> results;
  };
  Step Explore(Exploration* exploration);
  void Successors(const Configuration& from, Exploration* exploration);
  void Goals(const Configuration& from, Exploration* exploration) const;
  void TryWrite(const Configuration& from, Value value, Exploration* exploration);
  void TryReplace(const Configuration& from, Exploration* exploration);
  void Push(Configuration next, bool plain, OperationId id, Exploration* exploration);
  // Whether the class has an access left in the configuration.
  bool Available(const Configuration& from, uint32_t class_index) const;
  uint32_t UsedOf(Counts counts, uint32_t class_index) const;
  uint32_t Spent(Counts counts) const;
  Counts UseOne(Counts counts, uint32_t class_index);
  OperationId IdOfUse(const Configuration& from, uint32_t class_index) const;
  bool Covered(const std::vector<Configuration>& by, const Configuration& c) const;
  bool UsedAtMost(Counts a, Counts b) const;
  bool Covers(const Configuration& a, const Configuration& b) const;
  void Reduce(std::vector<Configuration>* configurations);
  void RetireUsed();
  Counts InternCounts(std::vector<std::pair<uint32_t, uint32_t>> counts);

  Meter* meter_;
  const bool remember_;
  std::vector<Configuration> configurations_;

  Access open_[kSlots];
  Mask open_mask_ = 0;
  Mask observers_ = 0;  // reads
  Mask refusals_ = 0;
  Mask plain_ = 0;            // plain writes
  Mask replaces_ = 0;         // compare-and-sets
  Mask sooner_[kSlots] = {};  // open accesses with the same effect that complete earlier
  absl::flat_hash_map<Value, Touching> touching_;

  std::vector<Class> classes_;
  absl::flat_hash_map<std::pair<Value, Value>, uint32_t> class_of_replace_;
  absl::flat_hash_map<Value, uint32_t> class_of_write_;
  std::vector<uint32_t> replace_classes_;
  absl::flat_hash_map<Value, uint32_t> targets_;
  std::vector<std::vector<std::pair<uint32_t, uint32_t>>> counts_;  // sorted (class, used), used > 0
  absl::flat_hash_map<std::vector<std::pair<uint32_t, uint32_t>>, Counts> counts_index_;

  std::vector<Trail> trail_;
};

// Runs the frontier over a whole history of one register.
// Requires: accesses of one key in order of invocation.
Answer CheckFrontier(std::span<const Access> accesses, Value initial, bool want_order, Meter* meter);

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_FRONTIER_H_
