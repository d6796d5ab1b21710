// Wing and Gong's search with Lowe's memory, for any model.
//
// Idea: take some operation that may come next, remember (set taken, state), step back when an operation must already
// have been taken. A read whose answer fits is taken for good, since taking it changes nothing. The set is remembered
// by a 128-bit sum of one number per operation, so memory is linear; two sets with the same sum are taken as equal.
// Contract: sound and complete up to such a collision (below 2^-80 for any history that fits in memory), and the
// certificate is checked without it. It can be advanced in slices.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_SEARCH_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_SEARCH_H_

#include <span>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "spec/linearizability/certificate.h"
#include "spec/linearizability/state_frontier.h"
#include "spec/linearizability/state_table.h"

namespace lockstep::linearizability {

class Search {
 public:
  // `alike`: as in StateFrontier.
  Search(std::span<const Call> calls, std::span<const uint32_t> alike, StateTable* table, Meter* meter);

  // Works for about so many steps. True when the answer is there.
  bool Advance(uint64_t steps);
  // kExhausted while the answer is not there.
  const Answer& answer() const { return answer_; }

 private:
  struct Sum {
    uint64_t low = 0;
    uint64_t high = 0;
  };
  struct Taken {
    uint32_t call;
    StateTable::StateId before;
  };
  // The history as a doubly linked list of invocations and completions; node 0 is its head, the last one its end.
  struct Node {
    uint32_t previous;
    uint32_t next;
    uint32_t call;
    bool completes;
  };

  void Toggle(uint32_t call);
  void Lift(uint32_t call);
  void Unlift(uint32_t call);
  void Unlink(uint32_t node);
  void Relink(uint32_t node);
  bool TryTake(uint32_t call);
  bool StepBack();

  std::span<const Call> calls_;
  std::span<const uint32_t> alike_;
  StateTable* table_;
  Meter* meter_;
  std::vector<Node> nodes_;
  std::vector<uint32_t> invoke_node_;
  std::vector<uint32_t> complete_node_;
  std::vector<bool> is_taken_;
  std::vector<Taken> taken_;
  size_t definite_left_ = 0;
  uint32_t at_ = 0;
  StateTable::StateId state_ = StateTable::kInitial;
  Sum sum_;
  absl::flat_hash_set<std::tuple<uint64_t, uint64_t, StateTable::StateId>> seen_;
  Answer answer_;
};

}  // namespace lockstep::linearizability

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_SEARCH_H_
